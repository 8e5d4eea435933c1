"""IAM as its official SDK package sees it, and what none of the packages' other calls is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pulumi_dataarts.simulator import absent, cdm, dlf, dli
from pulumi_dataarts.simulator import iam as simulator
from tests.simulator import sdk
from tests.simulator.sdk import iam, identity

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

SERVED = {(route.method, route.template) for module in (simulator, cdm, dlf, dli) for route in module.routes()} | {
    (route.method, route.template) for route in absent.routes()
}
PARAMETER = re.compile(r"{\w+}")


def password_request() -> Any:
    user = iam.PwdPasswordUser(domain=iam.PwdPasswordUserDomain(name="embedded"), name="embedded", password="embedded")
    who = iam.PwdIdentity(methods=["password"], password=iam.PwdPassword(user=user))
    scope = iam.AuthScope(project=iam.AuthScopeProject(name="embedded"))
    body = iam.KeystoneCreateUserTokenByPasswordRequestBody(auth=iam.PwdAuth(identity=who, scope=scope))
    return iam.KeystoneCreateUserTokenByPasswordRequest(body=body)


def test_a_token_is_issued_and_validated(cloud: RunningCloud) -> None:
    client = identity(cloud)
    issued = client.keystone_create_user_token_by_password(password_request())
    assert issued.x_subject_token.startswith("MII")
    assert (issued.token.project.id, issued.token.user.name) == ("embedded", "embedded")
    shown = client.keystone_validate_token(iam.KeystoneValidateTokenRequest(x_subject_token=issued.x_subject_token))
    assert (shown.token.methods, shown.token.expires_at) == (["password"], issued.token.expires_at)


def test_the_project_is_listed_and_found_by_its_name(cloud: RunningCloud) -> None:
    client = identity(cloud)
    [project] = client.keystone_list_projects(iam.KeystoneListProjectsRequest(name="embedded")).projects
    assert (project.id, project.domain_id, project.enabled) == ("embedded", "embedded", True)
    assert client.keystone_list_projects(iam.KeystoneListProjectsRequest(name="cn-north-4")).projects == []
    [usable] = client.keystone_list_auth_projects(iam.KeystoneListAuthProjectsRequest()).projects
    assert usable.name == "embedded"


def test_a_temporary_key_is_issued_and_signs(cloud: RunningCloud) -> None:
    who = iam.TokenAuthIdentity(methods=["token"], token=iam.IdentityToken(duration_seconds=900))
    body = iam.CreateTemporaryAccessKeyByTokenRequestBody(auth=iam.TokenAuth(identity=who))
    request = iam.CreateTemporaryAccessKeyByTokenRequest(body=body)
    credential = identity(cloud).create_temporary_access_key_by_token(request).credential
    keys = sdk.credentials(credential.access, credential.secret).with_security_token(credential.securitytoken)
    client = sdk.dgc.DgcClient.new_builder().with_credentials(keys).with_endpoint(cloud.api).build()
    assert client.list_jobs(sdk.dgc.ListJobsRequest()).total == 0


def agency_token(client: Any) -> None:
    role = iam.AgencyTokenAssumerole(agency_name="a", domain_name="b")
    who = iam.AgencyTokenIdentity(methods=["assume_role"], assume_role=role)
    body = iam.KeystoneCreateAgencyTokenRequestBody(auth=iam.AgencyTokenAuth(identity=who))
    client.keystone_create_agency_token(iam.KeystoneCreateAgencyTokenRequest(body=body))


def agency_key(client: Any) -> None:
    role = iam.IdentityAssumerole(agency_name="a", domain_name="b")
    who = iam.AgencyAuthIdentity(methods=["assume_role"], assume_role=role)
    body = iam.CreateTemporaryAccessKeyByAgencyRequestBody(auth=iam.AgencyAuth(identity=who))
    client.create_temporary_access_key_by_agency(iam.CreateTemporaryAccessKeyByAgencyRequest(body=body))


@pytest.mark.parametrize("act", [agency_token, agency_key])
def test_what_needs_an_agency_is_not_there_and_says_so(cloud: RunningCloud, act: Callable[[Any], None]) -> None:
    with pytest.raises(sdk.core.ServerResponseException, match="does not simulate .* by assume_role") as refused:
        act(identity(cloud))
    assert (refused.value.status_code, refused.value.error_code) == (501, "EMBEDDED.0501")


def test_every_other_call_of_the_packages_is_refused_with_501(cloud: RunningCloud, http: httpx.Client) -> None:
    packages = [(iam, iam.IamClient), (sdk.dli, sdk.dli.DliClient), (sdk.dlf, sdk.dlf.DlfClient)]
    calls = {call for package, client in packages for call in sdk.operations(package, client).values()} - SERVED
    assert len(calls) > 250
    for method, template in sorted(calls - {("GET", "/")}):  # IAM's list of its versions; here the console
        answer = http.request(method, PARAMETER.sub("embedded", template))
        assert answer.status_code == 501, (method, template)
        assert method == "HEAD" or "does not simulate" in answer.json()["error_msg"]
