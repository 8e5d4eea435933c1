"""Where the services are and who calls them: from the environment first, then from the stack's config.

The environment wins because refresh and destroy under the official engine see the config of the last `up`
only, and because credentials belong there. All that is wrong is said at once.

Source: the official SDK (huaweicloudsdkcore) and the Terraform provider, whose names of variables teams have already.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pulumi_dataarts.errors import AuthError, ConfigError
from pulumi_dataarts.huawei import embedded
from pulumi_dataarts.huawei.keys import KEYS, NAMESPACE, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

RATE_PER_S: Final = 500.0


@dataclass(frozen=True)
class Endpoints:
    """Base URLs of the services, without a trailing slash."""

    cdm: str = ""
    dlf: str = ""
    dli: str = ""
    iam: str = ""
    obs: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything a session needs to know before its first call. Secrets are in no repr.

    Attributes:
        workspace: of DataArts Factory, where a resource names none.
        credentials_file: has temporary keys, and new ones from time to time.
        credentials_command: prints them.
        identity_provider: IAM's name of whoever issues the identity token (OpenID Connect).
        identity_token_file: has it.
        is_embedded: the services are this project's own embedded cloud.
        from_environment: the environment variables that say who calls, as far as they were used.
        rate_per_s: calls a second to each service.
        is_production: the stack is a production one: what runs is not touched unless the program says so.
    """

    region: str
    project_id: str
    endpoints: Endpoints
    workspace: str = "default"
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)
    auth_token: str = field(default="", repr=False)
    user_name: str = ""
    user_password: str = field(default="", repr=False)
    domain_name: str = ""
    credentials_file: str = ""
    credentials_command: str = ""
    identity_provider: str = ""
    identity_token_file: str = ""
    is_embedded: bool = False
    from_environment: tuple[str, ...] = ()
    rate_per_s: float = RATE_PER_S
    is_production: bool = False

    def secrets(self) -> list[str]:
        """Return what must never be shown. The embedded cloud's own key is public."""
        hidden = [self.security_token, self.auth_token, self.user_password]
        return [*hidden, self.secret_key] if self.secret_key != embedded.PUBLIC else hidden


def resolve(
    lookup: Callable[[str], str | None], environment: Mapping[str, str], listed: Iterable[str] = ()
) -> Settings:
    """Put the settings together; start the embedded cloud if they ask for it and it is not up.

    Args:
        lookup: a config key with its namespace, to its value.
        environment: the process's.
        listed: all the stack's config keys, where the caller knows them: misspelt ones are reported.

    Raises:
        ConfigError: everything that is missing or malformed, each with what to type.
        AuthError: nothing says who calls, or only half of it.
    """
    source = _Source(lookup, environment)
    source.problems += _misspelt(listed)
    endpoint = source.key("endpoint")
    is_embedded = endpoint == embedded.PUBLIC
    default = embedded.PUBLIC if is_embedded else ""
    region = source.required("region", REGION, default, "cn-north-4")
    project_id = source.required("projectId", PROJECT, default, "0123456789abcdef0123456789abcdef")
    rate_per_s = source.rate()
    is_production = source.flag("production")
    chosen = _addresses(source, endpoint, region)
    if source.problems:
        raise ConfigError(_listed(source.problems))
    identity = _identity(source, default)
    if is_embedded:
        cloud = embedded.locate(environment)
        chosen = {
            "cdm": cloud.api,
            "dlf": cloud.api,
            "dli": cloud.api,
            "iam": cloud.api,
            "obs": cloud.obs,
        } | chosen
    return Settings(
        region=region,
        project_id=project_id,
        endpoints=Endpoints(**chosen),
        workspace=source.key("workspace") or "default",
        is_embedded=is_embedded,
        from_environment=tuple(source.used),
        rate_per_s=rate_per_s,
        is_production=is_production,
        **identity,
    )


