"""The workflows that `dataarts ci` writes: well formed, and their commands do on the embedded cloud what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml
from check_jsonschema import main as check_schema
from click.testing import CliRunner

from pulumi_dataarts.cli.ci import files
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.commands import Folder
from tests.cli.samples import declare, resources, sample, typed

PROGRAM = 'bucket = obs.Bucket("raw", bucket="sample-raw")\n'
SCHEMAS = {
    "github": ["--builtin-schema", "vendor.github-workflows"],
    "gitlab": ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
}
ARTEFACTS = ("plan.json", "plan.html", "plan.xml")
# What the workflows ask of GitHub: comments are files here, artefacts a folder.
GH = """#!/usr/bin/env bash
set -eu
echo "$@" >> "$STORE/calls"
case "$*" in
  *--paginate*) [ ! -f "$STORE/comment" ] || echo 11 ;;
  *body=@plan.md*) cp plan.md "$STORE/comment" ;;
  *pulls*) echo abc123 ;;
  "run list"*) echo 7 ;;
  "run download"*) cp "$STORE/plan.json" . ;;
esac
"""


class Runner:
    """A CI service: runs the commands of a job as a shell there would, and stops at the first that fails."""

    def __init__(self, folder: Folder, store: Path) -> None:
        self.folder = folder
        self.store = store
        tools = store / "bin"
        tools.mkdir(parents=True)
        (tools / "gh").write_text(GH)
        (tools / "gh").chmod(0o755)
        ours = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        self.environment = {
            **ours,
            **folder.environment,
            "PATH": os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "CI": "true",
            "STORE": str(store),
            "STACK": "dev",
            "GITHUB_REPOSITORY": "us/lake",
            "GITHUB_SHA": "def456",
            "GITHUB_STEP_SUMMARY": str(store / "summary.md"),
            "GITHUB_ENV": str(store / "environment"),
            "RUNNER_TEMP": str(store),
            "NUMBER": "5",
        }

    def run(self, script: str, code: int = 0, cwd: Path | None = None, **environment: str) -> str:
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=cwd or self.folder.path,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, f"{script}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def calls(self) -> str:
        return (self.store / "calls").read_text()


@pytest.fixture
def runner(tmp_path: Path, cloud: RunningCloud) -> Runner:
    cloud.reset()
    path = tmp_path / "project"
    path.mkdir()
    folder = sample(path, cloud)
    declare(folder, PROGRAM)
    return Runner(folder, tmp_path / "store")


def jobs(service: str, name: str) -> dict[str, Any]:
    return dict(yaml.safe_load(files(service, ("dev", "prod"))[name]))


def steps(name: str) -> dict[str, str]:
    """Return the commands of a GitHub workflow's first job by step."""
    job = next(iter(jobs("github", name)["jobs"].values()))
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


def test_a_pull_request_gets_one_comment_and_the_merge_does_what_was_reviewed(runner: Runner) -> None:
    preview, up, drift = (steps(f"dataarts-{name}.yml") for name in ("preview", "up", "drift"))
    runner.run(preview["preview"])
    runner.run(preview["summary"])
    runner.run(preview["comment"])
    runner.run(preview["comment"])
    assert "raw" in (runner.store / "comment").read_text()
    assert (runner.store / "summary.md").read_text() == (runner.store / "comment").read_text()
    assert runner.calls().count("-X PATCH repos/us/lake/issues/comments/11") == 1
    assert runner.calls().count("repos/us/lake/issues/5/comments -F") == 1
    assert all((runner.folder.path / name).exists() for name in ARTEFACTS)
    shutil.move(runner.folder.path / "plan.json", runner.store / "plan.json")
    runner.run(up["the reviewed plan"])
    runner.run(up["up"])
    assert set(resources(runner.folder)) == {"raw"}
    runner.run(up["up"], code=5)
    runner.run(drift["drift"])
    assert not (runner.folder.path / "drift.patch").exists()


