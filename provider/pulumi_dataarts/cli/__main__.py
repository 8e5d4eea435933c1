"""Entry point of `dataarts`."""

from __future__ import annotations

import os
import sys

from pulumi_dataarts.cli import completing


def main(arguments: list[str] | None = None) -> int:
    """Answer a shell that completes a line, at once; or run a command. Returns the exit code."""
    if completing.SHELL in os.environ:
        return completing.main()
    from pulumi_dataarts.cli.running import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
