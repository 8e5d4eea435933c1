"""What comes between what was shown and what is done: refused, and made good by the next command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pulumi_dataarts.backend import runs
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.cli import plans, promote, promoting, release, rollback
from pulumi_dataarts.release.promotion import Line
from pulumi_dataarts.release.records import Promotion, Records
from pulumi_dataarts.release.store import ReleaseStore
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.commands import Folder
from tests.cli.samples import outside, sample, typed

pytestmark = pytest.mark.xdist_group("between")

PROGRAM = """
import pulumi
from pulumi_dataarts import bindings, obs

release = pulumi.Config("dataarts").get("release")
landing = obs.Bucket("landing", bucket=f"{bindings.current().prefix}-landing", tags={"form": "FORM"})
landed = obs.Object("landed", bucket=landing.bucket, key="landed", content="x")
obs.ObjectCheck(
    "check",
    object=landing.bucket.apply("obs://{}/landed".format),
    triggers={"release": release},
    opts=pulumi.ResourceOptions(depends_on=[landed]),
)
"""
STATE = ".state/.pulumi/stacks/sample/staging.json"
PROMOTE = ("promote", "dev", "staging", "--yes", "--allow", "source-release", "--release")
BACK = ("rollback", "staging", "--yes")


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Staging:
    """An environment that has run two releases; the second runs."""

    project: Folder
    cloud: RunningCloud
    first: str
    second: str

    @property
    def records(self) -> Records:
        return Records(LocalBlobs(self.project.path / ".state"), "sample")

    @property
    def text(self) -> str:
        return (self.project.path / "Pulumi.staging.yaml").read_text()

    def form(self) -> str:
        [tag] = outside(self.cloud).get_bucket_tagging(Bucket="staging-landing")["TagSet"]
        return str(tag["Value"])

    def touch_the_state(self) -> None:
        """Somebody works on the stack."""
        typed(self.project, "refresh", "--yes", "--stack", "staging")

    def bring(self, release: str) -> None:
        """Let it run a release, whichever test came before."""
        if f"sha256:{release}" not in self.text:
            typed(self.project, *PROMOTE, release)

    def require(self, release: str, form: str) -> Promotion:
        assert f"sha256:{release}" in self.text
        assert self.form() == form
        latest = json.loads((self.project.path / STATE).read_text())["checkpoint"]["latest"]
        [check] = [item for item in latest["resources"] if item["type"].endswith("obs:ObjectCheck")]
        assert check["inputs"]["triggers"] == {"release": f"sha256:{release}"}
        assert self.records.open_promotion("staging") is None
        current = self.records.current("staging")
        assert current is not None
        assert current.release == release
        return current


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory, cloud: RunningCloud) -> Staging:
    cloud.reset()
    path = tmp_path_factory.mktemp("between")
    project = sample(path, cloud, **{"dataarts:bindings": "dev"})
    text = (path / "Pulumi.dev.yaml").read_text()
    for stack in ("dev", "staging"):
        (path / f"Pulumi.{stack}.yaml").write_text(text.replace('"dev"', f"{{prefix: {stack}}}"))
    (path / "Pulumi.yaml").write_text("name: sample\nruntime: python\nbackend: {url: 'file://.state'}\n")
    made = []
    for form in ("first", "second"):
        (path / "__main__.py").write_text(PROGRAM.replace("FORM", form))
        made.append(json.loads(typed(project, "release", "create", "--stack", "dev", "--json").out)["digest"])
        typed(project, *PROMOTE, made[-1])
    return Staging(project, cloud, *made)


def meanwhile(patch: pytest.MonkeyPatch, where: Any, name: str, act: Callable[[], object]) -> None:
    """Let something happen when it comes to that."""
    before = getattr(where, name)

    def both(*arguments: Any, **more: Any) -> Any:
        act()
        return before(*arguments, **more)

    patch.setattr(where, name, both)


def test_a_rollback_is_refused_where_config_or_state_moved_since_it_was_shown(staging: Staging) -> None:
    staging.bring(staging.second)
    text, path = staging.text, staging.project.path / "Pulumi.staging.yaml"
    before = len(staging.records.promotions("staging"))
    with pytest.MonkeyPatch.context() as patch:
        meanwhile(patch, rollback, "confirm", lambda: path.write_text(f"{text}# edited\n"))
        refused = typed(staging.project, *BACK, code=5)
    assert "staging was promoted, or its config changed, since this was shown; nothing was done" in refused.err
    path.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        meanwhile(patch, rollback, "confirm", staging.touch_the_state)
        refused = typed(staging.project, *BACK, code=5)
    assert "the state of staging has changed since this was shown; nothing was done" in refused.err
    assert len(staging.records.promotions("staging")) == before
    staging.require(staging.second, "second")


def test_a_state_that_changes_before_the_up_is_refused_under_its_lock_and_the_next_command_goes_on(
    staging: Staging,
) -> None:
    staging.bring(staging.second)
    with pytest.MonkeyPatch.context() as patch:
        meanwhile(patch, promoting.StackEnvironment, "up", staging.touch_the_state)
        refused = typed(staging.project, *BACK, code=5)
    assert "the state has changed since the plan was checked; nothing was done" in refused.err
    opened = staging.records.open_promotion("staging")
    assert opened is not None
    assert (opened.kind, opened.stage) == ("rollback", "pinned")
    assert "the state has changed" in opened.error
    assert staging.form() == "second"
    typed(staging.project, *BACK)
    assert staging.require(staging.first, "first").kind == "rollback"


def test_an_up_that_was_killed_does_not_refuse_the_command_that_continues_it(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise Killed

    staging.bring(staging.first)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(runs.Run, "_become", die)
        typed(staging.project, *PROMOTE, staging.second)
    opened = staging.records.open_promotion("staging")
    assert opened is not None
    assert opened.stage == "pinned"
    assert list((staging.project.path / ".state").rglob("*journal*"))
    said = typed(staging.project, *PROMOTE, staging.second)
    assert "continued the unfinished run before" in said.err
    staging.require(staging.second, "second")


@pytest.mark.slow
def test_no_release_goes_that_somebody_came_to_need_while_it_was_asked_for(staging: Staging) -> None:
    made, text = list[str](), staging.text
    for day, form in ((7, "wanted"), (8, "doomed"), (9, "newest")):
        (staging.project.path / "__main__.py").write_text(PROGRAM.replace("FORM", form))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plans, "made_now", lambda day=day: f"2099-01-0{day}T00:00:00Z")
            told = typed(staging.project, "release", "create", "--stack", "dev", "--json").out
        made.append(json.loads(told)["digest"])
    wanted, _, newest = made
    prune = ("release", "prune", "--keep", "1", "--yes")
    with pytest.MonkeyPatch.context() as patch:
        approve = ("release", "approve", wanted, "--env", "staging", "--as", "ana")
        meanwhile(patch, release, "confirm", lambda: typed(staging.project, *approve))
        said = typed(staging.project, *prune).out
    assert "removed 1 release(s)" in said
    assert f"stays: {wanted[:12]}" in said
    store = ReleaseStore(LocalBlobs(staging.project.path / ".state"), "sample")
    assert {*store.digests()} == {staging.first, staging.second, wanted, newest}

    def gone() -> None:
        store.remove(wanted)

    with pytest.MonkeyPatch.context() as patch:
        meanwhile(patch, promote, "confirm", gone)
        refused = typed(staging.project, *PROMOTE, wanted, code=2)
    assert "there is no release" in refused.err
    assert staging.text == text
    line = Line(staging.records)
    with line.held("staging"):
        (staging.project.path / "__main__.py").write_text(PROGRAM.replace("FORM", "another"))
        typed(staging.project, "release", "create", "--stack", "dev")
        assert "somebody promotes into staging" in typed(staging.project, *prune, code=1).err
    assert store.has(newest)


def test_what_was_prepared_is_carried_out_by_an_up_with_its_plan(staging: Staging) -> None:
    staging.bring(staging.second)
    prepared = typed(staging.project, *PROMOTE, staging.first, "--prepare", "--save-plan", "plan.json").out
    assert "next: dataarts up --stack staging --plan plan.json" in prepared
    opened = staging.records.open_promotion("staging")
    assert opened is not None
    assert (opened.stage, opened.release) == ("pinned", staging.first)
    assert f"sha256:{staging.first}" in staging.text
    assert staging.form() == "second"
    said = typed(staging.project, "up", "--stack", "staging", "--plan", "plan.json", "--yes").out
    done = staging.require(staging.first, "first")
    assert (done.number, done.result) == (opened.number, "succeeded")
    assert done.plan == json.loads((staging.project.path / "plan.json").read_text())["digest"]
    assert f"staging runs release {staging.first[:12]} (promotion {done.number})" in said
    refused = typed(staging.project, "up", "--stack", "staging", "--plan", "plan.json", "--yes", code=5)
    assert "does not hold any more" in refused.err
