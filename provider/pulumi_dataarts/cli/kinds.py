"""What a word on the command line names: `--help` calls it so, and a shell completes it by that."""

from __future__ import annotations

from typing import Final

import click


class Kind(click.ParamType):  # type: ignore[type-arg] # generic in some versions of click only
    """A word that is taken as it stands."""

    def __init__(self, name: str) -> None:
        self.name = name


STACK: Final = Kind("stack")
URN: Final = Kind("urn")
CODE: Final = Kind("code")