REGION = ("HW_REGION_NAME", "OS_REGION_NAME")
PROJECT = ("HW_PROJECT_ID", "OS_PROJECT_ID", "OS_TENANT_ID", "HUAWEICLOUD_SDK_PROJECT_ID")
TOKEN = ("HW_AUTH_TOKEN", "OS_AUTH_TOKEN")
ACCESS_KEYS = (
    ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"),
    ("OS_ACCESS_KEY", "OS_SECRET_KEY", ""),
    ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    ("CLOUD_SDK_AK", "CLOUD_SDK_SK", ""),
)
_TEMPORARY = {
    "credentials_file": ("credentialsFile", "HW_CREDENTIALS_FILE"),
    "credentials_command": ("credentialsCommand", "HW_CREDENTIALS_COMMAND"),
}
_IDENTITY = ("HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE")
PASSWORDS = (
    ("HW_USER_NAME", "HW_USER_PASSWORD", ("HW_DOMAIN_NAME",)),
    ("OS_USERNAME", "OS_PASSWORD", ("OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME")),
)
_HOSTS = {"cdm": "cdm", "dlf": "dayu-dlf", "dli": "dli", "iam": "iam", "obs": "obs"}
_EUROPEAN = "eu-west-101"
_NOBODY = (
    "Set HW_ACCESS_KEY and HW_SECRET_KEY; or HW_AUTH_TOKEN; or HW_CREDENTIALS_FILE or HW_CREDENTIALS_COMMAND; "
    "or HUAWEICLOUD_SDK_IDP_ID and HUAWEICLOUD_SDK_ID_TOKEN_FILE; "
    "or HW_USER_NAME, HW_USER_PASSWORD and HW_DOMAIN_NAME; "
    "or `dataarts config set dataarts:accessKey …` and `dataarts config set --secret dataarts:secretKey …`; "
    "or use the embedded cloud: `dataarts config set dataarts:endpoint embedded`."
)


class _Source:
    """The two places that settings come from, and what was found wrong in them."""

    def __init__(self, lookup: Callable[[str], str | None], environment: Mapping[str, str]) -> None:
        self._lookup, self._environment = lookup, environment
        self.problems: list[str] = []
        self.used: list[str] = []

    def key(self, key: str) -> str:
        return (self._lookup(f"{NAMESPACE}:{key}") or "").strip()

    def variable(self, *names: str) -> str:
        """Return the first of these environment variables that is set, and remember that it was used."""
        for name in names:
            if name and (value := self._environment.get(name, "")):
                self.used.append(name)
                return value
        return ""

    def has_any(self, *names: str) -> bool:
        return any(self._environment.get(name) for name in names)

    def required(self, key: str, names: tuple[str, ...], default: str, example: str) -> str:
        value = self.variable(*names) or self.key(key) or default
        if not value:
            self.problems.append(
                f"{NAMESPACE}:{key} is not set: "
                f"`dataarts config set {NAMESPACE}:{key} {example}`, or {names[0]} in the environment"
            )
        return value

    def rate(self) -> float:
        text = self.key("rateLimit")
        try:
            rate_per_s = float(text) if text else RATE_PER_S
        except ValueError:
            rate_per_s = 0.0
        if not 0 < rate_per_s < float("inf"):
            self.problems.append(f"{NAMESPACE}:rateLimit is calls a second, such as 20, and not `{text}`")
        return rate_per_s

    def flag(self, key: str) -> bool:
        text = self.key(key).lower()
        if text not in ("", "true", "false"):
            self.problems.append(f"{NAMESPACE}:{key} is `true` or `false`, and not `{text}`")
        return text == "true"

    def url(self, key: str, value: Any) -> str:
        parts = urlsplit(value) if isinstance(value, str) else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            self.problems.append(
                f"{NAMESPACE}:{key} must be a URL such as `https://cdm.example.com`, and not `{value}`"
            )
            return ""
        return str(value).rstrip("/")

    def endpoints(self) -> dict[str, str]:
        text = self.key("endpoints")
        try:
            given = json.loads(text or "{}")
        except ValueError:
            given = None
        if not isinstance(given, dict):
            self.problems.append(f'{NAMESPACE}:endpoints must be a JSON object such as {{"cdm": "https://…"}}')
            return {}
        for name in given.keys() - _HOSTS.keys():
            self.problems.append(f"{NAMESPACE}:endpoints.{name}: no such service{nearest(name, _HOSTS)}")
        return {name: self.url(f"endpoints.{name}", value) for name, value in given.items() if name in _HOSTS}


