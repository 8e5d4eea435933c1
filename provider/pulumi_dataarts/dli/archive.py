"""Archives of Flink jobs: read, checked, built, and kept as a source directory that people can edit.

DLI does not document what is inside the archives that it exports, and no public sample is known. The format here is
INVENTED, and is what the embedded cloud speaks:

    manifest.json        {"format": "dli-flink-jobs", "version": 1}
    jobs/<name>.json     the body that creates the job (`wire.JobBody`), and its `job_id` where it was exported;
                         `<name>` percent-encoded

In a source directory the SQL of `jobs/<name>.json` may lie beside it as `jobs/<name>.sql`, and `name` may be left out.
An archive without the manifest is of another format, DLI's own for one. It can be imported all the same, but only as a
whole: what is in it is known after the import, from the service.

Source: DLI API "Importing a Flink Job", "Exporting a Flink Job"; "Creating a SQL Job" and "Creating a Flink Jar Job"
for the bodies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from pydantic import JsonValue, ValidationError

from pulumi_dataarts.dli.wire import JobBody, comparable
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.archives import canonical_zip, read_zip
from pulumi_dataarts.lifecycle.builds import keep
from pulumi_dataarts.model.bindings import Bindings

_MANIFEST = {"format": "dli-flink-jobs", "version": 1}


@dataclass(frozen=True)
class Archive:
    """The jobs of an archive.

    Attributes:
        jobs: body by job name; empty where the format is not known here.
        digest: sha256 (hex) of what is of another format; empty where there is no such thing.
        mistakes: what is wrong with it, each beginning with the file it is in.
    """

    jobs: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    digest: str = ""
    mistakes: tuple[str, ...] = ()

    def settings(self) -> dict[str, dict[str, JsonValue]]:
        """Return each job's declared settings in the form in which they are compared, by job name."""
        return {name: comparable(body) for name, body in sorted(self.jobs.items())}


def load(path: str | Path) -> Archive:
    """Read a zip, a directory of zips (as OBS folders are imported), or a source directory.

    Raises:
        ConfigError: there is no such path, nothing to import in it, or a zip that cannot be trusted.
    """
    place = Path(path)
    try:
        if (place / "jobs").is_dir():
            return _checked(_source_entries(place))
        zips = [place] if place.is_file() else sorted(place.glob("*.zip"))
        contents = [zip_path.read_bytes() for zip_path in zips]
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    if not contents:
        raise ConfigError(f"there is no archive at {path}", hint="Name a zip, or a directory with `jobs/` in it.")
    try:
        return read(contents[0]) if len(contents) == 1 else _merged(contents)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.message}", hint=error.hint) from error


def read(data: bytes) -> Archive:
    """Read a zip. Raises ConfigError where it cannot be trusted, or was written by a newer version."""
    entries = read_zip(data)
    if not _is_ours(entries):
        return Archive(digest=hashlib.sha256(data).hexdigest())
    return _checked((name, entries[name], b"") for name in sorted(entries) if _is_job(name))


