"""Records by the words people have for them: `Ana Souza`, `ana-souza` and `ana souza` all mean one member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Challenge, Member
from alongside.model.stories import Story
from alongside.reading import folders
from alongside.reading.nearest_names import NameIndex
from alongside.reading.slugs import slugify

# kind of record -> its folder, and its name in `Community`
FOLDERS: Mapping[str, str] = {kind: folder for folder, kind in folders.FOLDERS.items()} | {"challenge": "challenges"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The records of one kind, and every name of theirs."""

    kind: str  # "member"
    shown: Mapping[str, str]  # slug -> what people read, in the community's language
    slugs: Mapping[str, frozenset[str]] = field(default_factory=dict)  # name without case -> who is called that

    @classmethod
    def of(cls, kind: str, community: Community) -> Names:
        """Those of a community; `kind` as in `FOLDERS`."""
        shown: dict[str, str] = {}
        slugs: dict[str, set[str]] = {}
        for slug, record in getattr(community, FOLDERS[kind]).items():
            names = _names(record)
            shown[slug] = record.title.text(community.language) if isinstance(record, Challenge | Meetup) else names[0]
            for name in names:
                slugs.setdefault(name.casefold(), set()).add(slug)
        return cls(kind=kind, shown=shown, slugs={name: frozenset(found) for name, found in slugs.items()})

    def find(self, text: str) -> str | None:
        """The slug of the one record that is meant; None where there is none of that name, or several."""
        text = text.strip()
        if text in self.shown:
            return text
        called = self.slugs.get(text.casefold(), frozenset())
        if len(called) == 1:
            return next(iter(called))
        slug = slugify(text)
        return slug if not called and slug in self.shown else None

    def hint(self, text: str) -> str:
        """Who may be meant by a name that means nobody, or several."""
        several = self.slugs.get(text.strip().casefold(), frozenset())
        if len(several) > 1:
            return f"Several are called that: {', '.join(sorted(several))}."
        near = NameIndex.of(self.shown).nearest(slugify(text)) or NameIndex.of(self.slugs).nearest(text.casefold())
        if near is not None:
            return f'Did you mean "{near}"?'
        some = ", ".join(list(self.shown)[:6])
        return f"There are: {some}." if len(self.shown) in range(1, 7) else f"Some are: {some}, ..." if some else ""


def _names(record: Member | Story | Group | Meetup | Challenge) -> tuple[str, ...]:
    if isinstance(record, Member):
        return (record.name,)
    if isinstance(record, Story):
        return (record.title,)
    text = record.name if isinstance(record, Group) else record.title
    also = record.also if isinstance(record, Challenge) else ()
    return (*(name for _, name in text.versions), *also)
