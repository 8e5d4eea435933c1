"""Requests to OBS and its answers, in S3's words. Light: what holds the buckets is in `moto_s3`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

VIRTUAL_HOST: Final = ".localhost"
_CODE: Final = re.compile(rb"<Code>(\w+)</Code>")


@dataclass(frozen=True)
class S3Request:
    """One request in path style. `target` is the path and the query, percent-encoded as sent."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @cached_property
    def raw_path(self) -> str:
        """The path as sent."""
        return self.target.partition("?")[0]

    @cached_property
    def bucket(self) -> str:
        """The bucket's name, or empty."""
        return unquote(self.raw_path[1:].partition("/")[0])

    @cached_property
    def key(self) -> str:
        """The object's key, or empty."""
        return unquote(self.raw_path[1:].partition("/")[2])

    @cached_property
    def in_path_style(self) -> S3Request:
        """The same request with its bucket in the path, where it is in the host."""
        host = next((value for name, value in self.headers.items() if name.lower() == "host"), "").partition(":")[0]
        if not host.endswith(VIRTUAL_HOST):
            return self
        return replace(self, target=f"/{host.removesuffix(VIRTUAL_HOST)}{self.target}")

    @property
    def creates_bucket(self) -> bool:
        """Whether this creates a bucket, rather than writes an object or sets a property."""
        return self.method == "PUT" and not self.key and "?" not in self.target


@dataclass(frozen=True)
class S3Answer:
    """One answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def code(self) -> str:
        """The code of an error, as the body says it, or the status where there is none."""
        found = _CODE.search(self.body)
        return found[1].decode() if found else str(self.status)
