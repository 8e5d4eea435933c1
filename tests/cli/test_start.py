"""`dataarts --help` imports next to nothing: what it needs is on a list."""

from __future__ import annotations

import json
import subprocess

from tests.forks import REAL

OURS = {"pulumi_dataarts", "pulumi_dataarts.cli", "pulumi_dataarts.cli.__main__", "pulumi_dataarts.cli.app"}
OURS |= {"pulumi_dataarts.cli.flags", "pulumi_dataarts.errors"}
CODE = """
import json, sys
before = set(sys.modules)
from pulumi_dataarts.cli.__main__ import main
status = main(["--help"])
print()
print(json.dumps([status, sorted(set(sys.modules) - before)]))
"""


def test_help_imports_the_commands_table_and_click() -> None:
    done = subprocess.run([REAL, "-c", CODE], capture_output=True, text=True, check=True)
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    assert {name for name in modules if name.startswith("pulumi_dataarts")} == OURS
    heavy = {"asyncio", "grpc", "pulumi", "pydantic", "httpx", "yaml", "cryptography", "boto3", "rich", "jinja2"}
    assert not heavy & {name.partition(".")[0] for name in modules}
