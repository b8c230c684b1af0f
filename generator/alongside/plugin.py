"""The door for MkDocs (1.6) and its fork ProperDocs: hooks that hand over to `build`.

Record pages stay outside MkDocs' page model, which takes a millisecond and more a page: their sources are taken out of
MkDocs' files, the theme renders one shell a depth, and `build` fills it. The order of MkDocs' events, and what
happens in each:

    config      read the community, log its problems, bring our theme where the site names none
    pre_build   put away what the last build wrote, so that MkDocs' emptying of site/ leaves it alone
    files       bring it back; give MkDocs the ordinary files; answer for links to records
    nav         add the lists of records
    page_content  fill the moments of ordinary pages; links to records without a page become plain text
    env         render the shells, then all that is stale
    page_markdown, post_page  the language of a plain page, and its versions in others
    post_template  record pages into the sitemap
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, cast

import markdown
from mkdocs.commands.build import get_context
from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority, get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel, file_sort_key, set_exclusions
from mkdocs.structure.nav import Link
from mkdocs.structure.pages import Page as MkDocsPage
from mkdocs.structure.toc import TableOfContents
from mkdocs.theme import Theme

from alongside.build import (
    Progress,
    Report,
    build_site,
    engine_stamp,
    holds,
    is_timely,
    list_jobs,
    mend_site,
    problems_of,
    report_of,
    take_snapshot,
)
from alongside.problems import AlongsideError, Problem, cannot_access
from alongside.reading.fingerprint import digest_of_state, list_state
from alongside.reading.languages import parse_language
from alongside.reading.settings_file import read_settings
from alongside.rendering.artifacts import Job, Snapshot, Tree, UnmendableError, check_owner, write_file, write_folder
from alongside.rendering.copies import is_cleaned, write_copy
from alongside.rendering.interface import say
from alongside.rendering.pages.words import language_links, theme_words
from alongside.rendering.shells import TOKENS, Shell, read_shell, token_folder
from alongside.rendering.sitemaps import render_sitemaps
from alongside.rendering.templates import compiled_templates, environment
from alongside.settings import Settings

if TYPE_CHECKING:
    import jinja2
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.nav import Navigation

    from alongside.mending import Mending
    from alongside.model.community import Community
    from alongside.reading.loader import Loaded
    from alongside.rendering.markdown import Converter
    from alongside.rendering.tracking import Site
    from alongside.serving.frames import Previewer

SECTIONS = (
    "stories",
    "members",
    "groups",
    "meetups",
    "challenges",
    "places",
    "journeys",
    "browse",
)  # lists of records, in the nav's order
_WHOLE = frozenset({"journeys", "browse"})  # pages by themselves; a list is in the nav where it has anything to list
_NO_PAGE = "alongside-no-page"  # stands in for the URL of a record without a page until its link is taken away
_UNLINKED = re.compile(rf'<a\b[^>]*\bhref="[^"]*{_NO_PAGE}[^"]*"[^>]*>(.*?)</a>', re.DOTALL)

log = get_plugin_logger("alongside")


class Options(Config):  # type: ignore[no-untyped-call]
    """Anything goes here: `reading.settings_file` checks the options, and knows the line of each."""


class AlongsidePlugin(BasePlugin[Options]):  # type: ignore[no-untyped-call]
    """Compiles the community's records beside MkDocs' pages."""

    def __init__(self) -> None:
        self.serving = False
        self.report: Report | None = None  # of the last build, for the command line
        self.loaded: Loaded | None = None
        self.fresh = False  # the next build starts without what is remembered
        self.progress: Progress | None = None  # told how far rendering is
        self.names_images = False  # pages name pictures that `alongside images` makes after the build
        self.previewer: Previewer | None = None  # `alongside serve`: reads the community, and makes its pages itself
        self._tree: Tree | None = None
        # of the last build, when nothing was touched since, or only what is to be mended
        self._before: Snapshot | None = None
        self._mending: Mending | None = None
        self._work: tuple[Site, tuple[Job, ...]] | None = None
        self._versions: dict[str, dict[str, str]] = {}  # a plain page's file -> language -> that of its version

    @staticmethod
    def clock() -> datetime:
        """The instant a build works at, UTC: SOURCE_DATE_EPOCH (reproducible-builds.org), else the real clock."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        return datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)

    def load_config(
        self, options: dict[str, Any], config_file_path: str | None = None
    ) -> tuple[list[tuple[str, Exception]], list[tuple[str, str]]]:
        """Take the options as they are; see `Options`."""
        self.config = Options(config_file_path=config_file_path)
        self.config.load_dict(options)
        return [], []

    # --- events, in MkDocs' order --------------------------------------------------------------------------------

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        self.serving = command == "serve"

    @event_priority(100)  # before plugins that look at the theme
    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        if not config.config_file_path:
            raise PluginError("alongside needs a configuration file; it cannot be read from standard input.")
        self._now = self.clock()
        try:
            settings, problems = read_settings(Path(config.config_file_path))
            self._settings = replace(
                settings,
                docs_dir=Path(config.docs_dir),
                site_dir=Path(config.site_dir),
                site_url=config.site_url or "",
                # nobody makes an index, or draws, at every key that is pressed
                search=settings.search and not self.serving,
                images=None if self.serving else settings.images,
            )
            self.names_images = self._settings.images is not None
            check_owner(self._settings.cache_dir, self._settings.config_file)
        except AlongsideError as error:
            raise PluginError(str(error)) from error
        self.loaded = None
        self._tree = Tree(Path(config.site_dir), self._settings.cache_dir)
        if self.previewer is None:
            self._state = list_state(self._settings)
            self._stamp = digest_of_state(self._state) + engine_stamp()
            before = None if self.fresh or self.serving else self._tree.read_snapshot()
            self._before = before if holds(before, stamp=self._stamp, now=self._now) else None
            self._mending = None
            if self._before is None and before is not None and self._may_mend(before):
                from alongside.mending import find_mending

                self._mending = find_mending(self._settings, self._tree, before, self._state)
                self._before = before if self._mending is not None else None
            _log_problems((*problems, *(self._load().problems if self._before is None else problems_of(self._before))))
        self._problems = tuple(problems)
        if not _names_theme(config):
            config.theme = Theme(name="alongside")
        return config

    @event_priority(-100)  # after all who prepare something in site/
    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        assert self._tree is not None
        try:
            self._tree.lock()
            if self.fresh:
                self._tree.begin()
        except AlongsideError as error:
            self._tree.unlock()
            self._tree = None
            raise PluginError(str(error)) from error
        self.fresh = False  # MkDocs keeps this object for every build of the process
        if self._before is not None and not self._tree.stand(self._before.files):
            self._before = self._mending = None
        self._tree.put_away(self._before)
        # MkDocs would make a file object of every record, only to have them taken out again
        empty = self._settings.cache_dir / "no-files"
        with contextlib.suppress(OSError):  # where there is none, MkDocs finds nothing there either
            empty.mkdir(parents=True, exist_ok=True)
        config.docs_dir = str(empty)

    @event_priority(100)
    def _bring_files(self, files: Files, /, *, config: MkDocsConfig) -> Files:
        """The files MkDocs would have found, without records."""
        assert self._tree is not None
        config.docs_dir = str(self._settings.docs_dir)
        self._tree.bring_back()
        known: Iterable[str]
        if self._before is not None:
            known = self._before.documents
        else:
            community = self._load().community
            known = community.documents | community.previewed if self.serving else community.documents
        documents = _document_files(known, config)
        theme = [file for file in files if file.src_uri not in documents.src_uris]
        for file in theme:
            documents.append(file)
        return documents

    @event_priority(-100)
    def _answer_for_records(self, files: Files, /, *, config: MkDocsConfig) -> Files:
        """List the jobs, so that links and the nav can be resolved against the pages there will be."""
        overrides = [Path(folder) / "alongside" for folder in config.theme.dirs]
        self._overrides = [folder for folder in overrides if folder.is_dir()]
        self._use_directory_urls = config.use_directory_urls
        self._convert = _converter(config) if self._settings.markdown == "site" else None
        self._work = None
        self._moments: set[str] = set()  # what the moments of ordinary pages read
        if self._before is not None:
            self._pages, records = frozenset(self._before.pages), dict(self._before.records)
        else:
            site, _ = self._prepare()
            self._pages, records = frozenset(site.pages), dict(site.whole.files)
        self._versions = _versions(files, self._settings.language)
        return RecordFiles(files, records, self._pages, config)

    on_files = CombinedEvent(_bring_files, _answer_for_records)

    def on_page_markdown(self, text: str, /, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:
        """A plain page says which language it is in, where its name does; and where it is to be had in others."""
        versions = self._versions.get(page.file.src_uri, {})
        language = next((code for code, uri in versions.items() if uri == page.file.src_uri), "")
        if language:
            page.meta.setdefault("language", language)
            page.meta["versions"] = [
                (code, files.src_uris[uri].url, uri == page.file.src_uri) for code, uri in versions.items()
            ]
        return text

    def on_post_page(self, output: str, /, *, page: MkDocsPage, config: MkDocsConfig) -> str:
        if page.meta.get("alongside") == "record":  # a shell: record pages have heads of their own
            return output
        head: list[str] = []
        versions = page.meta.get("versions")
        if versions and config.site_url:
            addresses = [(code, escape(config.site_url + url.removeprefix("./"))) for code, url, _ in versions]
            head.append(language_links(addresses, self._settings.language))
        if self.names_images and 'property="og:image"' not in output:
            from alongside.rendering.pages.picture_cards import site_head

            head.extend(f"{line}\n" for line in site_head(self._settings))
        return output.replace("</head>", f"{''.join(head)}</head>", 1) if head else output

    def on_nav(self, nav: Navigation, /, *, config: MkDocsConfig, files: Files) -> Navigation:
        linked = {item.url for item in _flat(nav.items) if getattr(item, "url", None)}
        held = {page.partition("/")[0] for page in self._pages if page.count("/") == 2}  # of records
        for section in SECTIONS:
            url = f"{section}/"
            if url in self._pages and url not in linked and (section in held or section in _WHOLE):
                nav.items.append(Link(say(self._settings.language, f"nav.{section}"), url))
        self._nav = nav
        return nav

    @event_priority(-100)
    def on_page_content(self, html: str, /, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:
        if _NO_PAGE in html:
            html = _UNLINKED.sub(r"\1", html)
        if "<alongside-moment" in html.lower():
            try:
                html = self._fill_moments(html, page)
            except UnmendableError:
                self._mend_nothing()
                html = self._fill_moments(html, page)
        return html

    @event_priority(-100)
    def on_env(self, env: jinja2.Environment, /, *, config: MkDocsConfig, files: Files) -> jinja2.Environment:
        assert self._tree is not None
        env.globals["alongside"] = theme_words(self._settings)
        if env.bytecode_cache is None:
            env.bytecode_cache = compiled_templates(self._settings.cache_dir / "templates")
        levels = sorted({page.count("/") for page in self._pages})
        shells = {depth: self._render_shell(depth, env, config, files) for depth in levels}
        if self.previewer is not None:
            self._frame(shells, config)
            return env
        stamp = _stamp(self._settings, self._overrides, drafts=self.serving)
        if self._convert is not None:
            stamp += repr((config.markdown_extensions, config.mdx_configs)).encode()
        theme = blake2b(stamp + repr(shells).encode(), digest_size=16).digest()
        self.report = self._report(theme, shells) or self._build(files, shells, stamp, theme)
        if not self._settings.search:  # else `alongside search` knows them better
            _add_to_search(config, self.report)
        return env

    def on_post_template(self, output: str, /, *, template_name: str, config: MkDocsConfig) -> str:
        if template_name != "sitemap.xml" or not config.site_url or self.report is None:
            return output
        from alongside.rendering.markdown import Links

        start, links = escape(config.site_url), Links()
        listed = (listing for listing in self.report.listings if listing.listed)
        pages = ((f"{start}{escape(links.url(listing.path)[2:])}", listing.modified) for listing in listed)
        made = dict(render_sitemaps(output, pages, start))
        whole = made.pop("sitemap.xml")
        for name, text in made.items():
            write_file(Path(config.site_dir, name), text.encode())
        return whole

    @event_priority(-100)
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        assert self._tree is not None
        if self.previewer is not None:
            self._tree.forget()  # each time it is another folder
        self._tree.unlock()

    def on_build_error(self, *, error: Exception, **_: Any) -> None:
        if self.previewer is not None and self._tree is not None:
            self._tree.forget()
        elif self._tree is not None and self._tree.is_locked:
            self._tree.bring_back()
            self._tree.unlock()

    def on_serve(self, server: LiveReloadServer, /, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:
        if self._settings.journeys_dir.is_dir():
            server.watch(str(self._settings.journeys_dir))
        return server

    def on_shutdown(self) -> None:
        if self.serving and self._tree is not None:
            self._tree.forget()  # the folder served from is gone, too

    # --- within ----------------------------------------------------------------------------------------------------

    def _fill_moments(self, html: str, page: MkDocsPage) -> str:
        from alongside.rendering.pages.moments import fill_moments

        site, _ = self._prepare()
        with site.reading() as reads:
            filled = fill_moments(site, html, page=page.url)
        self._moments |= reads
        return filled

    def _load(self) -> Loaded:
        """The community, read when something asks for it."""
        if self.loaded is None and self.previewer is not None:
            self.loaded = self.previewer.load(self._settings, self._now)
        elif self.loaded is None:
            from alongside.reading.loader import load_community

            self.loaded = load_community(self._settings, today=self._now.date())
        return self.loaded

    def _may_mend(self, before: Snapshot) -> bool:
        """Whether nothing but files can have changed since a build."""
        engine = len(self._stamp) // 2  # two digests: of files, of the engine
        return bool(before.backdrop) and before.stamp[engine:] == self._stamp[engine:] and is_timely(before, self._now)

    def _report(self, theme: bytes, shells: Mapping[int, Shell]) -> Report | None:
        """The report of this build where there is nothing to do, or something to mend; else None."""
        before, mending = self._before, self._mending
        if before is not None and before.theme == theme:
            if mending is None:
                return report_of(before)
            with contextlib.suppress(UnmendableError):
                return self._mend(before, mending, shells)
        self._mend_nothing()
        return None

    def _mend_nothing(self) -> None:
        """Look at everything after all, where something was to be mended."""
        if self._mending is not None:
            self._before = self._mending = self._work = None

    def _mend(self, before: Snapshot, mending: Mending, shells: Mapping[int, Shell]) -> Report:
        assert self._tree is not None
        site, _ = self._prepare()
        try:
            mended = mend_site(site, mending.backdrop, mending.stories, self._tree, before, shells=shells)
        except UnmendableError:
            raise
        except AlongsideError as error:
            raise PluginError(str(error)) from error
        if site.whole.journeys:
            self._write_sequences(site.whole)
        unkept = mended.unkept
        if unkept is None:
            try:
                self._tree.write_snapshot(mended.snapshot._replace(stamp=self._stamp, mended=mending.touched))
                mending.reader.save()
            except OSError as error:
                unkept = error
        _warn_unkept(unkept)
        return report_of(mended.snapshot, mended)

    def _write_sequences(self, community: Community) -> None:
        from alongside.rendering.mails.sequences import render_sequences  # what mails need is not loaded for nothing

        sequences = render_sequences(community, self._settings, now=self._now)
        write_folder(self._settings.build_dir / "journeys", sequences)

    def _prepare(self) -> tuple[Site, tuple[Job, ...]]:
        """The site and its jobs, listed when something asks for them; where it is mended, jobs are made one by one."""
        if self._work is None and self._mending is not None:
            self._work = self._mending.make_site(self._site_maker(), self._now), ()
        if self._work is None:
            from alongside.model.digests import Seals

            loaded = self._load()
            site = self._site_maker()(loaded.community, self._now, seals=Seals(loaded.seals))
            self._work = site, list_jobs(site)
        return self._work

    def _site_maker(self) -> Callable[..., Site]:
        """What makes a site of a community at an instant, as this build has it."""
        return partial(
            _make_site,
            settings=self._settings,
            templates=environment(self._overrides, compiled=self._settings.cache_dir / "templates"),
            drafts=self.serving,
            use_directory_urls=self._use_directory_urls,
            convert=self._convert,
        )

    def _frame(self, shells: Mapping[int, Shell], config: MkDocsConfig) -> None:
        """Hand over all that record pages need, instead of building them."""
        from alongside.serving.frames import Frame

        assert self.previewer is not None
        site, jobs = self._prepare()
        self.previewer.frame = Frame(
            folder=Path(config.site_dir),
            settings=self._settings,
            problems=self._problems,
            loaded=self._load(),
            site=site,
            jobs=jobs,
            shells=shells,
            make_site=self._site_maker(),
            moments={read: site.digest_of_read(read) for read in self._moments},
        )
        self.report = self.previewer.report
        if self.report is not None and not self._settings.search:
            _add_to_search(config, self.report)

    def _build(self, files: Files, shells: Mapping[int, Shell], stamp: bytes, theme: bytes) -> Report:
        assert self._tree is not None
        site, jobs = self._prepare()
        guests = _guests(files, jobs)
        try:
            report = build_site(
                site, jobs, self._tree, shells=shells, stamp=stamp, guests=guests, progress=self.progress
            )
        except AlongsideError as error:
            raise PluginError(str(error)) from error
        loaded = self._load()
        self._write_sequences(loaded.community)
        unkept = report.unkept
        if unkept is None:
            try:
                self._tree.write_snapshot(
                    take_snapshot(
                        report,
                        loaded.community,
                        loaded.problems,
                        now=self._now,
                        manifest=self._tree.seal(),
                        stamp=self._stamp,
                        theme=theme,
                        backdrop=self._keep_backdrop(site, jobs, theme),
                    )
                )
            except OSError as error:
                unkept = error
        _warn_unkept(unkept)
        return report

    def _keep_backdrop(self, site: Site, jobs: Iterable[Job], theme: bytes) -> bytes:
        from alongside.rendering.backdrops import keep_backdrop

        assert self._tree is not None
        engine = self._stamp[len(self._stamp) // 2 :] + theme
        before = self._tree.read_backdrop()
        content = keep_backdrop(site, jobs, self._load().seals, self._state, engine=engine, before=before)
        return self._tree.write_backdrop(content)

    def _render_shell(self, depth: int, env: jinja2.Environment, config: MkDocsConfig, files: Files) -> Shell:
        """The theme's page for records, with tokens, as all plugins want it."""
        file = File.generated(config, f"{token_folder(depth)}index.md", content="", inclusion=InclusionLevel.NOT_IN_NAV)
        file.use_directory_urls = True
        file.edit_uri = TOKENS["source"]
        page = MkDocsPage(TOKENS["title"], file, config)
        page.markdown = ""
        page.content = TOKENS["content"]
        page.toc = TableOfContents([])
        page.meta = {
            "title": TOKENS["title"],
            "description": TOKENS["description"],
            "language": TOKENS["language"],
            "alongside": "record",  # what a theme may ask for: this page brings its own h1 and layout
            "hide": ["toc"],
        }
        page.active = True
        context = get_context(self._nav, files.documentation_pages(), config, page)
        for hook in _hooks(config, "page_context"):
            context = hook(context, page=page, config=config, nav=self._nav) or context
        html = env.get_template("main.html").render(context)
        for hook in _hooks(config, "post_page"):
            html = hook(html, page=page, config=config) or html
        page.active = False
        return read_shell(html)


class RecordFiles(Files):
    """MkDocs' files, which also answer for records: a link or a nav entry that names one finds its page."""

    def __init__(
        self, files: Iterable[File], records: Mapping[str, str], pages: frozenset[str], config: MkDocsConfig
    ) -> None:
        super().__init__(files)
        self._records = records  # record's file below docs_dir -> site path of its page
        self._pages = pages
        self._config = config
        self._made: dict[str, File] = {}

    def get_file_from_path(self, path: str) -> File | None:
        """The file of that path below docs_dir; for a record's file, or the path of its page, one that leads there."""
        found = super().get_file_from_path(path)
        if found is not None:
            return found
        name = path.strip("/")
        target = self._records.get(name)
        if target is None and f"{name}/" in self._pages:
            target = f"{name}/"
        if target is None:
            return None
        if name not in self._made:
            url = target if target in self._pages else _NO_PAGE
            self._made[name] = RecordFile(name, url, self._config)
        return self._made[name]


class CleanedFile(File):
    """A picture or film of an author, which the site has without the place where it was taken."""

    def copy_file(self, dirty: bool = False) -> None:
        if self.abs_src_path is None or (dirty and not self.is_modified()):
            return
        target = Path(self.abs_dest_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not write_copy(Path(self.abs_src_path), target):
            log.warning(f"{self.src_uri} says where it was taken, which cannot be taken out: it is not in the site.")


class RecordFile(File):
    """What MkDocs needs to know to link to a record's page; nothing is built or copied from it."""

    def __init__(self, name: str, url: str, config: MkDocsConfig) -> None:
        super().__init__(name, None, config.site_dir, True, dest_uri=f"{url}index.html")
        self.inclusion = InclusionLevel.NOT_IN_NAV
        self.url = url

    def is_documentation_page(self) -> bool:
        return False

    def copy_file(self, dirty: bool = False) -> None:
        """There is nothing to copy."""


def _make_site(community: Community, now: datetime, **how: Any) -> Site:
    from alongside.rendering.tracking import Site

    return Site(community=community, now=now, **how)


def _warn_unkept(error: OSError | None) -> None:
    if error is not None:
        log.warning(f"{cannot_access(error)} The site is whole; the next build will take longer.")


def _log_problems(problems: Iterable[Problem]) -> None:
    errors = 0
    for problem in problems:
        if problem.severity == "error":
            errors += 1
            log.warning(str(problem))
        else:
            log.info(str(problem))
    if errors:
        log.info(f"{errors} problem{'s' if errors > 1 else ''}; what is wrong was left out of the site.")


def _names_theme(config: MkDocsConfig) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there is no other way to ask what the writer wrote
        return any("theme" in patch for patch in config.user_configs)


def _document_files(documents: Iterable[str], config: MkDocsConfig) -> Files:
    """Files as `mkdocs.structure.files.get_files` makes them, of paths that are known already."""
    made = [
        (CleanedFile if is_cleaned(path) else File)(path, config.docs_dir, config.site_dir, config.use_directory_urls)
        for path in documents
        if not path.endswith(".md") or _is_text(Path(config.docs_dir, path))
    ]
    made.sort(key=file_sort_key)
    set_exclusions(made, config)
    kept: dict[str, File] = {}
    for file in made:
        first = kept.setdefault(file.dest_uri, file)
        if first is file:
            continue
        if _is_included(file) and _is_included(first):  # README.md beside index.md
            logging.getLogger("mkdocs.structure.files").warning(
                f"Excluding '{file.src_uri}' from the site because it conflicts with '{first.src_uri}'."
            )
        elif _is_included(file):
            kept[file.dest_uri] = file
    return Files(kept.values())


def _is_text(path: Path) -> bool:
    """False for a page that MkDocs could not read, which would cost the whole site; reading has reported it."""
    try:
        path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    return True


def _is_included(file: File) -> bool:
    return bool(file.inclusion.value > InclusionLevel.DRAFT.value)


def _flat(items: Iterable[Any]) -> Iterable[Any]:
    for item in items:
        yield item
        yield from _flat(getattr(item, "children", None) or ())


def _versions(files: Files, language: str) -> dict[str, dict[str, str]]:
    """For each plain page that is there in several languages: language -> page. `about.pt.md` stands beside `about.md`,
    which is in the community's language."""
    found: dict[str, dict[str, str]] = {}
    for file in files.documentation_pages():
        stem, _, ending = file.src_uri.removesuffix(".md").rpartition(".")
        code = parse_language(ending) if stem and "/" not in ending else None
        original = f"{stem}.md"
        if code is not None and original in files.src_uris:
            versions = found.setdefault(original, {language: original})
            versions.setdefault(code, file.src_uri)
            found[file.src_uri] = versions
    return found


def _converter(config: MkDocsConfig) -> Converter:
    """The site's own Markdown, as its plain pages have it."""
    engine = markdown.Markdown(extensions=config.markdown_extensions, extension_configs=config.mdx_configs or {})

    def convert(text: str) -> str:
        return engine.reset().convert(text)

    return convert


def _hooks(config: MkDocsConfig, event: str) -> list[Any]:
    """The other plugins' hooks on pages; not those of a search, which would index the tokens."""
    hooks = cast(dict[str, list[Any]], config.plugins.events)[event]
    return [hook for hook in hooks if not hasattr(getattr(hook, "__self__", None), "search_index")]


def _stamp(settings: Settings, overrides: Iterable[Path], *, drafts: bool) -> bytes:
    """What decides every page and is no record: settings, templates of the site's own."""
    parts = [repr(settings), str(drafts)]
    for folder in overrides:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                parts.append(f"{path.relative_to(folder)} {path.read_bytes()!r}")
    return "\n".join(parts).encode()


def _guests(files: Files, jobs: Iterable[Job]) -> list[str]:
    """Files that MkDocs puts into folders of ours: images beside stories."""
    tops = {job.name.split("/", 1)[0] for job in jobs}
    return [file.dest_uri for file in files if "/" in file.dest_uri and file.dest_uri.split("/", 1)[0] in tops]


def _add_to_search(config: MkDocsConfig, report: Report) -> None:
    """Titles and descriptions of records into MkDocs' own search, up to what its one index file bears."""
    search = config.plugins.get("search")
    index = getattr(search, "search_index", None)
    if index is None:
        return
    if len(report.listings) > _SEARCHABLE:
        log.info(f"The site's search leaves out record pages: it is slow above {_SEARCHABLE}.")
        return
    for listing in report.listings:
        content = f"<p>{escape(listing.description)}</p>"
        index.add_entry_from_context(SimpleNamespace(content=content, title=listing.title, toc=[], url=listing.path))


_SEARCHABLE = 2000
