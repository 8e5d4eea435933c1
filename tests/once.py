"""What takes long and always comes out alike, done once for all clients of a process and all processes of the tests.

A passphrase's key is a million rounds. For each HTTP client the certificates are read, for each S3 client what S3 is.
"""

from __future__ import annotations

import os
import ssl
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import boto3
import httpx
import httpx._transports.default
from botocore.loaders import JSONFileLoader

from pulumi_dataarts.backend import passphrase

KEYS = "TESTS_KEYS"
"""The variable that names the folder of keys."""


def remember() -> None:
    """From now on, this process and its forks do these once."""
    _keys(Path(os.environ[KEYS]))
    _certificates()
    _apis()


def begin() -> None:
    """Do what every process needs, before it is forked."""
    httpx.create_ssl_context()
    boto3.client("s3", region_name="cn-north-4", aws_access_key_id="none", aws_secret_access_key="none")


def _keys(folder: Path) -> None:
    derive = passphrase._key

    @cache
    def key(phrase: str, salt: bytes) -> bytes:
        kept = folder / f"{sha256(phrase.encode()).hexdigest()}-{salt.hex()}"
        if not kept.exists():
            with NamedTemporaryFile(dir=folder, delete=False) as written:
                written.write(derive(phrase, salt))
            Path(written.name).replace(kept)
        return kept.read_bytes()

    passphrase._key = key


def _certificates() -> None:
    read = httpx.create_ssl_context

    @cache
    def context(_environment: tuple[str | None, ...], **told: Any) -> ssl.SSLContext:
        return read(**told)

    def shared(**told: Any) -> ssl.SSLContext:
        return context(tuple(map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))), **told)

    httpx.create_ssl_context = httpx._transports.default.create_ssl_context = shared


def _apis() -> None:
    load = JSONFileLoader.load_file

    @cache
    def read(path: str) -> Any:
        return load(JSONFileLoader(), path)

    JSONFileLoader.load_file = lambda _, path: read(path)
