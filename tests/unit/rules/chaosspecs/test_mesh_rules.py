"""What our rules have against Chaos Mesh objects that Chaos Mesh itself would take."""

import pytest
from tests.unit.rules.chaosspecs.cases import SELECTOR, make_experiment, on_itself, put

from fermata.domain.experiment import FaultKind
from fermata.rules.chaosspecs.limits import SpecLimits
from fermata.rules.chaosspecs.mesh_flow import write_schedule, write_workflow
from fermata.rules.chaosspecs.mesh_write import write_object
from fermata.rules.chaosspecs.validation import validate_spec

DELAY = write_object(make_experiment())
KILL = write_object(on_itself(FaultKind.KILL))
ERROR = write_object(on_itself(FaultKind.ERROR, status=503))
SLOW = write_object(on_itself(FaultKind.LATENCY, latency_ms=90))
STRESS = write_object(on_itself(FaultKind.CPU, load_percent=80))
WORKFLOW = write_workflow(make_experiment())
SCHEDULE = write_schedule(make_experiment(), "30 10 * * 2")
STEP = {f"{step['name']}": f"spec.templates.{n}" for n, step in enumerate(WORKFLOW["spec"]["templates"])}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (put(DELAY, "kind", "IOChaos"), "kind: 'IOChaos' is none that is written here"),
        (put(DELAY, "kind", ["NetworkChaos"]), "is none that is written here"),
        (put(DELAY, "spec.duration", None), "spec.duration: without it nothing ends it"),
        (put(DELAY, "spec.duration", "soon"), "spec.duration: 'soon' is no duration"),
        (put(DELAY, "spec.duration", "0s"), "spec.duration: '0s' is no duration"),
        (put(DELAY, "spec.duration", "301s"), "spec.duration: 301s is longer than 300 s"),
        (put(DELAY, "spec.mode", "all"), "spec.mode: all takes every replica"),
        (put(DELAY, "spec.value", "1"), "spec.value: mode one takes none"),
        (put(put(DELAY, "spec.mode", "fixed"), "spec.value", "0"), "needs a whole number above 0"),
        (put(DELAY, "spec.mode", "fixed"), "needs a whole number above 0"),
        (put(put(DELAY, "spec.mode", "fixed-percent"), "spec.value", "60"), "60 % of the replicas are more than 50 %"),
        (put(put(DELAY, "spec.mode", "fixed-percent"), "spec.value", 40), "spec.value: input should be a valid string"),
        (put(DELAY, "spec.selector.namespaces", ["prod"]), "reaches beyond the object's own namespace"),
        (put(DELAY, "spec.selector.namespaces", []), "spec.selector.namespaces: "),
        (put(DELAY, "spec.selector.labelSelectors", {}), "spec.selector.labelSelectors: "),
        (put(DELAY, "spec.selector.expressionSelectors", []), "an expression may select what nobody meant"),
        (put(DELAY, "spec.selector.label_selectors", {"a": "b"}), "there is no such field"),
        (put(DELAY, "metadata.name", "Exp_1"), "metadata.name: "),
        (put(DELAY, "spec.delay", None), "spec.delay: action delay without it does nothing"),
        (put(DELAY, "spec.loss", {"loss": "25"}), "spec.loss: it does not belong to action delay"),
        (put(DELAY, "spec.delay.latency", "1m30s"), "'1m30s' needs exactly one unit"),
        (put(DELAY, "spec.delay.jitter", "1m30s"), "spec.delay.jitter: '1m30s' needs exactly one unit"),
        (put(DELAY, "spec.delay.latency", "0ms"), "spec.delay.latency: nothing is delayed"),
        (put(DELAY, "spec.delay.correlation", 25), "spec.delay.correlation: input should be a valid string"),
        (put(DELAY, "spec.target", None), "spec.target: without it all traffic of the pods is hit"),
        (put(DELAY, "spec.target.selector", SELECTOR), "it selects the same pods as the source"),
        (put(DELAY, "spec.target.mode", "fixed"), "spec.target.value: mode fixed needs a whole number"),
        (put(DELAY, "spec.direction", "both"), "spec.direction: only `to`"),
        (put(DELAY, "spec.direction", None), "spec.direction: only `to`"),
        (put(DELAY, "spec.remoteCluster", "prod"), "never in another cluster"),
        (put(KILL, "spec.containerNames", ["web"]), "container-kill needs it, and nothing else takes it"),
        (put(KILL, "spec.action", "container-kill"), "container-kill needs it"),
        (put(ERROR, "spec.replace", None), "exactly one of abort, delay and replace; there are 0"),
        (put(ERROR, "spec.abort", True), "exactly one of abort, delay and replace; there are 2"),
        (put(ERROR, "spec.target", "Request"), "only an answer's code is replaced here"),
        (put(ERROR, "spec.replace", {}), "only an answer's code is replaced here"),
        (put(ERROR, "spec.path", None), "say which requests"),
        (put(ERROR, "spec.port", 0), "spec.port: "),
        (put(SLOW, "spec.delay", "soon"), "'soon' is no duration above nothing"),
        (put(STRESS, "spec.stressors.cpu", None), "neither cpu nor memory"),
        (put(STRESS, "spec.stressors.cpu.load", "80"), "spec.stressors.cpu.load: input should be a valid integer"),
        (put(SCHEDULE, "spec.schedule", "* * * * *"), "more often than once an hour"),
        (put(SCHEDULE, "spec.concurrencyPolicy", None), "two of them run at once"),
        (put(SCHEDULE, "spec.concurrencyPolicy", "Allow"), "two of them run at once"),
        (put(SCHEDULE, "spec.historyLimit", None), "a pod-kill is never started again"),
        (put(SCHEDULE, "spec.startingDeadlineSeconds", None), "more than 100 missed starts"),
        (put(SCHEDULE, "spec.type", "PodChaos"), "PodChaos needs its own fault, and no other"),
        (put(SCHEDULE, "spec.networkChaos", None), "there is none"),
        (put(SCHEDULE, "spec.networkChaos.duration", None), "spec.networkChaos.duration: without it"),
        (put(SCHEDULE, "spec.networkChaos.mode", "all"), "spec.networkChaos.mode: all takes"),
        (put(SCHEDULE, "spec.workflow", WORKFLOW["spec"]), "NetworkChaos, Workflow"),
        (put(WORKFLOW, "spec.entry", "ghost"), "spec.entry: there is no template 'ghost'"),
        (put(WORKFLOW, f"{STEP['watch-1']}.name", "fault"), "two of them have the name fault"),
        (put(WORKFLOW, f"{STEP['fault']}.deadline", None), "a step without one may never end"),
        (put(WORKFLOW, f"{STEP['fault']}.deadline", "6m"), "6m is longer than 300 s"),
        (put(WORKFLOW, f"{STEP['rehearsal']}.deadline", "20m"), "20m is longer than 900 s"),
        (put(WORKFLOW, f"{STEP['rehearsal']}.deadline", "60s"), "60s is shorter than its children's"),
        (put(WORKFLOW, f"{STEP['under-fault']}.deadline", "60s"), "60s is shorter than its children's"),
        (put(WORKFLOW, f"{STEP['under-fault']}.children", ["ghost"]), "there is no template 'ghost'"),
        (put(WORKFLOW, f"{STEP['under-fault']}.children", ["rehearsal"]), "rehearsal comes back to under-fault"),
        (put(WORKFLOW, f"{STEP['under-fault']}.children", ["fault"]), "nothing comes to watch-1"),
        (put(WORKFLOW, f"{STEP['under-fault']}.children", None), "Serial and Parallel need them"),
        (put(WORKFLOW, f"{STEP['fault']}.children", ["baseline"]), "nothing else takes them"),
        (put(WORKFLOW, f"{STEP['fault']}.networkChaos.duration", "60s"), "not in a workflow"),
        (put(WORKFLOW, f"{STEP['fault']}.networkChaos", None), "a step NetworkChaos holds no fault"),
        (put(WORKFLOW, f"{STEP['watch-1']}.statusCheck", None), "a StatusCheck needs it"),
        (put(WORKFLOW, f"{STEP['watch-1']}.abortWithStatusCheck", False), "its failure ends nothing"),
        (put(WORKFLOW, f"{STEP['baseline-1']}.abortWithStatusCheck", None), "its failure ends nothing"),
        (put(WORKFLOW, f"{STEP['fault']}.abortWithStatusCheck", True), "nothing else takes it"),
        (put(WORKFLOW, f"{STEP['watch-1']}.statusCheck.mode", "Synchronous"), "nothing would end it early"),
        (put(WORKFLOW, f"{STEP['baseline-1']}.statusCheck.duration", None), "statusCheck.duration: without it"),
        (put(WORKFLOW, f"{STEP['baseline-1']}.statusCheck.duration", "40s"), "which would count as success"),
        (put(WORKFLOW, f"{STEP['watch-1']}.podChaos", KILL["spec"]), "a step StatusCheck holds PodChaos"),
        (put(WORKFLOW, f"{STEP['watch-1']}.statusCheck.http.url", "http://u:p@h/"), "statusCheck.http.url"),
        (put(WORKFLOW, "spec.templates", []), "spec.templates: "),
    ],
)
def test_unsafe_object_is_refused_with_its_place(document, words):
    """Each is a spec that somebody has been hurt by, or would be."""
    problems = validate_spec(document)

    assert any(words in problem for problem in problems), problems


