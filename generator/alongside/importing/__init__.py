"""Importing: calendars that somebody keeps elsewhere, as meetup files.

Off the road, and before it: octets of a calendar in, author files out, which the road then reads like any other. What a
meetup file cannot say is told by name; it is never left out in silence. Nobody who stands in a calendar is named here:
organisers and attendees are not read at all, and e-mail addresses in texts are left out.
"""
