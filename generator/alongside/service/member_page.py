"""The page of a member's own: what we hold of them, and what they decide about it.

    GET  /member/TOKEN             shows it; with ?ask=withdraw, or ?ask=end&talk=3, asks whether they are sure
    POST /member/TOKEN             does what its field `do` says, and leads back to the page
    GET  /member/TOKEN/data.json   all that is stored of them

Who holds a link may use it, so a POST needs no cookie. A link that is too old or was made void shows nothing: it can
only ask for another, which goes to the address on file, at most once a day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alongside.delivery import members
from alongside.delivery.contacts import find_contact
from alongside.delivery.helped import count_helped
from alongside.delivery.member_records import Talk, export_member, find_talk, list_talks
from alongside.delivery.members import MOST_WELCOMES, OwnWord
from alongside.delivery.notes.choices import choice_number, choose
from alongside.delivery.notes.letters import was_written_today, write_letter
from alongside.delivery.page_links import read_page_token, read_void_page_token
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.model.people import Member
from alongside.service import member_views as views
from alongside.service.core import Service, read_form
from alongside.service.forms import FormError
from alongside.service.home import Home

LONGEST = timedelta(days=365)  # until when days off can be told
MOST_TALKS = 30  # conversations that the page lists
Ask = Literal["withdraw", "end", "report"]
_NUMBER = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose link was opened."""

    word: OwnWord
    member: Member | None  # as their file and their own word have it; None: their file is gone
    good_until: date
    is_good: bool  # the link is neither too old nor void

    def known(self) -> Member:
        """The member. Raises `FormError` where there is none: nothing can be decided any more."""
        if self.member is None:
            raise FormError(400)
        return self.member