class Issuer(BaseHTTPRequestHandler):
    """Who gives a job its identity token."""

    def do_GET(self) -> None:
        is_asked = self.headers["Authorization"] == "bearer t" and self.path.endswith("&audience=huaweicloud")
        self.send_response(200 if is_asked else 403)
        self.end_headers()
        self.wfile.write(b'{"value": "canary-JWT"}')

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_job_shows_its_identity_and_gets_the_keys_for_its_state(runner: Runner) -> None:
    for name in ("preview", "up", "drift", "promote"):
        assert steps(f"dataarts-{name}.yml")["identity"] == steps("dataarts-up.yml")["identity"]
    with HTTPServer(("127.0.0.1", 0), Issuer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/?api-version=2"
        given = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t", "ACTIONS_ID_TOKEN_REQUEST_URL": url, "HW_IDP_ID": "github"}
        said = runner.run(steps("dataarts-up.yml")["identity"], **given)
        server.shutdown()
    assert "canary" not in said
    assert (runner.store / "identity").read_text().strip() == "canary-JWT"
    assert (runner.store / "identity").stat().st_mode & 0o077 == 0
    assert "::add-mask::embedded" in runner.run(steps("dataarts-up.yml")["keys for the state"])
    assert (runner.store / "environment").read_text().splitlines() == [
        "HUAWEICLOUD_SDK_IDP_ID=github",
        f"HUAWEICLOUD_SDK_ID_TOKEN_FILE={runner.store}/identity",
        "AWS_ACCESS_KEY_ID=embedded",
        "AWS_SECRET_ACCESS_KEY=embedded",
    ]
    exported = 'eval "$(dataarts credentials --stack "$STACK" --format shell)"; echo "$AWS_ACCESS_KEY_ID"'
    assert exported.partition(";")[0] in jobs("gitlab", ".gitlab-ci.yml")["default"]["before_script"]
    assert runner.run(exported) == "embedded\n"


BOUND = """
from pulumi_dataarts import bindings
obs.Bucket("raw", bucket=f"{bindings.current().prefix}-raw", force_destroy=True)
"""


def git(folder: Folder, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, cwd=folder.path, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def released(runner: Runner) -> Folder:
    """Return a clone of a project, with its remote: `dev` runs a release, and `prod` nothing yet."""
    folder = runner.folder
    folder.environment["PULUMI_BACKEND_URL"] = runner.environment["PULUMI_BACKEND_URL"] = f"file://{runner.store}"
    (folder.path / "Pulumi.yaml").write_text("name: sample\nruntime: python\nmain: program\n")
    (folder.path / "program").mkdir()
    (folder.path / "program/__main__.py").write_text((folder.path / "__main__.py").read_text().replace(PROGRAM, BOUND))
    text = (folder.path / "Pulumi.dev.yaml").read_text()
    for stack in ("dev", "prod"):
        bound = f"  dataarts:bindings: {json.dumps({'prefix': f'ci-{stack}'})}\n"
        (folder.path / f"Pulumi.{stack}.yaml").write_text(text + bound)
    for command in (
        ["release", "create", "-m", "x"],
        ["release", "pin", "dev", "latest"],
        ["up", "--yes", "-s", "dev"],
    ):
        folder.dataarts(*command)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "init", "-q", "--bare", "-b", "main", str(runner.store / "remote"))
    git(folder, "add", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "program")
    git(folder, "commit", "-qm", "one")
    git(folder, "remote", "add", "origin", str(runner.store / "remote"))
    git(folder, "push", "-q", "-u", "origin", "main")
    return folder


def assert_promoted(folder: Folder) -> None:
    """Check that the remote names the release of `prod`, and that `prod` runs it."""
    assert "Promote dev to prod" in git(folder, "log", "origin/main", "-1", "--format=%s")
    assert "dataarts:release" in git(folder, "show", "origin/main:Pulumi.prod.yaml")
    assert "no changes" in folder.dataarts("preview", "--refresh", "--stack", "prod").out


@pytest.mark.slow
def test_a_release_is_promoted_with_the_plan_that_was_approved(runner: Runner, released: Folder) -> None:
    prepare, up = (
        {step["name"]: step["run"] for step in job["steps"] if "run" in step}
        for job in jobs("github", "dataarts-promote.yml")["jobs"].values()
    )
    where = {"SOURCE": "dev", "STACK": "prod"}
    runner.run(prepare["prepare"], **where)
    runner.run(prepare["the line"], **where)
    assert "ci-prod-raw" in (released.path / "plan.md").read_text()
    git(released, "checkout", "-q", "Pulumi.prod.yaml")
    runner.run(up["up"], **where)
    runner.run(up["commit"], **where)
    assert_promoted(released)


def commit_step(service: str) -> str:
    """Return the commands that commit and push the line of a promotion."""
    if service == "github":
        steps = jobs("github", "dataarts-promote.yml")["jobs"]["up"]["steps"]
        return next(str(step["run"]) for step in steps if step.get("name") == "commit")
    return str(jobs("gitlab", ".gitlab-ci.yml")["promote"]["script"][-1])


LINE = "config:\n  dataarts:release: sha256:{}\n"
PROMOTED = "Pulumi.prod.yaml"
PUSH = """#!/usr/bin/env bash
# Somebody pushes first, between the job's pull and its push, once.
unset $(git rev-parse --local-env-vars)
[ -f "$STORE/raced" ] && exit 0
touch "$STORE/raced" && cd "$STORE/other" && git pull -q && git commit -q --allow-empty -m race && git push -q
"""


@pytest.fixture
def promoted(runner: Runner) -> Path:
    """Return a shallow clone, as CI makes it, in which a promotion is to be committed; another clone is beside it."""
    remote, clone, other = (runner.store / part for part in ("remote", "clone", "other"))
    remote.mkdir()
    commands = f"""
        git init -q --bare -b main {remote}
        git clone -q {remote} {other}
        cd {other} && git config user.name b && git config user.email b@example.com && git checkout -q -b main
        printf '{LINE.format("old")}' > {PROMOTED} && git add . && git commit -q -m one && git push -q -u origin main
        git clone -q --depth 1 file://{remote} {clone}
    """
    subprocess.run(["bash", "-ec", commands], check=True, capture_output=True)
    (clone / PROMOTED).write_text(LINE.format("new"))
    runner.environment |= {"SOURCE": "dev", "STACK": "prod", "CI_COMMIT_BRANCH": "main", "GIT_CONFIG_COUNT": "1"}
    runner.environment |= {"GITLAB_USER_NAME": "a", "GITLAB_USER_EMAIL": "a@example.com", "CI_PROJECT_PATH": "us/lake"}
    runner.environment |= {"GITLAB_TOKEN": "t", "CI_SERVER_HOST": "gitlab.invalid"}
    runner.environment |= {"GIT_CONFIG_KEY_0": f"url.file://{remote}.insteadOf"}
    runner.environment |= {"GIT_CONFIG_VALUE_0": "https://oauth2:t@gitlab.invalid/us/lake.git"}
    return clone


def moved(runner: Runner, name: str, text: str) -> None:
    """Somebody pushes a change to main while the job waits for its approval."""
    other = runner.store / "other"
    (other / name).write_text(text)
    runner.run("git add . && git commit -q -m moved && git push -q", cwd=other)


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_the_line_is_pushed_though_main_moved_while_it_waited_and_again_while_it_pushed(
    runner: Runner, promoted: Path, service: str
) -> None:
    if service == "gitlab":
        subprocess.run(["git", "checkout", "-q", "--detach"], cwd=promoted, check=True)
    moved(runner, "README.md", "another change\n")
    hook = promoted / ".git/hooks/pre-push"
    hook.write_text(PUSH)
    hook.chmod(0o755)
    runner.run(commit_step(service), cwd=promoted)
    log = runner.run("git pull -q && git log --format=%s", cwd=runner.store / "other")
    assert log.splitlines() == ["Promote dev to prod", "race", "moved", "one"]
    assert (runner.store / "other" / PROMOTED).read_text() == LINE.format("new")
    assert (runner.store / "other/README.md").exists()


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_where_another_release_was_written_into_the_line_nothing_is_pushed_over_it(
    runner: Runner, promoted: Path, service: str
) -> None:
    moved(runner, PROMOTED, LINE.format("other"))
    runner.run(commit_step(service), code=1, cwd=promoted)
    shown = runner.run(f"git fetch -q && git show origin/main:{PROMOTED}", cwd=runner.store / "other")
    assert shown == LINE.format("other")


def run_on_gitlab(runner: Runner, name: str, given: Path | None = None) -> Path:
    """Run a job as GitLab does: on a clone without a branch, with nothing of an earlier job but its artefacts.

    Returns the folder of the artefacts.
    """
    pipeline = jobs("gitlab", ".gitlab-ci.yml")
    job = pipeline[name]
    remote, clone, artefacts = (runner.store / part for part in ("remote", f"{name} clone", f"{name} artefacts"))
    subprocess.run(["git", "clone", "-q", remote, clone], check=True)
    subprocess.run(["git", "checkout", "-q", "--detach"], cwd=clone, check=True)
    if given:
        shutil.copytree(given, clone, dirs_exist_ok=True)
    where = {"SOURCE": "dev", "TARGET": "prod", "CI_COMMIT_BRANCH": "main"}
    where |= {"GITLAB_TOKEN": "t", "CI_SERVER_HOST": "gitlab.invalid", "CI_PROJECT_PATH": "us/lake"}
    where |= {"GITLAB_USER_NAME": "a", "GITLAB_USER_EMAIL": "a@example.com"}
    where |= {key: Template(value).substitute(where) for key, value in job["variables"].items()}
    # The address that the job pushes to leads to the remote.
    where |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{remote}.insteadOf"}
    where |= {"GIT_CONFIG_VALUE_0": "https://oauth2:t@gitlab.invalid/us/lake.git"}
    install, *before = pipeline["default"]["before_script"]
    assert "pip install" in install
    runner.run("\n".join([*before, *job["script"]]), cwd=clone, **where)
    artefacts.mkdir()
    for path in job["artifacts"]["paths"]:
        shutil.copy(clone / path, artefacts)
    return artefacts


@pytest.mark.slow
def test_on_gitlab_too_a_release_is_promoted_with_the_plan_that_was_approved(runner: Runner, released: Folder) -> None:
    prepared = run_on_gitlab(runner, "prepare promotion")
    for page in ("plan.html", "plan.md"):
        assert "ci-prod-raw" in (prepared / page).read_text()
    done = run_on_gitlab(runner, "promote", prepared)
    assert "ci-prod-raw" in (done / "done.html").read_text()
    git(released, "pull", "-q")
    assert_promoted(released)


class Notes(BaseHTTPRequestHandler):
    """GitLab's notes on a merge request."""

    kept: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        self._answer(self.kept)

    def do_POST(self) -> None:
        self.kept.append({"id": 21, **self._body()})
        self._answer({})

    def do_PUT(self) -> None:
        assert self.path.endswith("/notes/21")
        self.kept[0] |= self._body()
        self._answer({})

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _body(self) -> dict[str, Any]:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, document: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())


