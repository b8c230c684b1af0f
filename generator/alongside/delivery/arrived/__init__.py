"""What a mail that arrived holds: read within bounds, its text found, and what of it may be passed on."""
