"""The reference of configuration keys and environment variables, from the tables that the code reads."""

from __future__ import annotations

from pulumi_dataarts.huawei import settings
from pulumi_dataarts.huawei.keys import KEYS, NAMESPACE

HEAD = """# Configuration

Made from the code by `make docs`. Keys stand in `Pulumi.<stack>.yaml` under `config:`, or in `Pulumi.yaml` for all
stacks. `dataarts config set KEY VALUE` writes them, `dataarts schema config` lets an editor check them. The environment
wins over a key.
"""
VARIABLES = {
    "PULUMI_BACKEND_URL": "Where state is: `file://PATH` or `s3://BUCKET?endpoint=HOST`; before Pulumi.yaml.",
    "PULUMI_CONFIG_PASSPHRASE": "Opens a stack's secrets.",
    "PULUMI_CONFIG_PASSPHRASE_FILE": "A file that holds it.",
    "HW_CLOUD": "Domain of the services; `myhuaweicloud.com`, or `.eu` in `eu-west-101`, without it.",
    "HW_CREDENTIALS_FILE": "File with temporary keys, as IAM answers them.",
    "HW_CREDENTIALS_COMMAND": "Command that prints the same.",
    "PULUMI_STACK": "The stack that commands mean when they name none.",
    "PULUMI_HOME": "Folder of the user's own settings; `~/.pulumi` without it.",
    "PULUMI_PARALLEL": "How many resources are worked on at once.",
    "DATAARTS_CLOUD_DATA": "Folder of the embedded cloud; `.cloud` beside Pulumi.yaml without it.",
    "DATAARTS_UNGUARDED_STATE": "`1`: use a bucket that cannot say who was first. Runs must never overlap then.",
    "DATAARTS_LEASE_S": "Seconds that a lease on a stack in a bucket lasts without its holder; 60 without it.",
    "DATAARTS_LOG": "A file that providers log to, secrets hidden.",
    "DATAARTS_NON_INTERACTIVE": "Set: nothing is asked.",
    "DATAARTS_TRACEBACKS": "`1`: show tracebacks of failed provider calls.",
    "HTTPS_PROXY": "Proxy for the services; `NO_PROXY` lists what is reached without. Loopback always is.",
    "CI": "Set: nothing is asked, no motion, a line at least every ten seconds, deletions limited to 30%.",
    "NO_COLOR": "Set: no colour and no motion.",
}


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_keys(), "", *_policies(), "", "## Environment", "", *_identity(), "", *_variables(), ""])


def _keys() -> list[str]:
    rows = [
        f"| `{NAMESPACE}:{name}` | {key.meaning} | {f'`{key.default}`' if key.default else ''} "
        f"| `{NAMESPACE}:{name}: {'{secure: ...}' if key.is_secret else key.example}` |"
        for name, key in KEYS.items()
    ]
    return ["| key | what it is | default | example |", "| --- | --- | --- | --- |", *rows]


def _policies() -> list[str]:
    rows = [
        f"| `{name}` | {rule.get('description', '')} |" for name, rule in KEYS["policies"].schema["properties"].items()
    ]
    note = "[Gates](../how-to/ci.md#gates) says what each refuses."
    return [f"## {NAMESPACE}:policies", "", note, "", "| policy | what it is |", "| --- | --- |", *rows]


def _identity() -> list[str]:
    """Return who calls, and where: the names that are looked for, the first that is set wins."""
    rows = [
        ("`dataarts:region`", settings.REGION),
        ("`dataarts:projectId`", settings.PROJECT),
        ("a token", settings.TOKEN),
    ]
    lines = ["| for | looked for, in this order |", "| --- | --- |"]
    lines += [f"| {what} | {_named(names)} |" for what, names in rows]
    keys = "; ".join(_named(filter(None, names)) for names in settings.ACCESS_KEYS)
    users = "; ".join(
        f"{_named((user, password))} and one of {_named(domains)}" for user, password, domains in settings.PASSWORDS
    )
    return [*lines, f"| access key, secret key, security token | {keys} |", f"| user, password, domain | {users} |"]


def _named(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]


def _variables() -> list[str]:
    return [
        "| variable | what it does |",
        "| --- | --- |",
        *(f"| `{name}` | {text} |" for name, text in VARIABLES.items()),
    ]
