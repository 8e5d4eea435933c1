"""Resources spread over several instances of their provider, where the stack's `dataarts:shards` asks for it.

The official engine gives each provider instance a process of its own, with four workers whatever `--parallel` says: so
many calls are under way at once. The embedded engine needs no shards, and treats them alike, so that both engines find
the same state.

Source: pkg/resource/plugin of the official engine; sdk/python/lib/pulumi/dynamic, the provider's server.
"""

from __future__ import annotations

from functools import cache
from typing import Final
from zlib import crc32

import pulumi
from pulumi import ProviderResource, ResourceOptions
from pulumi.runtime import is_config_secret

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.keys import KEYS, NAMESPACE

_PACKAGE: Final = "pulumi-python"
_COUNT_MAX: Final = 64


def sharded(name: str, opts: ResourceOptions | None) -> ResourceOptions | None:
    """Return a resource's options with the shard that serves it, chosen by its name for good.

    Where the program itself chose a provider, for it or for a parent of its, that one stays.

    Raises:
        ConfigError: `dataarts:shards` is not a number of shards.
    """
    count = _count(pulumi.Config(NAMESPACE).get("shards"))
    if count < 2 or _is_chosen(opts):
        return opts
    return ResourceOptions.merge(opts, ResourceOptions(provider=_shard(crc32(name.encode()) % count)))


def _is_chosen(opts: ResourceOptions | None) -> bool:
    if opts is None:
        return False
    inherited = opts.parent.get_provider(f"{_PACKAGE}:index:any") if opts.parent else None
    return bool(opts.provider or opts.providers or inherited)


@cache
def _count(text: str | None) -> int:
    if text is None:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= _COUNT_MAX:
        raise ConfigError(
            f"{NAMESPACE}:shards is a number from 1 to {_COUNT_MAX}, and not `{text}`",
            hint=f"`dataarts config set {NAMESPACE}:shards 8`, or remove it.",
        )
    return int(text)


@cache
def _shard(number: int) -> ProviderResource:
    """Declare a provider instance. What it is given stands instead of the stack's configuration."""
    given: dict[str, pulumi.Input[str]] = {}
    for key in (f"{NAMESPACE}:{name}" for name, key in KEYS.items() if key.of_session):
        value = pulumi.runtime.get_config(key)
        if value is not None:
            given[key] = pulumi.Output.secret(value) if is_config_secret(key) else value
    return ProviderResource(_PACKAGE, f"{NAMESPACE}-{number}", given)
