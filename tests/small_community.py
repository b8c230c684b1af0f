"""The author files of a small community: one member, and journeys of mails. Tests change and add what they are about."""

from __future__ import annotations

MEMBER = """\
    ---
    name: Ana Souza
    languages: [en]
    welcomes: 5
    consent: {since: 2026-01-01, for: [page, embed, mail]}
    ---
    Hello.

    ## Welcome
    Good that you are here.

    ## Check-in
    How is it going?
    """
WELCOME = """\
    ---
    subject: Welcome, {{ newcomer.name }}
    ---
    Hello {{ newcomer.name }}! {% if member.words %}{{ member.words }}{% endif %}
    """
CHECK_IN = """\
    ---
    subject: How is it going?
    ---
    Hello again! {% if member.words %}{{ member.words }}{% endif %}
    """
ONE_MAIL = """\
    title: The first month
    moments:
      - {id: welcome, owner: community, where: mail, message: mails/welcome.md}
    """
CAREFUL = """\
    title: Asked twice
    confirm: true
    moments:
      - {id: hello, owner: community, where: mail, message: mails/welcome.md}
    """
BUSY_MEMBER = MEMBER.replace("welcomes: 5", "welcomes: 500")  # welcomes as many as a test enrolls
FOR_ONE_MAIL = {
    "content/members/ana-souza.md": BUSY_MEMBER,
    "journeys/month.yml": ONE_MAIL,
    "journeys/mails/welcome.md": WELCOME,
}