class MemberPage:
    """What is behind those links."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._deeds: Mapping[str, Callable[[Reader, Home, Mapping[str, str]], Callable[[Connection], None]]] = {
            "confirm": self._confirm,
            "withdraw": self._withdraw,
            "limit": self._limit,
            "no-limit": self._no_limit,
            "away": self._away,
            "here": self._here,
            "monthly": partial(self._monthly, wanted=True),
            "no-monthly": partial(self._monthly, wanted=False),
            "end": partial(self._end, "block"),
            "report": partial(self._end, "report"),
        }

    def routes(self) -> Sequence[Route]:
        """The page, and the file."""
        return (
            self._service.route("/member/{token}", self.page, "GET", "POST"),
            self._service.route("/member/{token}/data.json", self.data, "GET"),
        )

    # --- answers ---

    async def page(self, request: Request) -> Response:
        """`/member/TOKEN`."""
        service, home = self._service, self._service.home()
        reader = await self._reader(request, home)
        language = service.language(request, home, reader.member.languages if reader.member is not None else ())
        fields = await read_form(request) if request.method == "POST" else {}
        if not reader.is_good:
            if request.method != "POST":
                return service.html(views.expired(language), home)
            if fields.get("do") != "send":
                return service.html(views.expired(language), home, 403)
            await service.writing(partial(self._send_link, reader=reader, home=home))
            return service.html(views.sent(language), home)
        if reader.member is None:
            return service.html(views.gone(home, language), home)
        if request.method != "POST":
            return await self._show(request, reader, home, language)
        if fields.get("do") == "renew":
            done = await service.writing(partial(self._renew, reader=reader, home=home))
            return service.html(views.renewed(language), home) if done else self._back("data", saved=False)
        try:
            work = self._deeds[fields.get("do", "")](reader, home, fields)
        except KeyError as error:
            raise FormError(400) from error
        except TroubleError as error:
            return await self._show(request, reader, home, language, trouble=error.section, given=fields)
        await service.writing(work)
        service.counts.add("member_pages")
        return self._back(SECTIONS[fields["do"]])

    async def data(self, request: Request) -> Response:
        """`/member/TOKEN/data.json`."""
        service, home = self._service, self._service.home()
        reader = await self._reader(request, home)
        if not reader.is_good or reader.member is None:
            raise HTTPException(404)
        held = await service.reading(partial(self._export, reader=reader, home=home))
        content = json.dumps(held, ensure_ascii=False, indent=2)  # for a person to read
        headers = {"Content-Disposition": 'attachment; filename="data.json"'}
        return Response(content, media_type="application/json", headers=headers)

    @staticmethod
    def _back(section: str, *, saved: bool = True) -> Response:
        """To the page again, so that to load it anew decides nothing (RFC 9110 section 15.4.4)."""
        return RedirectResponse(f"?saved={section}#{section}" if saved else f"?#{section}", 303)

    async def _show(
        self, request: Request, reader: Reader, home: Home, language: str, *,
        trouble: str = "", given: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        service, ask = self._service, request.query_params.get("ask", "") if not trouble else ""
        if ask == "withdraw" and not reader.known().withdrawn:
            return service.html(views.ask_withdraw(language), home)
        if ask in ("end", "report"):
            number = _number(request.query_params.get("talk", ""))
            talk = await service.reading(partial(self._talk, reader=reader, home=home, number=number))
            if talk is None:
                raise HTTPException(404)
            return service.html(views.ask_about_talk(ask, talk, home, language), home)
        view = await service.reading(partial(self._view, reader=reader, home=home, language=language))
        content = views.render(
            view,
            home,
            token=request.path_params["token"],
            saved=request.query_params.get("saved", "") if not trouble else "",
            trouble=trouble,
            given=given or {},
        )
        return service.document(content, 422 if trouble else 200)

    # --- looking ---

    async def _reader(self, request: Request, home: Home) -> Reader:
        """Raises `HTTPException` 404 for what is no link of ours to a member's page."""
        reader = await self._service.reading(partial(self._find, token=request.path_params["token"], home=home))
        if reader is None:
            raise HTTPException(404)
        return reader

    def _find(self, connection: Connection, *, token: str, home: Home) -> Reader | None:
        now, community = self._service.now(), home.community
        keys = read_relay_keys(connection, self._service.store.key)
        link = read_page_token(token, keys)
        is_void = link is None
        link = link or read_void_page_token(token, keys)
        word = members.word_of_number(connection, link.number) if link is not None and link.whose == "member" else None
        if link is None or word is None:
            return None
        told = members.with_choices(community, members.read_choices(connection, now=now), now=now)
        return Reader(
            word=word,
            member=told.members.get(community.resolve_member(word.member)),
            good_until=link.good_until,
            is_good=not is_void and link.generation == word.generation % 256 and now.date() <= link.good_until,
        )

    def _view(self, connection: Connection, *, reader: Reader, home: Home, language: str) -> views.View:
        member, now, resolve = reader.known(), self._service.now(), home.community.resolve_member
        slugs = members.slugs_of(member, resolve=resolve)
        there = now.astimezone(ZoneInfo(member.timezone))
        month = there.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        always = datetime.fromtimestamp(0, now.tzinfo)
        counted = (
            count_helped(connection, since=since, until=now, resolve=resolve, only=slugs).get(member.slug)
            for since in (month, always)
        )
        this_month, ever = counted
        return views.View(
            home=home,
            language=language,
            member=member,
            filed=home.community.members[member.slug],
            word=reader.word,
            good_until=reader.good_until,
            contact=find_contact(connection, member.slug, resolve=resolve),
            absence=members.find_absence(connection, member.slug, resolve=resolve, now=now),
            this_month=this_month,
            ever=ever,
            talks=tuple(list_talks(connection, slugs, most=MOST_TALKS + 1)),
            most_talks=MOST_TALKS,
            today=there.date(),
            last_day=there.date() + LONGEST,
        )

    def _talk(self, connection: Connection, *, reader: Reader, home: Home, number: int) -> Talk | None:
        slugs = members.slugs_of(reader.known(), resolve=home.community.resolve_member)
        return find_talk(connection, slugs, number)

    def _export(self, connection: Connection, *, reader: Reader, home: Home) -> dict[str, object]:
        return export_member(
            connection,
            self._service.store.key,
            reader.known(),
            reader.word,
            resolve=home.community.resolve_member,
            now=self._service.now(),
        )

    # --- deciding: what a form says, as work on the store ---

    def _confirm(self, reader: Reader, home: Home, fields: Mapping[str, str]) -> Callable[[Connection], None]:
        consent = reader.known().consent
        if consent is None or (consent.until is not None and consent.until < self._service.now().date()):
            raise FormError(400)  # there is nothing to confirm
        return lambda connection: members.record_consent(connection, reader.word, "confirmed", now=self._now())

    def _withdraw(self, reader: Reader, home: Home, fields: Mapping[str, str]) -> Callable[[Connection], None]:
        if fields.get("sure") != "yes":
            raise FormError(400)
        return lambda connection: members.record_consent(connection, reader.word, "withdrawn", now=self._now())

    def _limit(self, reader: Reader, home: Home, fields: Mapping[str, str]) -> Callable[[Connection], None]:
        text = fields.get("welcomes", "").strip()
        if not _NUMBER.fullmatch(text) or int(text) > MOST_WELCOMES:
            raise TroubleError("limit")
        return lambda connection: members.record_welcomes(connection, reader.word, int(text))

    def _no_limit(self, reader: Reader, home: Home, fields: Mapping[str, str]) -> Callable[[Connection], None]:
        return lambda connection: members.record_welcomes(connection, reader.word, None)

    def _away(self, reader: Reader, home: Home, fields: Mapping[str, str]) -> Callable[[Connection], None]:
        member, now = reader.known(), self._now()
        zone = ZoneInfo(member.timezone)
        today = now.astimezone(zone).date()
        since, until = _day(fields.get("since", "")), _day(fields.get("until", ""))
        if since is None or until is None or not today <= since < until <= today + LONGEST:
            raise TroubleError("away")
        begins = datetime.combine(since, time(), zone)
        return lambda connection: members.record_absence(
            connection,
            member.slug,
            datetime.combine(until, time(), zone),
            since=begins if begins > now else None,
            now=now,
        )

    def _here(self, reader: Reader, home: Home, fields: Mapping[str, str]) -> Callable[[Connection], None]:
        slug, resolve = reader.known().slug, home.community.resolve_member
        return lambda connection: members.forget_absence(connection, slug, resolve=resolve)

    def _monthly(
        self, reader: Reader, home: Home, fields: Mapping[str, str], *, wanted: bool
    ) -> Callable[[Connection], None]:
        return lambda connection: members.record_monthly(connection, reader.word, wanted=wanted)

    def _end(
        self, choice: Literal["block", "report"], reader: Reader, home: Home, fields: Mapping[str, str]
    ) -> Callable[[Connection], None]:
        number = _number(fields.get("talk", ""))
        if fields.get("sure") != "yes":
            raise FormError(400)

        def end(connection: Connection) -> None:
            if self._talk(connection, reader=reader, home=home, number=number) is None:
                raise FormError(400)  # another member's, or nobody's
            choose(
                connection,
                self._service.store.key,
                choice,
                choice_number(number, "member"),
                community=home.community,
                first_journey=None,
                now=self._now(),
            )

        return end

    def _send_link(self, connection: Connection, *, reader: Reader, home: Home) -> None:
        """Another link, to the address on file; who asked is not told whether there is one."""
        slug = home.community.resolve_member(reader.word.member)
        now = self._now()
        if find_contact(connection, slug, resolve=home.community.resolve_member) and not was_written_today(
            connection, "member page", slug, now=now
        ):
            write_letter(connection, "member page", addressee=slug, now=now)

    def _renew(self, connection: Connection, *, reader: Reader, home: Home) -> bool:
        """No link that was given out leads here any more. Not where no other could be sent."""
        slug = reader.known().slug
        if not find_contact(connection, slug, resolve=home.community.resolve_member):
            return False
        members.void_links(connection, reader.word)
        write_letter(connection, "member page", addressee=slug, now=self._now())
        return True

    def _now(self) -> datetime:
        return self._service.now().replace(microsecond=0)


class TroubleError(Exception):
    """What a form holds cannot be taken; `section` says why."""

    def __init__(self, section: str) -> None:
        super().__init__(section)
        self.section = section


# where the page goes on after each deed
SECTIONS: Mapping[str, str] = {
    "confirm": "consent",
    "withdraw": "consent",
    "limit": "limit",
    "no-limit": "limit",
    "away": "away",
    "here": "away",
    "monthly": "helped",
    "no-monthly": "helped",
    "end": "talks",
    "report": "talks",
}


def _number(text: str) -> int:
    """Raises `FormError` for what is no number of a row."""
    if not _NUMBER.fullmatch(text):
        raise FormError(400)
    return int(text)


def _day(text: str) -> date | None:
    """Of YYYY-MM-DD (RFC 3339 full-date); None for what is no day."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