def test_error_in_a_schedule_is_named_by_its_field():
    """HTTPChaos is written `httpChaos` there."""
    schedule = write_schedule(on_itself(FaultKind.ERROR, status=503), "30 10 * * 2")

    (problem,) = validate_spec(put(schedule, "spec.httpChaos.path", None))

    assert problem.startswith("spec.httpChaos.path:")


def test_schedule_of_a_workflow_is_checked_as_one():
    """What a schedule holds is no safer for being inside."""
    spec = {**SCHEDULE["spec"], "type": "Workflow", "workflow": WORKFLOW["spec"]}
    del spec["networkChaos"]
    schedule = {**SCHEDULE, "spec": spec}

    assert validate_spec(schedule) == ()
    assert "spec.workflow.entry" in validate_spec(put(schedule, "spec.workflow.entry", "ghost"))[0]


def test_group_without_children_needs_no_more_time_than_it_has():
    """What is missing is named once, not twice."""
    problems = validate_spec(put(WORKFLOW, f"{STEP['baseline']}.children", None))

    assert not any("shorter" in problem for problem in problems)


def test_wider_limits_allow_more():
    """The caps are the settings', not the rule's."""
    half = put(put(DELAY, "spec.mode", "random-max-percent"), "spec.value", "80")

    assert validate_spec(half, SpecLimits(max_percent=80)) == ()


def test_many_faults_of_shape_are_cut():
    """Thirty lines are read."""
    problems = validate_spec(put(DELAY, "spec.selector.labelSelectors", {f"k{n}": 1 for n in range(50)}))

    assert problems[-1] == "and 20 more"
