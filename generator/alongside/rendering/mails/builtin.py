"""The mails that nobody in the community has to write: our words, in eight languages.

One goes out where a message speaks of a member and there is none; the other asks whether mail is wanted at all.
"""

from __future__ import annotations

import json
from datetime import date

from alongside.model.journeys import Journey, Message, Moment
from alongside.planning.plan import StepContent
from alongside.problems import Position
from alongside.rendering.interface import say
from alongside.rendering.mails.holes import clean

CONFIRMATION = "(confirmation)"  # what stands for a moment's id, and can be none
CONFIRM_URL = "confirm_url"
# Mails lead to the page that shows the ways into calendar apps: mail programs take the address out of a `webcal:` link
# (Gmail of any scheme it does not know), and scanners of mail follow every link they find, those to Google too.
SUBSCRIBE = "#subscribe"

_COMMUNITY, _TEAM, _NAME = "{{ community.name }}", "{{ team }}", "{{ newcomer.name }}"


def team_message(content: StepContent) -> Message:
    """A greeting from the team with the story, groups and meetups that fit; for a first mail or a later one."""
    language = content.language

    def words(key: str, **values: str) -> str:
        return say(language, f"mail.team.{key}", **values)

    where = "{% if meetup.where %}, {{ meetup.where }}{% endif %}"
    first = content.journey.steps[:1] == (content.moment,)
    hello = f"{{% if newcomer.name %}}{words('hello', name=_NAME)}{{% else %}}{words('hello_nobody')}{{% endif %}}"
    body = f"""\
{hello}

{words("welcome" if first else "later", team=_TEAM, community=_COMMUNITY)}

{{% if story %}}
{words("story")} [{{{{ story.title }}}}]({{{{ story.url }}}})
{{% endif %}}

{{% if groups %}}
{words("groups")}

{{% for group in groups %}}
- [{{{{ group.name }}}}]({{{{ group.url }}}}){{% if group.where %}}, {{{{ group.where }}}}{{% endif %}}

{{% endfor %}}
{{% endif %}}

{{% if meetups %}}
{words("meetups")}

{{% for meetup in meetups %}}
- [{{{{ meetup.title }}}}]({{{{ meetup.url }}}}), {{{{ meetup.when }}}}{where}

{{% endfor %}}
{{% if community.url %}}
[{say(language, "list.subscribe")}]({{{{ community.url }}}}meetups/{SUBSCRIBE})
{{% endif %}}
{{% endif %}}
"""
    here = Position(f"(built-in message, {language})")
    return Message(
        language=language,
        subject=words("welcome_subject" if first else "later_subject", community=_COMMUNITY),
        body=body,
        subject_position=here,
        body_position=here,
    )


def confirmation(journey: Journey, *, language: str, day: date) -> StepContent:
    """The question before the first mail of a journey with `confirm: true`: from the team, without a member's words."""
    owner = journey.steps[0].owner if journey.steps else ""
    moment = Moment(id=CONFIRMATION, owner=owner, where="mail", sender="team", position=journey.position)
    message = confirmation_message(journey, language)
    return StepContent(journey=journey, moment=moment, day=day, language=language, message=message)


def confirmation_message(journey: Journey, language: str) -> Message:
    """Who asks, what would come, that nothing comes unasked, and one link; `confirm_url` is filled in.

    No name and no words of who asked for it: the address may be somebody else's, and would get what a stranger wrote.
    """
    title = json.dumps(clean(journey.title.text(language)), ensure_ascii=False)  # a text of Jinja's, so never markup
    ask = say(language, "mail.confirm.ask", journey=f"{{{{ {title} }}}}", community=_COMMUNITY, team=_TEAM)
    body = f"""\
{say(language, "mail.team.hello_nobody")}

{ask}

[{say(language, "mail.confirm.yes")}]({{{{ {CONFIRM_URL} }}}})

{say(language, "mail.confirm.no")}
"""
    here = Position(f"(built-in message, {language})")
    return Message(
        language=language,
        subject=say(language, "mail.confirm.subject", community=_COMMUNITY),
        body=body,
        subject_position=here,
        body_position=here,
    )
