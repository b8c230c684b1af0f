"""`python -m bench --area site`: one line a figure, exit 1 when one falls short.

An area is a module of this package with `measure(arguments) -> Iterable[Figure]` and `add_arguments(parser)`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from bench.harness import BenchError

PACKAGE = Path(__file__).parent
SHARED = {
    "__init__", "__main__", "harness", "children", "communities", "mail_build", "mail_crashes", "mail_people",
    "mail_servers", "notes_autoresponders", "notes_crashes", "postgresql", "recording_sink",
    "calendar_agreement", "calendar_builds", "calendar_compile", "calendar_peers", "calendar_sides",
    "site_images", "site_search",
    "embed_batch", "embed_communities", "embed_first_view", "service_crashes", "service_load", "service_peer",
}  # fmt: skip


def areas() -> list[str]:
    """Every module of this folder that measures something."""
    return sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem not in SHARED)


def main() -> int:
    """Measure; 0 when every goal is reached, 1 when one falls short, 2 when nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--area", choices=["all", *areas()], default="all")
    modules = {name: importlib.import_module(f"bench.{name}") for name in areas()}
    for module in modules.values():
        module.add_arguments(parser)
    arguments = parser.parse_args()
    chosen = list(modules) if arguments.area == "all" else [arguments.area]
    reached = True
    try:
        for name in chosen:
            for figure in modules[name].measure(arguments):
                print(figure, flush=True)
                reached &= figure.is_reached
    except BenchError as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
