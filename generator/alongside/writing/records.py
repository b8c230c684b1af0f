"""A new record from answers: what is asked for each kind, how an answer is taken, and the file that comes of it.

An answer is read by the parser that will read the file, so that nothing is written which `alongside check` refuses.
Names of other records may be given as people say them (`Ana Souza`, `stage fright`); slugs are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from alongside.model.community import Community
from alongside.problems import Problem, UsageError
from alongside.reading.fields import Defaults, Sheet, Table
from alongside.reading.folders import PLAIN_NAMES, FileKind
from alongside.reading.gatherings import GROUP, MEETUP
from alongside.reading.loader import read_content
from alongside.reading.people import MEMBER, language_of
from alongside.reading.slugs import slug_fault, slugify
from alongside.reading.stories import STORY
from alongside.source.json_values import Posted
from alongside.writing.names import FOLDERS, Names
from alongside.writing.yaml_texts import Value, markdown_file

DRAFT = {"status": "draft"}  # of a story whose text is still to be written: nothing unfinished is published
CONSENT = (
    "Nobody sees this member yet. Ask them; then write down what they said, on the day they said it:",
    "consent: {since: ..., until: ..., for: [page, embed, mail]}",
)
_NO_NAME = slugify("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One key of a new record."""

    key: str  # in the front matter
    words: str  # what a terminal asks
    names: str = ""  # the kind of record it names, as in `FOLDERS`
    many: bool = False  # it takes several answers
    required: bool = False
    asked: bool = True  # False: only an option gives it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record that can be made, each in a file of its own."""

    name: FileKind  # "story"
    table: Table
    questions: tuple[Question, ...]  # in the order in which they are asked and written; the first names the file

    @property
    def folder(self) -> str:
        """Below docs_dir."""
        return FOLDERS[self.name]


_LANGUAGES = Question(key="languages", words="Languages, the first one first (codes)", many=True)
_CHALLENGES = Question(key="challenges", words="Challenges", names="challenge", many=True)
_TOPICS = Question(key="topics", words="Topics, in your own words", many=True, asked=False)
_ROLES = Question(key="roles", words="Roles (technical writer, organiser ...)", many=True)
_HOSTS = Question(key="hosts", words="Hosts", names="member", many=True)
_PLACE = Question(key="place", words="Place (City, Country)")
_TIMEZONE = Question(key="timezone", words="Time zone", asked=False)

STORY_KIND = Kind(
    name="story",
    table=STORY,
    questions=(
        Question(key="title", words="Title", required=True),
        Question(key="translation_of", words="Translation of", names="story", asked=False),
        Question(key="members", words="Who tells it", names="member", many=True, required=True),
        Question(key="date", words="The day it was told", required=True),
        Question(key="language", words="Language (a code)", required=True),
        _CHALLENGES,
        _TOPICS,
        Question(key="roles", words="Roles", many=True, asked=False),
    ),
)
MEMBER_KIND = Kind(
    name="member",
    table=MEMBER,
    questions=(
        Question(key="name", words="Name", required=True),
        Question(key="pronouns", words="Pronouns"),
        _PLACE,
        _TIMEZONE,
        _LANGUAGES,
        _ROLES,
        _CHALLENGES,
        _TOPICS,
    ),
)
GROUP_KIND = Kind(
    name="group",
    table=GROUP,
    questions=(
        Question(key="name", words="Name", required=True),
        Question(key="kind", words="Kind (chapter, chat, forum, list, project or other)", required=True),
        _PLACE,
        _LANGUAGES,
        _CHALLENGES,
        _TOPICS,
        Question(key="chat", words="Chat", many=True, asked=False),
        _HOSTS,
    ),
)
MEETUP_KIND = Kind(
    name="meetup",
    table=MEETUP,
    questions=(
        Question(key="title", words="Title", required=True),
        Question(key="group", words="Group", names="group"),
        Question(key="starts", words="Starts (2026-12-03 18:30; a date alone: all day)", required=True),
        _TIMEZONE,
        Question(key="duration", words="Duration (2h, 90 minutes)"),
        Question(key="repeats", words="Repeats (first Thursday of every month; nothing: once)"),
        Question(key="until", words="Until", asked=False),
        _PLACE,
        Question(key="online", words="Address to join at"),
        Question(key="languages", words="Languages", many=True, asked=False),
        Question(key="hosts", words="Hosts", names="member", many=True, asked=False),
        _CHALLENGES,
        _TOPICS,
    ),
)


# --- answers ---


