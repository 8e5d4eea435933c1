from __future__ import annotations

import json
from hashlib import sha1
from pathlib import Path

import pytest

from pulumi_dataarts.backend.projects import Project
from pulumi_dataarts.backend.workspaces import backend_url, pulumi_home, select_stack, selected_stack
from pulumi_dataarts.errors import ConfigError

URL = "file://../state"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PULUMI_HOME": str(tmp_path / "home")}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project("proj", tmp_path / "Pulumi.yaml")


def settings(environ: dict[str, str], project: Project) -> Path:
    place = sha1(str(project.path).encode()).hexdigest()
    return pulumi_home(environ) / "workspaces" / f"proj-{place}-workspace.json"


def test_the_environment_wins_over_the_project_and_that_over_the_login(environ: dict[str, str], project: Project):
    assert backend_url(environ, project) == ""
    pulumi_home(environ).mkdir()
    (pulumi_home(environ) / "credentials.json").write_text('{"current": "file://~"}')
    assert backend_url(environ, project) == "file://~"
    named = Project("proj", project.path, backend_url="s3://state")
    assert backend_url(environ, named) == "s3://state"
    assert backend_url({**environ, "PULUMI_BACKEND_URL": URL}, named) == URL
    assert backend_url(environ, None) == "file://~"


def test_the_selected_stack_is_kept_where_the_official_cli_keeps_it(environ: dict[str, str], project: Project):
    assert selected_stack(environ, project, URL) == ""
    select_stack(environ, project, URL, "organization/proj/dev")
    select_stack(environ, project, "s3://other", "organization/proj/prod")
    stored = json.loads(settings(environ, project).read_text())
    assert stored == {"stacks": {URL: "organization/proj/dev", "s3://other": "organization/proj/prod"}}
    assert selected_stack(environ, project, URL) == "organization/proj/dev"


def test_a_choice_is_forgotten_and_the_last_takes_the_file_along(environ: dict[str, str], project: Project):
    select_stack(environ, project, URL, "dev")
    select_stack(environ, project, URL, "")
    assert selected_stack(environ, project, URL) == ""
    assert not settings(environ, project).exists()
    select_stack(environ, project, URL, "")


def test_the_older_form_of_the_choice_is_read(environ: dict[str, str], project: Project):
    path = settings(environ, project)
    path.parent.mkdir(parents=True)
    path.write_text('{"stack": "dev"}')
    assert selected_stack(environ, project, URL) == "dev"


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_choice_is_told(environ: dict[str, str], project: Project, text: str):
    path = settings(environ, project)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"workspace\.json"):
        selected_stack(environ, project, URL)
