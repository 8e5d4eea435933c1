"""What stands in the embedded cloud, asked by plain signed requests: the client under test has no part in it."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx

KEY = "embedded"
CDM = "/v1.1/embedded/clusters/embedded/cdm"
DLF = "/v1/embedded"
DLI = "/v1.0/embedded/streaming"


class CloudCalls:
    """A person with an API key and a shell."""

    def __init__(self, api: str) -> None:
        self._api = api
        self._client = httpx.Client(base_url=api, timeout=30)

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """Send one request signed with SDK-HMAC-SHA256."""
        content = b"" if body is None else json.dumps(body).encode()
        signed = {
            "content-type": "application/json",
            "host": urlsplit(self._api).netloc,
            "x-sdk-date": datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ"),
            **(headers or {}),
        }
        plain, _, query = path.partition("?")
        names = sorted(signed)
        canonical = "\n".join(
            [
                method,
                quote(unquote(plain), safe="/~") + "/",
                "&".join(sorted(query.split("&"))) if query else "",
                "".join(f"{name}:{signed[name]}\n" for name in names),
                ";".join(names),
                hashlib.sha256(content).hexdigest(),
            ]
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"SDK-HMAC-SHA256\n{signed['x-sdk-date']}\n{digest}"
        signature = hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
        access = f"SDK-HMAC-SHA256 Access={KEY}"
        signed["authorization"] = f"{access}, SignedHeaders={';'.join(names)}, Signature={signature}"
        return self._client.request(method, path, content=content, headers=signed)

    def get(self, path: str, workspace: str = "") -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = self.send("GET", path, headers={"workspace": workspace} if workspace else {})
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def cdm_job(self, name: str) -> dict[str, Any]:
        return dict(self.get(f"{CDM}/job/{name}")["jobs"][0])

    def cdm_jobs(self) -> set[str]:
        listed = [self.get(f"{CDM}/job/all?jobType={kind}") for kind in ("NORMAL_JOB", "BATCH_JOB", "SCENARIO_JOB")]
        return {job["name"] for answer in listed for job in answer["jobs"]}

    def cdm_runs(self, name: str) -> int:
        return len(self.get(f"{CDM}/submissions?jname={name}")["submissions"])

    def cdm_input(self, job: str, name: str) -> str:
        config = next(item for item in self.cdm_job(job)["to-config-values"]["configs"] if item["name"] in name)
        return unquote(next(str(item["value"]) for item in config["inputs"] if item["name"] == name))

    def edit_cdm_job(self, job: str, name: str, value: str) -> None:
        body = self.cdm_job(job)
        for side in ("from", "to", "driver"):
            for config in body[f"{side}-config-values"]["configs"]:
                config["inputs"] = [_sent(item) for item in config["inputs"] or [] if "value" in item]
                for item in config["inputs"]:
                    if item["name"] == name:
                        item["value"] = value
        answer = self.send("PUT", f"{CDM}/job/{job}", {"jobs": [body]})
        assert answer.status_code == httpx.codes.OK, answer.text

    def cdm_link_answer(self, name: str) -> httpx.Response:
        return self.send("GET", f"{CDM}/link/{name}")

    def dlf_jobs(self, workspace: str) -> set[str]:
        listed = [self.get(f"{DLF}/jobs?jobType={kind}", workspace) for kind in ("BATCH", "REAL_TIME")]
        return {job["name"] for answer in listed for job in answer["jobs"]}

    def dlf_version(self, workspace: str, job: str) -> str:
        return str(self.get(f"{DLF}/jobs/{job}", workspace)["version"])

    def dlf_node_property(self, workspace: str, job: str, node: str, name: str) -> str:
        nodes = self.get(f"{DLF}/jobs/{job}", workspace)["nodes"]
        properties = next(item["properties"] for item in nodes if item["name"] == node)
        return str(next(item["value"] for item in properties if item["name"] == name))

    def dlf_script(self, workspace: str, name: str) -> str:
        return str(self.get(f"{DLF}/scripts/{name}", workspace)["content"])

    def dlf_scripts(self, workspace: str) -> set[str]:
        return {item["name"] for item in self.get(f"{DLF}/scripts", workspace)["scripts"]}

    def dlf_resources(self, workspace: str) -> set[str]:
        return {item["name"] for item in self.get(f"{DLF}/resources", workspace)["resources"]}

    def edit_dlf_script(self, workspace: str, name: str, old: str, new: str) -> None:
        body = self.get(f"{DLF}/scripts/{name}", workspace)
        body["content"] = body["content"].replace(old, new)
        self._put(f"{DLF}/scripts/{name}", body, workspace)

    def edit_dlf_job(self, workspace: str, name: str, node: str, **settings: Any) -> None:
        body = self.get(f"{DLF}/jobs/{name}", workspace)
        next(item for item in body["nodes"] if item["name"] == node).update(settings)
        self._put(f"{DLF}/jobs/{name}", body, workspace)

    def edit_flink_job(self, name: str, **settings: Any) -> None:
        self._put(f"{DLI}/sql-jobs/{self._flink_ids()[name]}", settings)

    def _put(self, path: str, body: Any, workspace: str = "") -> None:
        answer = self.send("PUT", path, body, {"workspace": workspace} if workspace else {})
        assert answer.is_success, answer.text

    def flink_jobs(self) -> set[str]:
        return set(self._flink_ids())

    def delete_flink_job(self, name: str) -> None:
        answer = self.send("DELETE", f"{DLI}/jobs/{self._flink_ids()[name]}")
        assert answer.status_code == httpx.codes.OK, answer.text

    def buckets(self) -> set[str]:
        import boto3
        from botocore.config import Config

        obs = httpx.get(f"{self._api}/_embedded/status").json()["obs"]
        client = boto3.client(
            "s3",
            endpoint_url=obs,
            region_name="embedded",
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
            config=Config(signature_version="s3v4"),
        )
        return {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}

    def _flink_ids(self) -> dict[str, int]:
        return {job["name"]: job["job_id"] for job in self.get(f"{DLI}/jobs?limit=100")["job_list"]["jobs"]}


def _sent(item: dict[str, Any]) -> dict[str, Any]:
    value = item["value"]
    return {"name": item["name"], "value": unquote(value) if isinstance(value, str) else value}
