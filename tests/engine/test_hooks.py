"""Hooks: a program's functions around what becomes of its resources, and what their failures mean."""

from __future__ import annotations

from dataclasses import replace

from pulumi_dataarts.errors import PlanError, ProgramFailed, ResourceFailed
from tests.engine.projects import Project
from tests.engine.world import World, things

HOOKS = """
def hook(name, **how):
    def tell(args):
        inputs = [side and side.get("size") and int(side["size"]) for side in (args.old_inputs, args.new_inputs)]
        outputs = [side and side.get("arn") for side in (args.old_outputs, args.new_outputs)]
        print(name, args.name, bool(args.id), inputs, [bool(arn) for arn in outputs], flush=True)
        if name in os.environ.get("FAILING", ""):
            raise ValueError("the hook says no")
    return pulumi.ResourceHook(name, tell, pulumi.ResourceHookOptions(**how))

hooks = pulumi.ResourceHookBinding(
    before_create=[hook("bc", on_dry_run=True)], after_create=[hook("ac")],
    before_update=[hook("bu")], after_update=[hook("au", ignore_errors=True)],
    before_delete=[hook("bd")], after_delete=[hook("ad")],
)
"""
A = HOOKS + "Thing('a', size={size}, opts=pulumi.ResourceOptions(hooks=hooks))"


def test_hooks_run_around_what_becomes_of_a_resource(project: Project) -> None:
    project.run("preview", A.format(size=1))
    assert project.printed() == ["bc a False [None, 1] [False, False]"], "in a preview only those that want to"
    assert project.up(A.format(size=1)).ok, project.texts()
    assert project.printed() == ["bc a False [None, 1] [False, False]", "ac a True [None, 1] [False, True]"]
    assert project.state("a").rest["resourceHooks"]["BeforeDelete"] == ["bd"]
    assert project.up(A.format(size=2)).ok
    assert project.printed() == ["bu a True [1, 2] [True, False]", "au a True [1, 2] [True, True]"]
    refused = project.run("destroy")
    assert isinstance(refused.failure, PlanError)
    assert "no program has registered: bd, ad" in str(refused.failure)
    assert project.up(HOOKS).ok, project.texts()
    assert project.printed() == ["bd a True [2, None] [True, False]", "ad a True [2, None] [True, False]"]
    assert not list(project.cloud.glob("a-*"))


def test_what_a_hook_before_a_step_refuses_is_not_done(project: Project, monkeypatch) -> None:
    monkeypatch.setenv("FAILING", "bc")
    outcome = project.up(A.format(size=1))
    assert isinstance(outcome.failure, ResourceFailed)
    assert "the hook 'bc' (BeforeCreate) failed: the hook says no" in project.texts()[0]
    assert not list(project.cloud.glob("a-*"))
    assert not project.snapshot.pending


def test_a_hook_that_fails_after_a_step_fails_the_run_and_what_was_done_is_recorded(
    project: Project, monkeypatch
) -> None:
    monkeypatch.setenv("FAILING", "ac au")
    outcome = project.up(A.format(size=1))
    assert isinstance(outcome.failure, ResourceFailed)
    assert project.state("a").id
    outcome = project.up(A.format(size=2))
    assert outcome.ok, "its failure is only a warning"
    assert "'au' (AfterUpdate) failed: the hook says no" in outcome.warnings[0]


def test_hooks_after_a_component_wait_for_its_outputs(project: Project) -> None:
    outcome = project.up(
        HOOKS
        + """
class Group(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("test:index:Group", name, {}, opts)
        thing = Thing("a", opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({"arn": thing.arn})
Group("g", pulumi.ResourceOptions(hooks=hooks))
"""
    )
    assert outcome.ok, project.texts()
    assert project.printed() == ["bc g False [None, None] [False, False]", "ac g False [None, None] [False, True]"]


def test_an_error_hook_may_have_an_operation_tried_again(project: Project) -> None:
    program = """
    def again(args):
        print(args.failed_operation, args.errors, flush=True)
        (cloud := __import__("pathlib").Path(os.environ["CLOUD"]) / "heal").touch()
        return len(args.errors) < 2
    hooks = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("again", again)])
    Thing("a", fail_until="heal", opts=pulumi.ResourceOptions(hooks=hooks))
    """
    outcome = project.up(program)
    assert outcome.ok, project.texts()
    assert project.printed() == ["create ['not yet']"]
    assert "again, as its hook asks (1 of at most 100)" in outcome.warnings[0]
    assert project.state("a").rest["resourceHooks"] == {"OnError": ["again"]}


def test_two_hooks_of_one_name_are_refused(project: Project) -> None:
    outcome = project.up(HOOKS + "hook('bc')\nThing('a', opts=pulumi.ResourceOptions(hooks=hooks))")
    assert isinstance(outcome.failure, ProgramFailed)
    assert "two hooks are called 'bc'" in "\n".join(project.texts())


def test_what_has_hooks_around_its_deletion_that_nobody_registered_is_not_deleted() -> None:
    world = World()
    world.up(things("a"))
    hooked = [
        replace(state, rest={"resourceHooks": {"BeforeDelete": ["log"]}}) if state.id else state
        for state in world.snapshot.resources
    ]
    world.snapshot = replace(world.snapshot, resources=tuple(hooked))
    outcome = world.destroy()
    assert isinstance(outcome.failure, PlanError)
    assert "--run-program" in str(outcome.failure)
    assert world.cloud.objects
