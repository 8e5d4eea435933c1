"""The fixture that other suites get: loaded by itself, light until it is used, and as its page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "embedded-cloud.md"
HEAVY = {"pulumi", "moto", "boto3", "uvicorn", "httptools", "httpx", "pydantic", "werkzeug"}


def run(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder with this one test file, without any setting of ours."""
    (folder / "test_example.py").write_text(code)
    (folder / "pytest.ini").write_text("[pytest]\n")
    plugins = ("cacheprovider", "schemathesis", "anyio", "hypothesispytest", "xdist", "timeout")
    without = [word for name in plugins for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-q", *without, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)


def test_the_example_of_the_page_passes(tmp_path: Path) -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert "dataarts_cloud" in example
    done = run(tmp_path, example)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_suite_that_does_not_use_it_imports_nothing_heavy(tmp_path: Path) -> None:
    code = f"import sys\n\ndef test_light():\n    assert not {HEAVY!r} & sys.modules.keys()\n"
    done = run(tmp_path, code)
    assert done.returncode == 0, done.stdout


def test_without_the_extra_only_its_users_fail_and_are_told_why(tmp_path: Path) -> None:
    code = """
import importlib.util

import pytest
from pulumi_dataarts.simulator import pytest_plugin

@pytest.fixture(scope="session", autouse=True)
def bare():
    pytest_plugin.find_spec = lambda name: None if name == "moto" else importlib.util.find_spec(name)

def test_other(): pass

def test_user(dataarts_cloud): pass
"""
    done = run(tmp_path, code)
    assert "1 passed, 1 error" in done.stdout
    assert "moto missing: pip install 'pulumi-dataarts[cloud]'" in done.stdout


def test_each_test_gets_an_empty_cloud(tmp_path: Path) -> None:
    code = """
import urllib.request

def test_one(dataarts_cloud):
    dataarts_cloud.fault("status")
    assert dataarts_cloud.requests() == []

def test_two(dataarts_cloud):
    urllib.request.urlopen(dataarts_cloud.api + "/_embedded/status")
    assert b'"faults":[]' in urllib.request.urlopen(dataarts_cloud.api + "/_embedded/faults").read()
"""
    assert "2 passed" in run(tmp_path, code).stdout