@pytest.fixture
def gitlab() -> Iterator[str]:
    Notes.kept = []
    with HTTPServer(("127.0.0.1", 0), Notes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_on_gitlab_a_plan_is_noted_approved_and_carried_out(runner: Runner, gitlab: str) -> None:
    pipeline = jobs("gitlab", ".gitlab-ci.yml")
    (preview,), (up,) = pipeline["preview"]["script"], pipeline["up"]["script"]
    (note,) = pipeline["preview"]["after_script"]
    where = {"CI_API_V4_URL": gitlab, "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "2", "GITLAB_TOKEN": "t"}
    runner.run(preview)
    runner.run(note, **{**where, "GITLAB_TOKEN": ""})
    assert Notes.kept == []
    runner.run(note, **where)
    runner.run(note, **where)
    assert len(Notes.kept) == 1
    assert "raw" in Notes.kept[0]["body"]
    runner.run(up)
    assert set(resources(runner.folder)) == {"raw"}


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_workflows_are_well_formed(service: str) -> None:
    for text in files(service, ("dev", "prod")).values():
        document = yaml.safe_load(text)
        assert "__STACKS__" not in text
        assert "[dev, prod]" in text
        # What others write (titles, branches) never gets into a shell's text.
        assert not re.findall(r"run:[^\n]*\$\{\{", text)
        for job in document.get("jobs", {}).values():
            assert {"runs-on", "steps", "timeout-minutes"} <= job.keys()
            assert all("${{" not in step.get("run", "") for step in job["steps"])
            assert all(("run" in step) != ("uses" in step) for step in job["steps"])


@pytest.mark.parametrize("service", SCHEMAS)
def test_workflows_are_as_their_service_s_schema_says(service: str, tmp_path: Path) -> None:
    written = []
    for name, text in files(service, ("dev", "staging", "prod")).items():
        written.append(str(tmp_path / name))
        (tmp_path / name).write_text(text)
    done = CliRunner().invoke(check_schema, [*SCHEMAS[service], *written])
    assert done.exit_code == 0, done.output
    # The check bites: a key that the service does not know is refused.
    broken = re.sub(r"^(\s+)(runs-on|stage):", r"\1\2x:", Path(written[0]).read_text(), flags=re.MULTILINE)
    Path(written[0]).write_text(broken)
    assert CliRunner().invoke(check_schema, [*SCHEMAS[service], written[0]]).exit_code == 1


def test_a_project_with_one_stack_has_nowhere_to_promote_to() -> None:
    assert "dataarts-promote.yml" in files("github", ("dev", "prod"))
    assert "dataarts-promote.yml" not in files("github", ("dev",))


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_actionlint_has_nothing_to_say(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in files("github", ("dev", "prod")).items():
        (folder / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    done = subprocess.run(["actionlint"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_files_of_ones_own_are_not_overwritten(runner: Runner) -> None:
    folder = runner.folder
    typed(folder, "ci", "github")
    path = folder.path / ".github/workflows/dataarts-up.yml"
    assert "[dev]" in path.read_text()
    typed(folder, "ci", "github")
    path.write_text("mine")
    assert "is there already" in typed(folder, "ci", "github", code=2).err
    assert path.read_text() == "mine"
    typed(folder, "ci", "github", "--force", "--stack", "dev", "--stack", "prod")
    assert "[dev, prod]" in path.read_text()
    assert "cannot be" in typed(folder, "ci", "gitlab", "--stack", "$(rm)", code=2).err
