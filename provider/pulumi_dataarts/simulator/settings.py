"""What may be set about one embedded cloud: in code, or in its folder. Durations are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pulumi_dataarts.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "settings.json"


@dataclass(frozen=True)
class Settings:
    """Accounts, fixtures, sizes and durations of one embedded cloud.

    Attributes:
        access_key: the one access key that is known, also the user's name for IAM.
        secret_key: its secret, also the user's password for IAM.
        project_id: the one project; its name is the same.
        projects: ids of further projects, each with DLI and DataArts Factory of its own, that the same access key may
            call; tokens, clusters and buckets know the one project alone.
        clusters: id to name of the CDM clusters that are always there.
        workspaces: names of the DataArts Factory workspaces; a workspace's id is its name.
        queues: names of the DLI queues.
        boot_s: how long a CDM run is BOOTING, a Flink job is being submitted, a cluster starts or stops.
        run_s: how long a CDM run or a job instance is RUNNING after that, and a Flink job that is to fail.
        flink_s: how long a Flink job runs before it finishes; without end where nothing is said.
        task_s: how long an import task is RUNNING.
        token_s: life of an IAM token.
        skew_s: how far a signature's date may be from this machine's.
        rows: how many rows a CDM run moves from a table that is not here.
        table_rows: the same for single tables, by `schema.table`.
        row_bytes: size of such a row.
        bytes_per_s: speed of a CDM run; what it moves, at this speed, is added to `run_s`.
        decode_inputs: percent-decode CDM input values on write. The pages do not say; Sqoop does
            (inferred).
        stopped_status: status of a CDM run that was stopped; undocumented (CDM API "Querying Job Status").
        review: where the DataArts Factory review function is on: everywhere, nowhere, or in the workspaces
            named (imports there need a status and approvers).
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    access_key: str = "embedded"
    secret_key: str = "embedded"  # noqa: S105  the embedded cloud's credentials are public
    project_id: str = "embedded"
    projects: tuple[str, ...] = ()
    clusters: Mapping[str, str] = field(default_factory=lambda: {"embedded": "cdm-embedded"})
    workspaces: tuple[str, ...] = ("default", "dev", "staging", "prod")
    queues: tuple[str, ...] = ("default",)
    boot_s: float = 0.1
    run_s: float = 0.3
    flink_s: float | None = None
    task_s: float = 0.2
    token_s: float = 24 * 3600
    skew_s: float = 15 * 60
    rows: int = 100
    table_rows: Mapping[str, int] = field(default_factory=dict)
    row_bytes: int = 64
    bytes_per_s: float = 100e6
    decode_inputs: bool = False
    stopped_status: Literal["FAILED", "STOPPED"] = "FAILED"
    review: bool | tuple[str, ...] = False


def load(data: Path) -> Settings:
    """Return the settings of the cloud that lives in the folder `data`; the defaults where it says nothing.

    Raises:
        ConfigError: `settings.json` is not JSON, has an unknown key, or a value of the wrong type.
    """
    try:
        text = (data / FILE).read_bytes()
    except FileNotFoundError:
        return Settings()
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Settings).validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ConfigError(
            f"{data / FILE} is not the settings of an embedded cloud: {wrong}",
            hint="docs/reference/embedded-cloud.md lists the settings.",
        ) from error
