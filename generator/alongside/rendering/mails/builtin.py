"""The mail a team sends where a message speaks of a member and there is none: our words, in eight languages."""

from __future__ import annotations

from alongside.model.journeys import Message
from alongside.planning.plan import StepContent
from alongside.problems import Position
from alongside.rendering.interface import say

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
