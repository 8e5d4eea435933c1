"""Do the tests of the defects bite? Each fault is planted in a copy of the source, and its test must fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "pulumi_dataarts"
TERRAFORM = "tests/defects/test_terraform_defects.py::test_d"
DYNAMIC = "tests/defects/test_dynamic_complaints.py::test_c"
PATIENCE = "tests/defects/test_patience.py::test_"
EFFECTS = "tests/defects/test_effects.py::test_"


@dataclass(frozen=True)
class Fault:
    """One text in one file, what it is replaced by, and the beginning of the id of the test that notices."""

    name: str
    file: str
    text: str
    planted: str
    noticed_by: str


FAULTS = (
    Fault(
        "a job is started when it is made", "cdm/job.py",
        "                api.create_job(session, cluster_id, body)\n",
        "                api.create_job(session, cluster_id, body)\n"
        "                api.start_job(session, cluster_id, name, {})\n",
        f"{TERRAFORM}01",
    ),
    Fault(
        "what the service fills in is compared", "lifecycle/handler.py",
        "_restricted(asked[name], live[name]) if rule_of(model, name, ServerFills) else live[name]", "live[name]",
        f"{TERRAFORM}02",
    ),
    Fault(
        "a running job is stopped whatever was declared", "cdm/running.py",
        'if self.policy == "fail":', 'if self.policy == "never":', f"{TERRAFORM}03",
    ),
    Fault(
        "a job's name is taken from its id", "cdm/attempts.py",
        'known.get("name") or name', "name", f"{TERRAFORM}04",
    ),
    Fault(
        "jobs that leave a bundle stay", "dlf/reconcile.py",
        "if name not in work.bundle.jobs}", "if False}", f"{TERRAFORM}05",
    ),
    Fault(
        "is_success is a boolean and nothing else", "dli/api.py",
        'str(answer.get("is_success", True)).lower() != "true"', 'answer.get("is_success", True) is not True',
        f"{TERRAFORM}06",
    ),
    Fault(
        "parts of an import that failed are not looked at", "dlf/imports.py",
        'if part.status == "FAILED"]', "if False]", f"{TERRAFORM}07",
    ),
    Fault(
        "edits outside are not looked for", "dlf/ownership.py",
        'edited="" if now == self.live else now', 'edited=""', f"{TERRAFORM}08",
    ),
    Fault(
        "approvers travel under the name of the Terraform provider", "dlf/wire.py",
        'approver_name: str', 'approver_name: str = Field(alias="approver_name")', f"{TERRAFORM}09",
    ),
    Fault(
        "a changed file is not looked at", "obs/object.py",
        'digest: Annotated[str, Derived(), Field(', 'digest: Annotated[str, Derived(), NotCompared(), Field(',
        f"{TERRAFORM}10",
    ),
    Fault(
        "zeros and false are left out", "cdm/configs.py",
        "for name, value in inputs.items()]\n            )",
        'for name, value in inputs.items() if value not in ("0", "false")]\n            )',
        f"{TERRAFORM}11",
    ),
    Fault(
        "what was read is compared with what was written", "dlf/ownership.py",
        "return cls(source, standing_digest(body, kind), ", "return cls(source, source, ", f"{TERRAFORM}12",
    ),
    Fault(
        "the order of approvers counts", "lifecycle/changes.py",
        "return sorted(value, key=str)", "return value", f"{TERRAFORM}13",
    ),
    Fault(
        "what is declared no longer is no difference", "lifecycle/changes.py",
        "    for found in diff(before, after):\n", "    for found in (f for f in diff(before, after) if f.new):\n",
        f"{TERRAFORM}14",
    ),
    Fault(
        "a Flink job is stopped without a savepoint", "dli/overwriting.py",
        'trigger_savepoint=policy.savepoint, verb="overwritten"', 'trigger_savepoint=False, verb="overwritten"',
        f"{TERRAFORM}15",
    ),
    Fault(
        "Retry-After is not heard", "huawei/retries.py",
        "self._backoff_s() if asked_s is None else", "self._backoff_s() if True else", f"{TERRAFORM}16",
    ),
    Fault(
        "a failing server is final", "huawei/transport.py",
        "return Outcome.HARMLESS if isinstance(refusal, ServiceFault) else Outcome.FINAL", "return Outcome.FINAL",
        f"{TERRAFORM}17",
    ),
    Fault(
        "a link that is gone is an error", "cdm/api.py",
        '_MISSING = ("0054", "0100", "0319", "0095", "00095", "0101", "0316")', '_MISSING = ("0054", "0100")',
        f"{TERRAFORM}18",
    ),
    Fault(
        "a secret stands in the outputs", "lifecycle/changes.py",
        "if name in model.model_fields and not rule_of(model, name, WriteOnly)", "if name in model.model_fields",
        f"{TERRAFORM}19",
    ),
    Fault(
        "a run under way is not taken over", "cdm/runs.py",
        "return is_of_this_job and self._claim(run)", "return False", f"{TERRAFORM}20",
    ),
    Fault(
        "an OBS endpoint is rewritten", "huawei/storage.py",
        "endpoint_url=settings.endpoints.obs,", 'endpoint_url=settings.endpoints.obs.replace("0.0", "cn-north-4.0"),',
        f"{TERRAFORM}21",
    ),
    Fault(
        "a provider carries its session into the state", "lifecycle/adapter.py",
        "    def __reduce__(self) -> tuple[type, tuple[()]]:\n        return type(self), ()\n", "", f"{DYNAMIC}05",
    ),
    Fault(
        "the state holds the provider's dict", "lifecycle/adapter.py",
        "        return type(self), ()\n", "        return type(self), (), {}\n", f"{DYNAMIC}16",
    ),
    Fault(
        "an update leaves nothing of the outputs", "lifecycle/adapter.py",
        "return UpdateResult(self._outputs(inputs, facts, known))", "return UpdateResult(facts)", f"{DYNAMIC}04",
    ),
    Fault(
        "an equal object is not taken over", "cdm/attempts.py",
        "    except AlreadyExists:\n        return taken_over()\n    except OutcomeUnknown:",
        "    except OutcomeUnknown:", f"{DYNAMIC}12",
    ),
    Fault(
        "a read tells outputs only", "lifecycle/adapter.py",
        "standing if moved else None)", "None)", f"{DYNAMIC}09",
    ),
    Fault(
        "an unknown value hides its neighbours' mistakes", "lifecycle/inputs.py",
        "        if has_unknown(value):\n", "        if has_unknown(given):\n", f"{DYNAMIC}10",
    ),
    Fault(
        "eight workers are two", "engine/provider_host.py",
        "ThreadPoolExecutor(max_workers=workers,", "ThreadPoolExecutor(max_workers=2,", f"{DYNAMIC}11",
    ),
    Fault(
        "a deadline is not looked at", "huawei/waiting.py",
        "if elapsed_s >= deadline_s:", "if elapsed_s >= deadline_s + 60:", f"{DYNAMIC}13",
    ),
    Fault(
        "a reason to replace is not told", "lifecycle/adapter.py",
        "self.reasons = list(dict.fromkeys(change.replaces for change in found if change.replaces))",
        "self.reasons = list[str]()", f"{DYNAMIC}17",
    ),
    Fault(
        "the first mistake hides the others", "lifecycle/inputs.py",
        "            mistakes.extend(_check_field(model, name, value, checked))\n",
        "            mistakes.extend(_check_field(model, name, value, checked) if not mistakes else [])\n",
        f"{DYNAMIC}18",
    ),
    Fault(
        "a call whose answer was lost is sent again unseen", "huawei/transport.py",
        "return _Attempt(Outcome.FINAL, self._about(call, error, OutcomeUnknown, LOOK_FIRST))",
        "return _Attempt(Outcome.HARMLESS, self._about(call, error, OutcomeUnknown, LOOK_FIRST))",
        "tests/huawei/test_transport.py::test_an_unsafe_call_is_never_repeated",
    ),
    Fault(
        "custom_timeouts are heard by nobody", "huawei/pauses.py",
        "self.now_s() + seconds if seconds else None", "None", f"{PATIENCE}the_time",
    ),
    Fault(
        "a run that was stopped goes on waiting", "huawei/pauses.py",
        "        self._stopped.set()\n", "        pass\n", f"{PATIENCE}ctrl_c",
    ),
    Fault(
        "whose edit it was is forgotten", "lifecycle/changes.py",
        "return sorted(by_hand | set(known.get(EDITED_OUTSIDE, [])))", "return sorted(by_hand)",
        f"{EFFECTS}what_was_edited",
    ),
    Fault(
        "a first run says nothing", "cdm/job_run.py",
        '        return [effect(MOVES_DATA, declared.get("job_name"))]\n', "        return []\n",
        f"{EFFECTS}making_and_removing",
    ),
    Fault(
        "what is equal in this instant is not sent to Flink", "dli/importing.py",
        "    if not before:\n", "    if True:\n",
        "tests/dli/test_job_import.py::test_a_setting_that_is_declared_no_longer",
    ),
    Fault(
        "secrets stay in what the service says", "huawei/redaction.py",
        "            text = text.replace(form, HIDDEN)\n", "            pass\n",
        f"{TERRAFORM}19",
    ),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_fault_is_noticed(fault: Fault, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "provider" / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / PACKAGE / fault.file
    source = file.read_text()
    assert source.count(fault.text) >= 1, f"{fault.file} does not have {fault.text!r} any more"
    file.write_text(source.replace(fault.text, fault.planted))
    test, _, start = fault.noticed_by.rpartition("::")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-m",
        "",
        test,
        "-k",
        start,
    ]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, f"nobody noticed\n{done.stdout[-2000:]}"
