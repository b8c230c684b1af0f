"""Ways out for a finished mail: a maildir, a `sendmail` program, an SMTP server."""
