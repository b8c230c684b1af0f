"""Mail servers for the tests: real ones of Debian, and one of our own that misbehaves on demand.

`mail_host.py` joins Postfix and Dovecot; `opensmtpd.py` and `no_pipelining.py` are servers without PIPELINING;
`hostile.py` plays scripts of faults; `dns.py` answers look-ups. Each listens on loopback, on free ports, in a
folder of its own below /tmp, and is gone after the test. `fixtures.py` is what tests ask for by name.
"""
