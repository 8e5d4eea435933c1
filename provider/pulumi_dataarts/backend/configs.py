"""A stack's configuration: `Pulumi.<stack>.yaml`, read, edited in place, and joined with what the project declares.

Secrets are `{secure: <ciphertext>}` at any depth. An edit rewrites the lines of the key it is about and no others, so
that comments elsewhere stay.

Source: sdk/go/common/resource/config of the official CLI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml

from pulumi_dataarts.backend import keyservices, passphrase, yamledits, yamlfiles
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.projects import Declaration, Project, full_key
from pulumi_dataarts.backend.properties import dumps
from pulumi_dataarts.backend.vaults import Keyring, SecretsProvider, Vault
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model import paths

_SECTION: Final = "config"
_SECURE: Final = "secure"
_PROVIDERS: Final[dict[str, dict[str, str]]] = {  # what of a provider's state stands under which name in the file
    passphrase.TYPE: {"encryptionsalt": "salt"},
    keyservices.TYPE: {"secretsprovider": "url", "encryptedkey": "encryptedkey"},
}
_GO_ESCAPES: Final = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"})
_DECIMAL: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")


@dataclass(frozen=True)
class StackFile:
    """A stack's configuration file as text and as what it says. Editing gives a new one; `save` writes it.

    `values` is by full key; what is encrypted stays so.
    """

    path: Path
    project: str
    text: str
    values: Mapping[str, Any]
    salt: str = ""
    key_service: str = ""
    encrypted_key: str = ""

    @property
    def provider(self) -> SecretsProvider | None:
        """Who encrypts the stack's secrets; None where the file has neither a salt nor a key yet."""
        if self.key_service:
            return keyservices.provider_of(self.key_service, self.encrypted_key)
        return passphrase.provider_of(self.salt) if self.salt else None

    def line_of(self, key: str) -> int:
        """Return the line (from 1) that a full key stands on; 0 where the file does not have it."""
        root = yamlfiles.compose(self.text, self.path)
        entries = dict(_entries(root)) if root else {}
        section = entries.get(_SECTION)
        names = _entries(section[1]) if section else ()
        return next((mark for name, (mark, _) in names if full_key(name, self.project) == key), 0)

    def place_of(self, key: str) -> str:
        """Return where a key stands, for a message: the file, and the line if it has it."""
        line = self.line_of(key)
        return f"{self.path}, line {line}" if line else str(self.path)

    def save(self) -> None:
        """Write the file, all or nothing. It is a source file: a new one gets the usual mode."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        LocalBlobs(self.path.parent).write(self.path.name, self.text.encode())

    def with_salt(self, salt: str) -> StackFile:
        """Return the file with this encryption salt."""
        return self._edited(yamledits.set_entry(self.text, self.path, "", "encryptionsalt", salt))

    def with_provider(self, provider: SecretsProvider) -> StackFile:
        """Return the file with this provider, whichever of the two kinds, in place of the one it had."""
        members = _PROVIDERS[provider.type]
        text = self.text
        for name in {name for names in _PROVIDERS.values() for name in names} - members.keys():
            text = yamledits.remove_entry(text, self.path, "", name)
        for name, member in members.items():
            text = yamledits.set_entry(text, self.path, "", name, str(provider.state[member]))
        return self._edited(text)

    def with_value(self, key: str, value: Any) -> StackFile:
        """Return the file with a value, in place of the one the key had."""
        written = self._spelling(full_key(key, self.project))
        return self._edited(yamledits.set_entry(self.text, self.path, _SECTION, written, value))

    def with_path(self, text: str, value: Any) -> StackFile:
        """Return the file with a value inside an object, e.g. at `proj:servers[0].port`.

        Raises:
            ConfigError: the path is malformed, or leads into a secret or a plain value.
        """
        key, path = self._split(text)
        try:
            return self.with_value(key, paths.put(self.values.get(key), path, value))
        except ValueError as error:
            raise ConfigError(f"{self.path}: {text}: {error}") from error

    def without(self, key: str) -> StackFile:
        """Return the file without a key; the same where it has none."""
        written = self._spelling(full_key(key, self.project))
        return self._edited(yamledits.remove_entry(self.text, self.path, _SECTION, written))

    def without_path(self, text: str) -> StackFile:
        """Return the file without what is at a path inside an object. Raises as `with_path`."""
        key, path = self._split(text)
        if not path or key not in self.values:
            return self.without(key)
        return self.with_value(key, paths.drop(self.values[key], path))

    def _split(self, text: str) -> tuple[str, paths.Path]:
        try:
            first, *rest = paths.parse(text)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        key = full_key(str(first), self.project)
        steps = tuple(rest)
        if any(is_sealed(paths.get(self.values.get(key), steps[:depth])) for depth in range(len(steps))):
            raise ConfigError(f"{self.path}: {text} leads into a secret", hint="Set the whole secret instead.")
        return key, steps

    def _spelling(self, key: str) -> str:
        """Return a full key as the file spells it."""
        written = yamlfiles.parse(self.text, self.path).get(_SECTION) or {}
        return next((name for name in written if full_key(str(name), self.project) == key), key)

    def _edited(self, text: str) -> StackFile:
        return _parsed(self.path, self.project, text)


@dataclass(frozen=True)
class Config:
    """The configuration a program gets: texts by key, secrets in clear, and which keys are secret.

    `stored` is the same with secrets encrypted, as the history keeps it.
    """

    texts: dict[str, str]
    secret_keys: tuple[str, ...]
    stored: dict[str, Any]

    def __repr__(self) -> str:
        return f"Config({sorted(self.texts)})"


def read_stack_file(path: Path, project: str) -> StackFile:
    """Read a stack's file; one that is absent says nothing.

    Raises:
        ConfigError: malformed, or it asks for something only Pulumi Cloud or a cloud's key service has.
    """
    return _parsed(path, project, yamlfiles.read(path))


def merge(project: Project, file: StackFile, keyring: Keyring) -> Config:
    """Join the stack's values with the project's, check them, and decrypt them.

    Raises:
        ConfigError: keys that the project needs are missing or of another type, or the passphrase is wrong.
    """
    declared = {key: item.value for key, item in project.config.items() if item.value is not None}
    stored = {**declared, **file.values}
    if missing := sorted(key for key in project.config if key not in stored):
        raise ConfigError(
            f"{file.path}: missing configuration {', '.join(missing)}", hint=_instead(project, file, missing[0])
        )
    clear = unseal(stored, Vault(file.provider, keyring), file.path)
    wrong = [problem for item in project.config.values() if (problem := _problem(item, stored, clear, file))]
    if wrong:
        raise ConfigError("\n".join([f"{file.path}: not what {project.path.name} declares:", *wrong]))
    texts = {key: text_of(value) for key, value in sorted(clear.items())}
    return Config(texts, tuple(sorted(key for key in stored if has_sealed(stored[key]))), stored)


def seal(text: str, vault: Vault) -> dict[str, str]:
    """Return a secret as the file has it."""
    return {_SECURE: vault.seal(text)}


def unseal(values: Mapping[str, Any], vault: Vault, path: Path) -> dict[str, Any]:
    """Return values with every secret inside in clear.

    Raises:
        ConfigError: a secret is not of this vault; the message names its key, never its text.
    """
    clear = {}
    for key, value in values.items():
        try:
            clear[key] = _unsealed(value, vault)
        except ValueError as error:
            raise ConfigError(
                f"{path}: {key}: {error}", hint="Set it again: `dataarts config set --secret`."
            ) from error
    return clear


def resealed(value: Any, own: Vault, other: Vault) -> Any:
    """Return a value with every secret of one vault inside encrypted by another. Raises ValueError if it is not its."""
    if is_sealed(value):
        return seal(own.unseal(value[_SECURE]), other)
    if isinstance(value, dict):
        return {key: resealed(item, own, other) for key, item in value.items()}
    return [resealed(item, own, other) for item in value] if isinstance(value, list) else value


def is_sealed(value: Any) -> bool:
    """Say whether a value is a secret as the file has it."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(_SECURE), str)


