"""The default theme: templates and style sheets for MkDocs. This file makes the folder known to it."""
