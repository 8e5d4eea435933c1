"""IAM: tokens, projects, temporary credentials.

Source: IAM API "Obtaining a User Token Through Password Authentication", IAM API "Obtaining a Temporary Access Key and
SecurityToken Through a Token". The `hw_ak_sk` form is undocumented and widely used. Errors have the Keystone envelope,
unlike everything else.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.auth import TEMPORARY_KIND, TOKEN_KIND, token_key
from pulumi_dataarts.simulator.gateway import not_simulated
from pulumi_dataarts.simulator.http import Answer, Refused, Route

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Context, Json, Request
    from pulumi_dataarts.simulator.settings import Settings
    from pulumi_dataarts.simulator.store import Document

_SOURCE: Final = 'IAM API "Obtaining a User Token Through Password Authentication"'
_TITLES: Final = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
_SHORTEST_S, _LONGEST_S = 900, 86400


def routes() -> list[Route]:
    """Return IAM's operations."""
    tokens, malformed = "/v3/auth/tokens", _error(400, "The request body is invalid")
    temporary = "/v3.0/OS-CREDENTIAL/securitytokens"
    issue = "keystone_create_user_token_by_password"
    validate = "keystone_validate_token"
    return [
        Route("POST", tokens, create_token, issue, _SOURCE, malformed, signed=False),
        Route("GET", tokens, show_token, validate, _SOURCE),
        Route("HEAD", tokens, check_token, validate, _SOURCE),
        Route("GET", "/v3/projects", list_projects, "keystone_list_projects", _SOURCE),
        Route("GET", "/v3/auth/projects", list_projects, "keystone_list_auth_projects", _SOURCE),
        Route(
            "POST",
            temporary,
            create_temporary_key,
            "create_temporary_access_key_by_token",
            'IAM API "Obtaining a Temporary Access Key and SecurityToken Through a Token"',
            malformed,
        ),
    ]


def create_token(request: Request, context: Context) -> Answer:
    """Issue a token for the user's password, or for an access key; it is in a header of the answer."""
    settings, auth = context.settings, _mapping(request.json(), "auth")
    identity = _mapping(auth, "identity")
    _check_simulated(identity, request)
    method = _check_identity(identity, settings)
    token = "MII" + secrets.token_urlsafe(96)
    now = context.clock.now()
    issued = {
        "method": method,
        "issued": now,
        "expires": now + settings.token_s,
        "project": _scope(auth.get("scope"), settings),
    }
    context.store.put(TOKEN_KIND, "", token_key(token), issued)
    return Answer(201, _details(issued, settings), {"X-Subject-Token": token})


def show_token(request: Request, context: Context) -> Answer:
    """Describe the token in `X-Subject-Token`."""
    return Answer(200, _details(_subject(request, context), context.settings))


def check_token(request: Request, context: Context) -> Answer:
    """Say by the status alone whether the token in `X-Subject-Token` is valid."""
    _subject(request, context)
    return Answer(200)


def list_projects(request: Request, context: Context) -> Answer:
    """List the one project, unless `name` asks for another."""
    project = _project(context.settings)
    wanted = request.query.get("name", project["name"])
    projects = [{**project, "enabled": True, "domain_id": project["domain"]["id"]}]
    return Answer(200, {"projects": projects if wanted == project["name"] else [], "links": {}})


def create_temporary_key(request: Request, context: Context) -> Answer:
    """Issue an access key, a secret and a security token that end together."""
    identity = _mapping(_mapping(request.json(), "auth"), "identity")
    _check_simulated(identity, request)
    if identity.get("methods") != ["token"]:
        raise Refused(_error(400, "The request body is invalid"))
    details = _mapping(identity, "token") if identity.get("token") else {}
    duration_s = details.get("duration_seconds", _SHORTEST_S)
    if not (isinstance(duration_s, int) and _SHORTEST_S <= duration_s <= _LONGEST_S):
        raise Refused(_error(400, "The request body is invalid"))
    expires = context.clock.now() + duration_s
    credential = {
        "access": secrets.token_hex(10).upper(),
        "secret": secrets.token_urlsafe(30),
        "securitytoken": secrets.token_urlsafe(96),
    }
    context.store.put(TEMPORARY_KIND, "", credential["access"], {**credential, "expires": expires})
    return Answer(201, {"credential": {**credential, "expires_at": _time(expires)}})


def _check_simulated(identity: Json, request: Request) -> None:
    """Refuse what the real service knows and this one does not: agencies, and one-time passwords."""
    methods = identity.get("methods")
    if methods in (["assume_role"], ["password", "totp"]):
        raise not_simulated(request, f" by {' and '.join(methods)}")


def _check_identity(identity: Json, settings: Settings) -> str:
    """Return the method that the caller proved itself by."""
    methods = identity.get("methods")
    if methods == ["password"]:
        user = _mapping(_mapping(identity, "password"), "user")
        given = user.get("name"), user.get("password")
    elif methods == ["hw_ak_sk"]:
        pair = _mapping(identity, "hw_ak_sk")
        given = _mapping(pair, "access").get("key"), _mapping(pair, "secret").get("key")
    else:
        raise Refused(_error(400, "The request body is invalid"))
    if given != (settings.access_key, settings.secret_key):
        raise Refused(_error(401, "The username or password is wrong."))
    return str(methods[0])


def _scope(scope: Json, settings: Settings) -> str:
    """Return the id of the project that a token is for; empty for the account as a whole."""
    if not isinstance(scope, dict) or "project" not in scope:
        return ""
    project = _mapping(scope, "project")
    if settings.project_id not in (project.get("id"), project.get("name")):
        raise Refused(_error(401, "The project does not exist or may not be used."))
    return settings.project_id


def _subject(request: Request, context: Context) -> Document:
    token = request.headers.get("x-subject-token", "")
    issued = context.store.get(TOKEN_KIND, "", token_key(token))
    if issued is None or issued["expires"] <= context.clock.now():
        raise Refused(_error(404, "The token could not be found."))
    return issued


def _details(issued: Document, settings: Settings) -> Json:
    domain = {"id": settings.project_id, "name": settings.project_id}
    user = {"domain": domain, "id": settings.access_key, "name": settings.access_key, "password_expires_at": ""}
    token: dict[str, Json] = {
        "catalog": [],
        "expires_at": _time(issued["expires"]),
        "issued_at": _time(issued["issued"]),
        "methods": [issued["method"]],
        "roles": [{"id": "0", "name": "te_admin"}],
        "user": user,
    }
    scope = {"project": _project(settings)} if issued["project"] else {"domain": domain}
    return {"token": token | scope}


def _project(settings: Settings) -> dict[str, Json]:
    name = settings.project_id
    return {"domain": {"id": name, "name": name}, "id": name, "name": name}


def _mapping(parent: Json, key: str) -> dict[str, Json]:
    child = parent.get(key) if isinstance(parent, dict) else None
    if not isinstance(child, dict):
        raise Refused(_error(400, "The request body is invalid"))
    return child


def _error(status: int, message: str) -> Answer:
    return Answer(status, {"error": {"code": status, "message": message, "title": _TITLES[status]}})


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