def build(jobs: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the zip of these jobs; equal jobs give equal bytes.

    A job that was never exported is given the number of its place as `job_id`, since the import tells its results by
    that id.
    """
    entries = {"manifest.json": _json(_MANIFEST)}
    for place, name in enumerate(sorted(jobs), start=1):
        entries[f"jobs/{quote(name, safe='')}.json"] = _json({"job_id": place, **jobs[name]})
    return canonical_zip(entries)


def pack(source: str | Path) -> str:
    """Build the archive of a source directory and return its path, for `obs.Object(source=…)`.

    The zip is written to `.build/<sha256>.zip` beside the nearest `Pulumi.yaml`, so that the same jobs have the same
    path; the path is relative to the working directory, so that no machine's own paths come into the state. Queues and
    sizes are those that the stack's `dataarts:bindings` say.

    Raises:
        ConfigError: the directory cannot be used; every mistake is named.
    """
    archive = load(source)
    if archive.mistakes or not archive.jobs:
        problems = "\n".join(f"  {mistake}" for mistake in archive.mistakes)
        raise ConfigError(f"{source} cannot be packed:\n{problems or '  there is no jobs/<name>.json in it'}")
    from pulumi_dataarts.bindings import current

    return keep(build(bound(archive.jobs, current())))


def bound(jobs: Mapping[str, Mapping[str, Any]], here: Bindings) -> dict[str, dict[str, Any]]:
    """Return the jobs with the queues and sizes of an environment."""
    return {
        name: {
            **body,
            **({"queue_name": here.name_of("queues", body["queue_name"])} if body.get("queue_name") else {}),
            **{str(size): number for size, number in here.workers.get(name, {}).items()},
        }
        for name, body in jobs.items()
    }


def _is_ours(entries: Mapping[str, bytes]) -> bool:
    if "manifest.json" not in entries:
        return False
    try:
        manifest = json.loads(entries["manifest.json"])
    except (ValueError, RecursionError):
        return False
    if not isinstance(manifest, dict) or manifest.get("format") != _MANIFEST["format"]:
        return False
    if manifest.get("version") != _MANIFEST["version"]:
        raise ConfigError(
            f"the archive is of version {manifest.get('version')} of {manifest['format']}; known is version 1",
            hint="Update pulumi-dataarts, or build the archive anew.",
        )
    return True


def _is_job(name: str) -> bool:
    return name.startswith("jobs/") and name.endswith(".json") and name.count("/") == 1


def _source_entries(place: Path) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield (file, JSON, SQL beside it) of each job; SQL without JSON comes with an empty JSON."""
    files = {path.name: path for path in (place / "jobs").iterdir() if path.is_file()}
    endings = (".json", ".sql")
    for stem in sorted({name.removesuffix(end) for name in files for end in endings if name.endswith(end)}):
        text, sql = (files[stem + end].read_bytes() if stem + end in files else b"" for end in endings)
        yield f"jobs/{stem}.json", text, sql


def _checked(entries: Iterable[tuple[str, bytes, bytes]]) -> Archive:
    jobs: dict[str, dict[str, Any]] = {}
    mistakes: list[str] = []
    for file, text, sql in entries:
        body, wrong = _body(file, text, sql)
        if not wrong and body["name"] in jobs:
            wrong = [f"{file}: another entry has the job name {body['name']!r} too"]
        if not wrong:
            jobs[body["name"]] = body
        mistakes += wrong
    return Archive(jobs, mistakes=tuple(mistakes))


def _body(file: str, text: bytes, sql: bytes) -> tuple[dict[str, Any], list[str]]:
    try:
        body = json.loads(text)
        statement = sql.decode("utf-8-sig").replace("\r\n", "\n")
    except (ValueError, RecursionError) as error:
        return {}, [f"{file}: not readable as UTF-8 JSON, with its SQL: {error}"]
    if not isinstance(body, dict):
        return {}, [f"{file}: not a JSON object"]
    body.setdefault("name", unquote(file.removeprefix("jobs/").removesuffix(".json")))
    if statement and body.get("sql_body"):
        return body, [f"{file}: the SQL is in `sql_body` and in the .sql file beside it; keep one"]
    if statement:
        body["sql_body"] = statement
    try:
        return _typed(body), []
    except ValidationError as error:
        return body, [f"{file}: {mistake}" for mistake in _mistakes(error)]


def _typed(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with numbers and booleans that were written as text as what they are: DLI takes no others."""
    read = JobBody.model_validate(body)
    return {
        name: getattr(read, name) if isinstance(value, str) and isinstance(getattr(read, name), int) else value
        for name, value in body.items()
    }


def _mistakes(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in detail["loc"])
        reason = detail["msg"].removeprefix("Value error, ")
        yield f"{where}: {reason}" if where else reason


def _merged(contents: list[bytes]) -> Archive:
    archives = [read(content) for content in contents]
    mistakes = [mistake for archive in archives for mistake in archive.mistakes]
    if any(archive.digest for archive in archives):
        digests = b"".join(hashlib.sha256(content).digest() for content in contents)
        return Archive(digest=hashlib.sha256(digests).hexdigest(), mistakes=tuple(mistakes))
    jobs: dict[str, dict[str, Any]] = {}
    for archive in archives:
        mistakes += [f"{name}: is in two of the zips, which DLI refuses" for name in archive.jobs if name in jobs]
        jobs |= archive.jobs
    return Archive(jobs, mistakes=tuple(mistakes))


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
