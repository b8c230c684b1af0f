"""`mkdocs.yml` to settings. MkDocs itself is not imported: the road above works without it.

Tags that MkDocs and its plugins use (`!!python/name:...`) are passed over, `!ENV` is filled, `INHERIT` is followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from alongside.problems import Problem, UsageError
from alongside.reading.embed_settings import EMBED_SETTINGS, embed_settings
from alongside.reading.fields import Defaults, Field, Parser, Sheet, Table, choice, converted, mapping, read_table
from alongside.reading.image_settings import IMAGES
from alongside.reading.mail_settings import EMAIL, MAIL_SETTINGS, mail_settings
from alongside.reading.service_settings import SERVICE_SETTINGS, service_settings
from alongside.reading.slugs import slug_fault
from alongside.reading.times import ZONE
from alongside.reading.values import FLAG, LANGUAGE, LINE, URL, pairs, read_line, web_address_fault
from alongside.settings import Organisation, Settings
from alongside.source.decoding import decode, read_bytes
from alongside.source.yaml_faults import explain_syntax
from alongside.source.yaml_nodes import Document, Keys, Plain

PLUGIN = "alongside"
MAX_INHERIT = 10
_HALF = re.compile("[\ud800-\udfff]")  # of a pair in UTF-16, and what Python makes of bytes that are no UTF-8
NO_PLUGIN: Keys = ("plugins",)  # the way to the plugin's options where it is not there


def _read_conduct(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = read_line(sheet, keys, value)
    if text is None:
        return None
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text) or text.startswith("//"):
        return URL.read(sheet, keys, text)  # type: ignore[no-any-return]
    return text


def _read_team(sheet: Sheet, keys: Keys, value: Plain) -> dict[str, str] | None:
    """A name alone, or name and address."""
    if isinstance(value, dict):
        return read_table(sheet, TEAM, value, keys)
    name = read_line(sheet, keys, value)
    return {"name": name, "email": ""} if name is not None else None


def _teams(sheet: Sheet, keys: Keys, value: tuple[tuple[str, dict[str, str]], ...]) -> dict[str, dict[str, str]]:
    for name, _ in value:
        fault, proposal = slug_fault(name)
        if fault:
            sheet.report(
                (*keys, name),
                "bad-slug",
                f'"{name[:40]}" cannot be a team\'s id: {fault}.',
                f"Write {proposal}:",
                key=True,
            )
    return dict(value)


TEAM = Table(
    kind="team",
    about="Who owns moments.",
    fields=(
        Field(name="name", parser=LINE, required=True, about="What people read."),
        Field(name="email", parser=EMAIL, default="", about="Where it reads what became of its moments, once a week."),
    ),
)
ORGANISATION = Table(
    kind="organisation",
    about="Who sends the mail and answers for it.",
    fields=(
        Field(name="name", parser=LINE, default="", about="Its name."),
        Field(name="postal", parser=LINE, default="", about="Its postal address, in one line; mail needs it."),
        Field(name="privacy", parser=URL, default="", about="The address of its privacy notice; mail needs it."),
        Field(
            name="conduct",
            parser=Parser(read=_read_conduct, schema={"type": "string"}),
            default="",
            about="Its code of conduct: a web address, or a page of the site.",
        ),
        Field(
            name="email",
            parser=EMAIL,
            default="",
            about="Where the team reads notes that nothing relays; it stands on pages and in embeds.",
        ),
    ),
)
SETTINGS = Table(
    kind="setting",
    about="`plugins: - alongside:` in mkdocs.yml.",
    fields=(
        Field(name="language", parser=LANGUAGE, default="en", about="The community's language; default en."),
        Field(name="timezone", parser=ZONE, default="UTC", about="The community's zone; default UTC."),
        Field(name="journeys", parser=LINE, default="journeys", about="The folder of the journeys; default journeys."),
        Field(
            name="teams",
            parser=converted(
                pairs(
                    Parser(read=_read_team, schema={"anyOf": [LINE.schema, TEAM.schema]}), "a mapping of ids to names"
                ),
                _teams,
            ),
            default={},
            about="Teams that own moments: id and name, or id and {name, email}.",
        ),
        Field(name="organisation", parser=mapping(ORGANISATION), default={}, about="Who sends the mail."),
        Field(name="mail", parser=mapping(MAIL_SETTINGS), default={}, about="How mail leaves, and answers come back."),
        Field(name="embeds", parser=mapping(EMBED_SETTINGS), default={}, about="What embeds may load from elsewhere."),
        Field(
            name="service", parser=mapping(SERVICE_SETTINGS), default={}, about="Who may ask what of `alongside run`."
        ),
        Field(
            name="markdown",
            parser=choice(("commonmark", "site")),
            default="commonmark",
            about="commonmark (default), or site: stories use the site's own Markdown extensions.",
        ),
        Field(
            name="search",
            parser=FLAG,
            default=False,
            about="true: pages offer the search that `alongside search` makes after each build.",
        ),
        Field(
            name="images",
            parser=IMAGES,
            default=False,
            about="true, or {paper, ink, accent, second}: pages name the pictures that `alongside images` makes.",
        ),
        Field(
            name="journey_map",
            parser=FLAG,
            default=False,
            about="true: the site has a page with the map of journeys, for everybody to see; without figures.",
        ),
    ),
)


def read_settings(config_file: Path) -> tuple[Settings, list[Problem]]:
    """The settings of a community, and what is wrong with them (the defaults stand in for it).

    Raises `UsageError` where there is no such file, or it is no mapping of keys.
    """
    file = config_file.absolute()
    if file.is_dir():
        file = file / "mkdocs.yml"
    root = file.parent
    problems: list[Problem] = []
    document = _read_config(file, shown=str(config_file))
    values = _inherited(document, file, problems)
    plugin, keys = _plugin(values)
    if keys == NO_PLUGIN:
        problems.append(_no_plugin(document))
    sheet = Sheet(path=file.name, document=document, defaults=Defaults(), problems=problems)
    fields = _plugin_fields(sheet, plugin, keys)
    _check_site(sheet, values)
    _check_docs_dir(sheet, _folder(root, values.get("docs_dir"), "docs"), root)
    organisation = fields["organisation"]
    settings = Settings(
        config_file=file,
        root=root,
        docs_dir=_folder(root, values.get("docs_dir"), "docs"),
        site_dir=_folder(root, values.get("site_dir"), "site"),
        journeys_dir=_folder(root, fields["journeys"], "journeys"),
        site_name=" ".join(str(values.get("site_name") or root.name).split()),
        site_url=_site_url(values.get("site_url")),
        language=fields["language"],
        timezone=fields["timezone"],
        teams={team: about["name"] for team, about in fields["teams"].items()},
        team_emails={team: about["email"] for team, about in fields["teams"].items() if about["email"]},
        organisation=Organisation(**organisation),
        mail=mail_settings(fields["mail"]),
        embeds=embed_settings(fields["embeds"]),
        service=service_settings(fields["service"]),
        markdown=fields["markdown"],
        search=fields["search"],
        images=fields["images"] or None,
        journey_map=fields["journey_map"],
    )
    return settings, problems


def _plugin_fields(sheet: Sheet, plugin: Any, keys: Keys) -> dict[str, Any]:
    if plugin is None:
        plugin = {}
    fields = read_table(sheet, SETTINGS, plugin, keys)
    return fields if fields is not None else {field.name: field.default for field in SETTINGS.fields}


def _folder(root: Path, value: Any, default: str) -> Path:
    name = value if isinstance(value, str) and value.strip() else default
    return Path(os.path.normpath(root / name))


def _site_url(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or web_address_fault(text):
        return ""
    return text if text.endswith("/") else text + "/"


def _check_site(sheet: Sheet, values: Mapping[str, Any]) -> None:
    url = values.get("site_url")
    if isinstance(url, str) and url.strip() and web_address_fault(url.strip()):
        sheet.report(
            ("site_url",), "bad-url", f"site_url is no web address: {web_address_fault(url.strip())}.",
            "Write the whole address: https://community.example.org/",
        )  # fmt: skip
    if not values.get("site_name"):
        sheet.report((), "missing-key", '"site_name" is missing; MkDocs needs it.', "Write the community's name.")


def _check_docs_dir(sheet: Sheet, docs_dir: Path, root: Path) -> None:
    if root.is_relative_to(docs_dir):
        which = "is the folder of" if docs_dir == root else "holds the folder of"
        sheet.report(
            ("docs_dir",), "docs-dir", f"docs_dir {which} {sheet.path} itself, so everything there would be published.",
            "Keep content in a folder of its own: docs_dir: content",
        )  # fmt: skip


def _read_config(file: Path, *, shown: str) -> Document:
    if not file.exists():
        raise UsageError(
            f"There is no {shown}.", hint="Name the community's configuration with -f FOLDER/mkdocs.yml, or start one "
            "with: alongside new FOLDER",
        )  # fmt: skip
    content = read_bytes(file, file.name)
    if isinstance(content, Problem):
        raise UsageError(f"{shown}: {content.message}", hint=content.hint)
    text = decode(content, file.name)
    if isinstance(text, Problem):
        raise UsageError(str(text))
    try:
        node = _compose(text)
        value = _plain(node, set()) if node is not None else None
    except yaml.YAMLError as error:
        fault = explain_syntax(error, text)
        at = Document(path=file.name, text=text, first_line=1, node=None, value=None).at(fault.index)
        raise UsageError(f"{at}: {fault.message}", hint=fault.hint) from error
    except _NoTextError as error:
        at = Document(path=file.name, text=text, first_line=1, node=None, value=None).at(error.node.start_mark.index)
        raise UsageError(f"{at}: {error}", hint=error.hint) from error
    except RecursionError as error:
        raise UsageError(f"{shown} is nested too deeply to be read.") from error
    if not isinstance(value, dict):
        raise UsageError(
            f"{shown} is no configuration: it holds no `key: value` lines.", hint="Start with: site_name: Our community"
        )
    return Document(path=file.name, text=text, first_line=1, node=node, value=value)


class _NoTextError(Exception):
    """A value that no file can hold, so that no page could be written; it never leaves this module."""

    def __init__(self, node: yaml.Node, message: str, hint: str) -> None:
        super().__init__(message)
        self.node = node
        self.hint = hint


class _Loader(yaml.SafeLoader):
    """Composes nodes; resolves nothing but what an author tagged."""


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


def _plain(node: yaml.Node, above: set[int]) -> Any:
    """Values as MkDocs has them, all scalars text; merge keys and aliases are allowed here, as they are there."""
    if id(node) in above:
        return None
    inside = above | {id(node)}
    if node.tag == "!ENV":
        return _environment(node)
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else _text(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, inside) for item in node.value]
    found: dict[str, Any] = {}
    for key, value in node.value:
        plain = _plain(value, inside)
        if key.tag == "tag:yaml.org,2002:merge":
            for merged in plain if isinstance(plain, list) else [plain]:
                found = {**merged, **found} if isinstance(merged, dict) else found
        elif isinstance(key, yaml.ScalarNode):
            found[_text(key)] = plain
    return found


def _text(node: yaml.ScalarNode) -> str:
    text: str = node.value
    if half := _HALF.search(text):
        message = f"U+{ord(half[0]):04X} is half a character, which no page can show."
        raise _NoTextError(node, message, "Type the character itself, or write \\U and all eight digits of it.")
    return text


def _environment(node: yaml.Node) -> str | None:
    """`!ENV NAME` or `!ENV [NAME, OTHER, default]`, as MkDocs fills it."""
    if isinstance(node, yaml.ScalarNode):
        return _variable(node.value, node)
    items = [item for item in node.value if isinstance(item, yaml.ScalarNode)]
    for item in items[:-1]:
        if item.value in os.environ:
            return _variable(item.value, item)
    return (_text(items[-1]) if len(items) > 1 else _variable(items[0].value, items[0])) if items else None


def _variable(name: str, node: yaml.Node) -> str | None:
    value = os.environ.get(name)
    if value is not None and _HALF.search(value):
        raise _NoTextError(node, f"The environment's {name} is no UTF-8.", "Set it in a terminal that writes UTF-8.")
    return value


def _inherited(document: Document, file: Path, problems: list[Problem]) -> dict[str, Any]:
    """The values with those of the files named by `INHERIT` below them, as MkDocs merges them."""
    assert isinstance(document.value, dict)
    values: dict[str, Any] = dict(document.value)
    at = file
    for _ in range(MAX_INHERIT):
        parent = values.pop("INHERIT", None)
        if not isinstance(parent, str):
            return values
        at = Path(os.path.normpath(at.parent / parent))
        inherited = _read_config(at, shown=parent)
        assert isinstance(inherited.value, dict)
        values = _merge(inherited.value, values)
    problems.append(
        Problem(
            position=document.position(("INHERIT",)), code="inherit", message="INHERIT goes round in a circle.",
            hint="Let the last file of the chain inherit nothing.",
        )
    )  # fmt: skip
    return values


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, mappings key by key; the chain's own INHERIT is that of `below`."""
    found = dict(below)
    for name, value in above.items():
        old = found.get(name)
        found[name] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found


def _plugin(values: Mapping[str, Any]) -> tuple[Any, Keys]:
    """The plugin's options, and the way to them in the file."""
    plugins = values.get("plugins")
    if isinstance(plugins, dict) and PLUGIN in plugins:
        return plugins[PLUGIN], ("plugins", PLUGIN)
    for index, item in enumerate(plugins if isinstance(plugins, list) else ()):
        if item == PLUGIN:
            return None, ("plugins", index)
        if isinstance(item, dict) and PLUGIN in item:
            return item[PLUGIN], ("plugins", index, PLUGIN)
    return None, NO_PLUGIN


def _no_plugin(document: Document) -> Problem:
    return Problem(
        position=document.position(NO_PLUGIN, key=True), code="plugin-missing", severity="warning",
        message=f"The plugin {PLUGIN} is not on, so MkDocs alone will not know these records.",
        hint=f"Add it: plugins: [search, {PLUGIN}]",
    )  # fmt: skip


def relative(path: Path, root: Path) -> str:
    """A path as problems name it: from the configuration's folder, with `/`."""
    return Path(os.path.relpath(path, root)).as_posix()