def read_answer(kind: Kind, question: Question, answer: Value, names: Names | None, defaults: Defaults) -> Value:
    """The answer as it is written; empty where it says nothing. Raises `UsageError` saying what is wrong with it.

    `names`: the records that a question with `names` may mean.
    """
    answer = _tidied(answer)
    if not answer:
        return answer
    _check_encoding(answer)
    if names is not None:
        answer = [_found(text, names) for text in answer] if isinstance(answer, list) else _found(str(answer), names)
    sheet = Sheet(path="", document=Posted(pointer="", value=None), defaults=defaults, problems=[])
    kind.table.by_name[question.key].parser.read(sheet, (question.key,), answer)
    _refuse(sheet.problems)
    return answer


def _tidied(answer: Value) -> Value:
    if isinstance(answer, str):
        return answer.strip()
    if isinstance(answer, list):
        return [text for item in answer if (text := item.strip() if isinstance(item, str) else item)]  # type: ignore[return-value]
    return answer


def _check_encoding(answer: Value) -> None:
    """What Python makes of bytes in an argument that are no UTF-8 can be written to no file."""
    try:
        str(answer).encode()
    except UnicodeEncodeError as error:
        raise UsageError("An answer is no UTF-8.", hint="Type it again.") from error


def _found(text: object, names: Names) -> str:
    slug = names.find(str(text))
    if slug is None:
        raise UsageError(f'There is no {names.kind} "{str(text)[:80]}".', hint=names.hint(str(text)))
    return slug


def _refuse(problems: Sequence[Problem]) -> None:
    for problem in problems:
        raise UsageError(problem.message, hint=problem.hint)


def default_answer(kind: Kind, key: str, answers: Mapping[str, Value], community: Community, today: date) -> Value:
    """What an answer is where nobody gives one; empty for nothing. `answers`: those that are known by now."""
    original = community.stories.get(str(answers.get("translation_of", "")))
    if kind.name == "story" and original is not None:
        told: dict[str, Value] = {"members": list(original.members), "date": original.date.isoformat()}
        told |= {
            "challenges": list(original.challenges),
            "topics": list(original.topics),
            "roles": list(original.roles),
        }
        return told.get(key, "")
    match kind.name, key:
        case "story", "date":
            return today.isoformat()
        case "story", "language":
            return _teller_language(answers.get("members", ""), community)
        case (("member" | "group"), "languages"):
            return [community.language]
    return ""


def _teller_language(tellers: Value, community: Community) -> str:
    """The language that the first of them writes in."""
    teller = community.members.get(str(tellers[0])) if isinstance(tellers, list) and tellers else None
    return teller.languages[0] if teller is not None else community.language


# --- the file ---


def name_file(kind: Kind, title: str, slug: str | None, community: Community) -> str:
    """The slug of the new record: as given, else of its title. Raises `UsageError` where it cannot be or is taken."""
    if slug is not None:
        fault, proposal = slug_fault(slug)
        if fault:
            raise UsageError(f'--slug "{slug[:60]}" cannot be a file\'s name: {fault}.', hint=f"Write {proposal}")
        if kind.name == "member" and language_of(slug) is not None:
            raise UsageError(f"{slug}.md would be a page in another language.", hint="Give another --slug.")
    else:
        slug = slugify(title).replace(".", "-")  # ana.pt.md would be somebody's page in Portuguese
        if slug == _NO_NAME:
            raise UsageError(f'No file can be called after "{title[:60]}".', hint="Name it with --slug a-few-words.")
    if f"{slug}.md" in PLAIN_NAMES:
        raise UsageError(f"{slug}.md is the folder's own page.", hint="Give another name with --slug.")
    for record in getattr(community, kind.folder).values():
        if slug == record.slug or slug in record.was:
            whose = "is that of" if slug == record.slug else "was that of"
            raise UsageError(
                f'The slug "{slug}" {whose} {record.position.path}.', hint="Give another name with --slug."
            )
    return slug


def record_text(kind: Kind, answers: Mapping[str, Value], body: str) -> str:
    """The file of a record. A story without a text is a draft; a member has no consent, which only they can give."""
    fields = {key: value for key, value in answers.items() if value}
    if kind.name == "story" and not body.strip():
        fields |= DRAFT
    return markdown_file(fields, body, comments=CONSENT if kind.name == "member" else ())


def check_text(kind: Kind, slug: str, text: str, defaults: Defaults) -> None:
    """Raise `UsageError` for what reading the file would call an error: answers that do not go together."""
    path = f"{kind.folder}/{slug}.md"
    reading = read_content(kind.name, path, path, text.encode(), defaults)
    _refuse([problem for problem in reading.problems if problem.severity == "error"])