def has_sealed(value: Any) -> bool:
    """Say whether a secret is anywhere inside."""
    if isinstance(value, dict):
        return is_sealed(value) or any(map(has_sealed, value.values()))
    return isinstance(value, list) and any(map(has_sealed, value))


def coerce(text: str) -> Any:
    """Return what a text set by path stands for: a boolean, a whole number, or itself."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _DECIMAL.fullmatch(text) else text


def text_of(value: Any) -> str:
    """Return a configuration value as programs get it: texts as they are, all else as Go's JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _go_json(value)


def _parsed(path: Path, project: str, text: str) -> StackFile:
    document = yamlfiles.parse(text, path)
    named, key = (str(document.get(name) or "") for name in ("secretsprovider", "encryptedkey"))
    service = named if "://" in named and key else ""
    unsupported = {
        "environment": bool(document.get("environment")),
        "secretsprovider": named not in ("", passphrase.TYPE, "default", service),
        "encryptedkey": bool(key) and not service,
    }
    for name in (name for name, is_given in unsupported.items() if is_given):
        raise ConfigError(
            f"{path}: `{name}` needs Pulumi Cloud, or a key service that is not named in full here",
            hint="Convert the stack with the official CLI: `pulumi stack change-secrets-provider passphrase`.",
        )
    values = document.get(_SECTION) or {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: `{_SECTION}` is a mapping, not a {type(values).__name__}")
    by_key = {full_key(str(key), project): value for key, value in values.items()}
    salt = str(document.get("encryptionsalt") or "")
    return StackFile(path, project, text, by_key, salt, service, key if service else "")


def _entries(node: yaml.Node) -> Iterator[tuple[str, tuple[int, yaml.Node]]]:
    """Yield a mapping's keys, each with its line and its value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), (key.start_mark.line + 1, value)


def _instead(project: Project, file: StackFile, key: str) -> str:
    """Return what to do about a key that is missing: mend the one that was meant, or set it."""
    strangers = [name for name in file.values if name not in project.config]
    if near := get_close_matches(key, strangers, n=1):
        own = f"{project.name}:"
        return f"Line {file.line_of(near[0])} has {near[0].removeprefix(own)}: was {key.removeprefix(own)} meant?"
    return f"Set it with `dataarts config set {key.removeprefix(f'{project.name}:')} <value>`."


def _problem(declared: Declaration, stored: Mapping[str, Any], clear: Mapping[str, Any], file: StackFile) -> str:
    said = _objection(declared, stored, clear)
    line = file.line_of(declared.key) if said else 0  # to look for it costs a parse of the file
    return f"line {line}: {said}" if line else said


def _objection(declared: Declaration, stored: Mapping[str, Any], clear: Mapping[str, Any]) -> str:
    value = clear[declared.key]
    content = value if isinstance(value, dict | list) else text_of(value)
    if declared.type and declared.is_secret and not has_sealed(stored[declared.key]):
        return f"{declared.key} must be encrypted: set it with `--secret`"
    return "" if declared.accepts(content) else f"{declared.key} must be of type {declared.type_name}"


def _unsealed(value: Any, vault: Vault) -> Any:
    if is_sealed(value):
        return vault.unseal(value[_SECURE])
    if isinstance(value, dict):
        return {key: _unsealed(item, vault) for key, item in value.items()}
    return [_unsealed(item, vault) for item in value] if isinstance(value, list) else value


def _go_json(value: Any) -> str:
    if isinstance(value, dict):
        members = (f"{_go_json(str(key))}:{_go_json(item)}" for key, item in sorted(value.items(), key=_by_key))
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_go_json, value))}]"
    if isinstance(value, float):
        return _go_number(value)
    return dumps(value).translate(_GO_ESCAPES)


def _by_key(member: tuple[Any, Any]) -> str:
    return str(member[0])


def _go_number(value: float) -> str:
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return repr(value).replace("e-0", "e-")
