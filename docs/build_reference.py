"""Write the pages of docs/reference that are made from the code; `--check` says whether they are current."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import commands, errors, events, releases, resources, settings

FOLDER = Path(__file__).parent / "reference"
PAGES = {
    "cli.md": commands.page,
    "config.md": settings.page,
    "resources.md": resources.page,
    "exit-codes.md": errors.exit_page,
    "errors.md": errors.error_page,
    "events.md": events.page,
    "releases.md": releases.page,
}


def main() -> int:
    """Write the pages, or name those that are out of date."""
    made = {FOLDER / name: make() for name, make in PAGES.items()}
    if "--check" not in sys.argv:
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path.name for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    print(
        f"out of date: {', '.join(stale)}: run `make docs`" if stale else f"{len(made)} pages of reference are current"
    )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
