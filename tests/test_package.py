"""The package as others get it: the wheel alone, in an environment of its own, with a project of theirs."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.samples import declare, sample

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
CLOUD_ONLY = {"uvicorn", "httptools", "moto", "croniter"}
PROGRAM = """
bucket = obs.Bucket("landing", bucket="package-landing", force_destroy=True)
dlf.Script("totals", name="totals", type="DLISQL", content="select 1")
pulumi.export("typed", [cdm.Job.__name__, dli.pack.__name__])
"""


def ran(*command: str | Path, cwd: Path, code: int = 0, **environment: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=environment or None, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    ran(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, what it requires, and nothing of what only the embedded cloud needs."""
    folder = tmp_path_factory.mktemp("alone")
    ran(sys.executable, "-m", "venv", folder, cwd=folder)
    python = folder / "bin" / "python"
    site = Path(ran(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # The libraries of this environment, without its editable install of the package: a path in a .pth file is no more.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (site / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({sorted(CLOUD_ONLY)}))\n")
    ran(python, "-m", "pip", "install", "-q", "--no-deps", "--ignore-installed", wheel, cwd=folder)
    return folder


def test_the_wheel_is_typed_and_brings_its_templates(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "pulumi_dataarts/py.typed" in names
    assert "pulumi_dataarts/cli/templates/new/lake/__main__.py.j2" in names
    assert "pulumi_dataarts/cli/templates/ci/gitlab/.gitlab-ci.yml" in names
    assert not [name for name in names if name.startswith(("tests", "docs", "stacks"))]


def test_without_an_extra_nothing_of_the_embedded_cloud_is_required(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    told = message_from_bytes(archive.read(next(name for name in archive.namelist() if name.endswith("/METADATA"))))
    plain = [line for line in told.get_all("Requires-Dist") or [] if "extra ==" not in line]
    assert not [line for line in plain if any(name in line.lower() for name in CLOUD_ONLY)]


def test_somebodys_own_project_runs_with_the_wheel_alone(alone: Path, tmp_path: Path, cloud: RunningCloud) -> None:
    cloud.reset()
    folder = sample(tmp_path, cloud)
    declare(folder, PROGRAM)
    environment = {"PATH": f"{alone}/bin:/usr/bin:/bin", "HOME": str(tmp_path), **folder.environment}
    where = ran(
        alone / "bin" / "python", "-c", "import pulumi_dataarts as p; print(p.__file__)", cwd=tmp_path, **environment
    )
    assert str(alone) in where
    ran("dataarts", "up", "--yes", cwd=tmp_path, **environment)
    ran("dataarts", "preview", "--expect-no-changes", cwd=tmp_path, **environment)
    ran("dataarts", "destroy", "--yes", cwd=tmp_path, **environment)
    told = ran("dataarts", "cloud", "start", cwd=tmp_path, code=2, **environment)
    assert "pip install 'pulumi-dataarts[cloud]'" in told
