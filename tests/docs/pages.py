"""Pages of Markdown as things to be carried out: their commands, their files, what they say is printed.

A block of commands has no language, or `console`, `bash` or `sh`, and a line with `dataarts` in it. In `console`, a
line below a `$ ` line is one of those it prints, numbers aside; `...` stands for more. Elsewhere every line is a
command, and what follows three blanks is a remark. A comment right before a block says more:

    <!-- test: file PATH -->     the block is the content of this file
    <!-- test: exit 5 -->        the block ends with this exit code
    <!-- test: skip WHY -->      the block is not run
    <!-- test: after COMMAND; COMMAND -->     at the top of a page: what is done before its first block

Making an environment and installing into it is left out: the tests run in one that is made.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.commands import OURS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(?:^<!-- test: (?P<note>[^\n]+?) -->\n+)?^(?P<fence>`{3,})(?P<info>\w*)\n(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
BEFORE = re.compile(r"^<!-- test: after (.+?) -->$", re.MULTILINE)
SHELLS = ("", "console", "bash", "sh")
REMARK = re.compile(r"\s{3,}\S.*$")
INSTALLING = re.compile(r"^(\. \S*activate|python3?(\.\d+)? -m venv|pip install)\b.*?(&& \. \S+activate)?$")
COMMAND_S = 120


@dataclass(frozen=True)
class Block:
    """A block: its note, its language, its text."""

    note: str
    info: str
    body: str

    @property
    def is_commands(self) -> bool:
        """Whether it is to be run."""
        return self.info in SHELLS and bool(re.search(r"^(\$ )?dataarts ", self.body, re.MULTILINE))

    def commands(self) -> list[str]:
        """Return its lines of commands, without prompts and remarks; what goes on after `\\` is one line."""
        lines = re.sub(r"\s*\\\n\s*", " ", self.body).splitlines()
        if self.info == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        lines = [REMARK.sub("", line) if self.info != "console" else line for line in lines]
        return [line for line in lines if line.strip() and not INSTALLING.match(line)]

    def printed(self) -> list[str]:
        """Return the lines that it says are printed, in comparable form."""
        lines = re.sub(r"\s*\\\n\s*", " ", self.body).splitlines() if self.info == "console" else []
        return [plain(line) for line in lines if line.strip() not in ("", "...") and not line.startswith("$ ")]


@dataclass
class Place:
    """Where a page is carried out: the folder and the environment that the last block left."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, script: str, code: int = 0) -> str:
        """Run commands as one shell script, keep where it ended, and return what was printed."""
        kept = self.environment["HOME"]
        keep = f'trap \'code=$?; pwd > "{kept}/pwd"; env -0 > "{kept}/env"; exit $code\' EXIT\n'
        done = subprocess.run(
            ["bash", "-e", "-c", keep + script],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        assert done.returncode == code, f"{script}\nexit {done.returncode}\n{done.stdout}"
        self.folder = Path((Path(kept) / "pwd").read_text().strip())
        pairs = (Path(kept) / "env").read_text().split("\0")
        self.environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        return done.stdout


def place(folder: Path) -> Place:
    """Return an empty place, with `dataarts` on the path and nothing of the machine's own settings."""
    home = folder / "home"
    home.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith((*OURS, "CI", "GIT_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"HOME": str(home), "PATH": path, "PULUMI_HOME": str(home), "COLUMNS": "120"}
    work = folder / "work"
    work.mkdir()
    return Place(work, {**clean, **settings})


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(match["note"] or "", match["info"], match["body"]) for match in found]


def carry_out(page: Path, here: Place) -> None:
    """Do what a page says, from top to bottom, and check what it says is printed."""
    if before := BEFORE.search(page.read_text(encoding="utf-8")):
        here.run(before[1].replace(";", "\n"))
    for block in blocks(page):
        verb, _, rest = block.note.partition(" ")
        if verb == "file":
            target = here.folder / rest
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.body, encoding="utf-8")
        elif block.is_commands and verb != "skip":
            printed = plain(here.run("\n".join(block.commands()), int(rest) if verb == "exit" else 0))
            missing = [line for line in block.printed() if line not in printed]
            assert not missing, f"{page.name}: not printed:\n{missing}\nbut:\n{printed}"


def typed_lines(page: Path) -> Iterator[list[str]]:
    """Yield the words of every `dataarts` command of a page, those that are not run as well."""
    for block in blocks(page):
        if not block.is_commands:
            continue
        for line in block.commands():
            whole = re.sub(r'^eval "\$\((.*)\)"$', r"\1", line)
            for part in re.split(r"\s*(?:&&|\|\||;|\|)\s*", whole):
                words = shlex.split(re.sub(r"\s(?:[12]?>|<\s).*$", "", part), comments=True)
                if words and words[0] == "dataarts":
                    yield words[1:]


def plain(text: str) -> str:
    """Return a text with its numbers and hashes blurred, and its blanks as one."""
    lines = (re.sub(r"\b[0-9a-f]{12,}\b|\d+(\.\d+)?", "N", line) for line in text.splitlines())
    return "\n".join(" ".join(line.split()) for line in lines)
