"""Write what is made from the code: docs/reference, the tables of `explain` and of shells; or `--check` it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import codes, commands, completion, errors, events, releases, resources, settings

FOLDER = Path(__file__).parent / "reference"
CLI = "../../provider/pulumi_dataarts/cli"
PAGES = {
    # First, since the pages of errors are made by `explain`, which reads it.
    f"{CLI}/codes.json": codes.table,
    "cli.md": commands.page,
    "config.md": settings.page,
    "resources.md": resources.page,
    "exit-codes.md": errors.exit_page,
    "errors.md": errors.error_page,
    "events.md": events.page,
    "releases.md": releases.page,
    f"{CLI}/completion.json": completion.table,
}


def main() -> int:
    """Write the pages, or name those that are out of date."""
    if "--check" not in sys.argv:
        for name, make in PAGES.items():
            (FOLDER / name).write_text(make(), encoding="utf-8")
        return 0
    made = {FOLDER / name: make() for name, make in PAGES.items()}
    stale = [path.name for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    print(f"out of date: {', '.join(stale)}: run `make docs`" if stale else f"{len(made)} made files are current")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