def _addresses(source: _Source, endpoint: str, region: str) -> dict[str, str]:
    """Return URLs by service: its own, else the one for all but OBS, else the region's."""
    given = source.endpoints()
    if endpoint == embedded.PUBLIC:
        return given
    suffix = source.variable("HW_CLOUD") or ("myhuaweicloud.eu" if region == _EUROPEAN else "myhuaweicloud.com")
    found = {name: f"https://{host}.{region}.{suffix}" for name, host in _HOSTS.items()}
    if endpoint:
        one = source.url("endpoint", endpoint)
        found |= {name: one for name in found if name != "obs"}
    return found | given


def _identity(source: _Source, default: str) -> dict[str, str]:
    """Return who calls. Keys are never taken half from one place and half from another."""
    found = {"auth_token": source.variable(*TOKEN)} | _temporary(source) | _access_key(source) | _password(source)
    if not any(found.values()):
        if not default:
            raise AuthError("No credentials: nothing says who calls Huawei Cloud.", hint=_NOBODY)
        found |= {"access_key": default, "secret_key": default}
    return found


def _access_key(source: _Source) -> dict[str, str]:
    for access, secret, token in ACCESS_KEYS:
        if source.has_any(access, secret):
            pair = {"access_key": source.variable(access), "secret_key": source.variable(secret)}
            _both(pair["access_key"], pair["secret_key"], access, secret)
            return pair | {"security_token": source.variable(token)}
    pair = {"access_key": source.key("accessKey"), "secret_key": source.key("secretKey")}
    if any(pair.values()):
        _both(pair["access_key"], pair["secret_key"], f"{NAMESPACE}:accessKey", f"{NAMESPACE}:secretKey")
    return pair


def _temporary(source: _Source) -> dict[str, str]:
    """Return where temporary keys come from: a file, a command, or an identity token and who issued it."""
    for field_name, (key, name) in _TEMPORARY.items():
        if value := source.variable(name) or source.key(key):
            return {field_name: value}
    provider, path = (source.variable(name) for name in _IDENTITY)
    if provider or path:
        _both(provider, path, *_IDENTITY)
    return {"identity_provider": provider, "identity_token_file": path}


def _password(source: _Source) -> dict[str, str]:
    for user, password, domains in PASSWORDS:
        if source.has_any(user, password):
            names = {"user_name": (user,), "user_password": (password,), "domain_name": domains}
            found = {name: source.variable(*variables) for name, variables in names.items()}
            if not all(found.values()):
                missing = ", ".join(names[name][0] for name, value in found.items() if not value)
                raise AuthError("A user's password alone does not say who calls.", hint=f"Set {missing} as well.")
            return found
    return {}


def _both(access: str, secret: str, access_name: str, secret_name: str) -> None:
    if not (access and secret):
        there, missing = (access_name, secret_name) if access else (secret_name, access_name)
        raise AuthError(f"{there} is set and {missing} is not.", hint=f"Set {missing} as well, in the same place.")


def _misspelt(listed: Iterable[str]) -> list[str]:
    ours = [key.removeprefix(f"{NAMESPACE}:") for key in listed if key.startswith(f"{NAMESPACE}:")]
    return [f"{NAMESPACE}:{key}: no such key{nearest(key, KEYS)}" for key in ours if key not in KEYS]


def _listed(problems: list[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return f"{len(problems)} settings are missing or malformed:\n" + "\n".join(f"  - {text}" for text in problems)
