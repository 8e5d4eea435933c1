"""Record docs/assets/terminal.svg: a new lake brought up, a line of SQL edited, the plan that names it. A real run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parent / "assets" / "terminal.svg"
SQL = "bundle/scripts/orders_totals.sql"
EDIT = f"sed -i 's/AS orders,/AS orders, max(amount) AS largest,/' {SQL}"
COLUMNS = 112
COMMANDS = ("dataarts new --template lake --yes --name orders", "dataarts up --yes", EDIT, "dataarts preview")


def run(command: str, folder: str) -> str:
    """Run a command as on a terminal of a fixed width, and return what it prints on standard output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": str(COLUMNS), "PYTHONWARNINGS": "ignore"}
    shell = command.replace("dataarts ", "dataarts --color always ")
    done = subprocess.run(shell, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=True)  # noqa: S602 - the commands stand above
    return done.stdout if "preview" in command else done.stdout.split("outputs")[0]


def main() -> None:
    """Run the commands in a folder of their own, and draw what they print."""
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"), force_terminal=True)  # noqa: SIM115
    with tempfile.TemporaryDirectory() as folder:
        try:
            for command in COMMANDS:
                console.print(Text(f"$ {command}", style="bold"))
                told = run(command, folder).strip("\n")
                console.print(Text.from_ansi(told) if "new" not in command else Text("…", style="dim"))
        finally:
            run("dataarts cloud stop", folder)
    # rich names a font on the network; every machine has a monospaced one of its own.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="dataarts"), flags=re.DOTALL)
    PICTURE.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
