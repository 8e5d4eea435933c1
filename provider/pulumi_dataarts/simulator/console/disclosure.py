"""What may be shown. A value is hidden when it is known to be secret, or when its name says that it may be.

The store has digests instead of CDM's known secrets; but some groups take any input at all, maps carry anything,
and so do the properties and parameters of a job. In a text, such as a script, what is assigned to a telling name is
blotted out, and so is the password in an address.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

HIDDEN: Final = "••••••"
_VALUE_CHARS_MAX: Final = 4000
_TELLING: Final = re.compile(
    r"pass(?!ive)|pwd|secret|token|credential|private|keytab|key$|(^|[._-])(ak|sk|dek|iv)$", re.IGNORECASE
)
# Names that look telling and are not.
_PLAIN: Final = re.compile(r"(primary|foreign|partition|row|sort|group|order)key$", re.IGNORECASE)
# No two repetitions can share characters without a bound: these run over texts that anybody wrote.
_ASSIGNED: Final = re.compile(
    r"""((?:passw(?:or)?d|pwd|secret|token|credential|access.?key)[\w.-]{0,80}["'`]?)"""
    r"""(?:(\s{0,8}[=:]\s{0,8})(?:'(?:[^'\n]|'')++'?|"[^"\n]++"?)|(=)(?![$\s'"])[^\s,;&)'"]++)""",
    re.IGNORECASE,
)
_IN_ADDRESS: Final = re.compile(r"(://[^/\s:@]{1,100}:)[^/\s@]++(?=@)")


@dataclass(frozen=True)
class Setting:
    """One setting as a page shows it."""

    name: str
    value: str
    is_hidden: bool = False
    is_default: bool = False


def is_telling(name: str) -> bool:
    """Say whether a name suggests a secret."""
    return _TELLING.search(name) is not None and _PLAIN.search(name) is None


def blotted(text: str) -> str:
    """Return a text in which nothing is left of what is assigned to a telling name."""
    return _IN_ADDRESS.sub(rf"\1{HIDDEN}", _ASSIGNED.sub(_blot, text))


def shown(name: str, value: Any, *, is_secret: bool = False, is_default: bool = False) -> Setting:
    """Return a setting to show, its value hidden where it must be."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    if text and (is_secret or is_telling(name)):
        return Setting(name, HIDDEN, is_hidden=True, is_default=is_default)
    cut = f"{text[:_VALUE_CHARS_MAX]}…" if len(text) > _VALUE_CHARS_MAX else text
    return Setting(name, blotted(cut), is_default=is_default)


def _blot(match: re.Match[str]) -> str:
    name, spaced, tight = match.groups()
    return f"{name}{spaced}'{HIDDEN}'" if spaced else f"{name}{tight}{HIDDEN}"
