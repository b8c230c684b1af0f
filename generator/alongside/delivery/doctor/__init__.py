"""Looks at all that delivery stands on, from the settings to the DNS of the domain, and says what is wrong with it.

Nothing is changed by looking: no mail is sent, no store is made or upgraded, no row is kept.
"""
