"""Terraform's runs as machines read them: plans as JSON, and progress as one object a line."""

import json
from time import process_time

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.plan_json import read_machine_run

WINDOW = "version: 1\nwindow: {start: 2026-11-23T11:00:00Z, end: 2026-11-23T12:00:00Z}\n"
RECORD = {"id": "tf-5", "kind": "terraform", "time": "2026-11-23T11:30:00Z", "actor": "ada", "title": "Open it"}


def plan(*changes, drift=()):
    """Give what `terraform show -json` prints of a plan."""
    return {"format_version": "1.2", "planned_values": {}, "resource_changes": changes, "resource_drift": drift}


def change(address, *actions, **sides):
    """Give one resource's change; sides are named as Terraform names them."""
    return {"address": address, "mode": "managed", "change": {"actions": actions, **sides}}


def event(kind, address="", action="", *, at="2026-11-23T11:41:00Z", **parts):
    """Give one line of `terraform apply -json`."""
    kind_of, _, name = address.rpartition(".")
    about = {"resource": {"addr": address, "resource_type": kind_of, "resource_name": name}, "action": action}
    own = {"change" if kind in ("planned_change", "resource_drift") else "hook": about} if address else {}
    return json.dumps({"@level": "info", "@module": "terraform.ui", "@timestamp": at, "type": kind} | own | parts)


def fail(summary):
    """Give the line of an error."""
    return event("diagnostic", diagnostic={"severity": "error", "summary": summary, "detail": "x"})


def summarise(operation):
    """Give the line that ends a plan or what was applied."""
    return event("change_summary", changes={"add": 1, "change": 1, "remove": 1, "operation": operation})


PLANNED = [
    event("planned_change", "aws_instance.web", "replace"),
    event("planned_change", "aws_security_group.rds", "update"),
    event("planned_change", "aws_eip.old", "delete"),
    event("planned_change", "aws_eip.kept", "noop"),
    summarise("plan"),
]
DONE = event("apply_complete", "aws_eip.old", "delete", at="2026-11-23T11:42:00Z")
GONE = '@@ aws_eip.old @@\n-resource "aws_eip" "old"'
MADE = event("apply_complete", "aws_instance.web", "create", at="2026-11-23T11:42:00Z")


def test_plan_as_json_is_written_as_a_diff():
    """Under each resource what differs; what stays, is only read, is not set or is a secret is left out."""
    text = json.dumps(
        plan(
            change(
                "module.data.aws_db_instance.main", "update",
                before={"class": "m5.large", "tags": {"team": "web"}, "arn": "a:1", "x": None, "password": "one"},
                after={"class": "m5.small", "tags": {"team": "web"}, "x": None, "password": "two", "ports": [80]},
                after_unknown={"arn": True, "tags": {"team": False}}, before_sensitive={"password": True},
                after_sensitive={"password": True},
            ),
            change("aws_eip.old", "delete", before={"public": True}, after=None),
            change("aws_eip.kept", "no-op", before={"a": 1}, after={"a": 1}),
            change("aws_eip.same", "update", before={"a": 1}, after={"a": 1}),
            change("data.aws_ami.x", "read", before=None, after={"a": 1}),
            {"address": "aws_eip.odd"},
        )
    )  # fmt: skip

    run = read_machine_run(text)

    assert (run.state, run.drift, run.error) == (UNCONFIRMED, "", "")
    assert run.diff.split("\n") == [
        "@@ module.data.aws_db_instance.main @@",
        "-  arn = a:1",
        "+  arn = (known after apply)",
        "-  class = m5.large",
        "+  class = m5.small",
        "+  ports.0 = 80",
        "@@ aws_eip.old @@",
        "-  public = true",
    ]


def test_plan_of_many_unknown_values_is_read_in_linear_time():
    """A resource that is made anew has each of its values told after the apply."""
    sides = {side: {f"{side}{number}": True for number in range(6_000)} for side in ("before", "after_unknown")}
    text = json.dumps(plan(change("aws_instance.web", "update", after={}, **sides)))
    began = process_time()

    read_machine_run(text)

    assert process_time() - began < 2


def test_drift_of_a_plan_is_told_apart():
    """It is in effect, whoever did it."""
    drift = change("aws_sg.a", "update", before={"open": False}, after={"open": True})

    run = read_machine_run(json.dumps(plan(drift=[drift])))

    assert (run.diff, run.drift) == ("", "@@ aws_sg.a @@\n-  open = false\n+  open = true")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"resource_changes": []}',
        '{"resource_changes": [',
        '[{"resource_changes": [], "format_version": "1.2"}]',
        '{"format_version": "1.0", "values": {}}',
        '{"@module": "other", "type": "planned_change"}',
    ],
)
def test_other_json_is_no_run(text):
    """Neither a plan nor its progress, or cut off."""
    assert read_machine_run(text) is None


@pytest.mark.parametrize(
    ("lines", "state", "diff", "untold", "error"),
    [
        ([], UNCONFIRMED, GONE, 2, ""),
        (["{cut", '{"@module": "terraform.ui"', event("apply_start", "aws_eip.old")], UNCONFIRMED, GONE, 2, ""),
        ([event("apply_complete", "data.a.b", "read")], UNCONFIRMED, GONE, 2, ""),
        ([event("apply_complete", "aws_eip.kept", ["noop"])], "partly applied", "", 0, ""),
        ([DONE], "partly applied", GONE, 0, ""),
        ([MADE], "partly applied", "", 1, ""),
        ([DONE, fail("creating it: denied"), fail("b")], "partly applied", GONE, 0, "creating it: denied"),
        ([fail("creating it: denied")], "failed", "", 0, "creating it: denied"),
        ([fail("")], "failed", "", 0, "an error without words"),
        ([DONE, summarise("apply")], "applied", GONE, 2, ""),
        ([summarise("apply"), DONE, fail("late")], "partly applied", GONE, 0, "late"),
        ([fail("early"), DONE, summarise("destroy")], "applied", GONE, 2, "early"),
    ],
)  # fmt: skip
def test_run_has_done_what_its_lines_tell(lines, state, diff, untold, error):
    """As of its text: what it completed stays, and the last end counts."""
    run = read_machine_run("\n".join(["Initializing...", *PLANNED, *lines]))

    assert (run.state, run.diff, len(run.untold), run.error) == (state, diff, untold, error)


def test_times_of_a_run_are_its_own():
    """When it took its last step; a plan cannot have been applied before it was made."""
    run = read_machine_run("\n".join([*PLANNED, DONE, summarise("apply")]))

    assert run.at.isoformat() == "2026-11-23T11:42:00+00:00"
    assert run.done == ("aws_eip.old",)
    assert read_machine_run("\n".join(PLANNED)).at.isoformat() == "2026-11-23T11:41:00+00:00"
    assert read_machine_run(json.dumps(plan() | {"timestamp": "2026-11-23T11:40:00Z"})).at.minute == 40


@pytest.mark.parametrize("name", ["terraform/plan.json", "changes/plan.json", "terraform/plan.txt"])
def test_plan_of_a_file_is_the_diff_of_its_run(folder, name):
    """Wherever it lies, and whatever its ending."""
    folder.write("changes/tf.json", RECORD)
    folder.write(name, json.dumps(plan(change("aws_eip.a", "update", before={"size": "9"}, after={"size": "2"}))))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["id"], item.facts["diff_read"]) == ("tf-5", True)
    assert [line.text for line in item.lines][-2:] == ["-  size = 9", "+  size = 2"]


@pytest.mark.parametrize("name", ["terraform/apply.jsonl", "changes/apply.json", "terraform/apply.txt"])
def test_run_of_a_file_is_a_change_with_its_time(folder, name):
    """And with what it does not tell."""
    folder.write("bundle.yaml", WINDOW)
    folder.write(name, "\n".join([*PLANNED, DONE, summarise("apply")]))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["state"], item.facts["changed_at"]) == ("applied", "2026-11-23T11:42:00Z")
    assert item.cut == "it does not tell what it changes of aws_instance.web, aws_security_group.rds"


def test_run_that_only_updates_is_unread(folder):
    """It happened, and nobody knows what it changed; of many a few are named."""
    lines = [event("planned_change", f"aws_sg.n{number}", "update") for number in range(7)]
    folder.write("bundle.yaml", WINDOW)
    folder.write("terraform/apply.json", "\n".join([*lines, summarise("apply")]))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["state"], item.facts["diff_read"]) == ("applied", False)
    assert item.facts["changed_at"] == "2026-11-23T11:41:00Z"
    assert "aws_sg.n4 and 2 more" in item.cut


@pytest.mark.parametrize("action", ["update", "replace"])
def test_what_was_found_and_not_told_is_a_remark(folder, action):
    """Providers write down anew at each look what was so already: as a change of its own it would be everywhere."""
    drift = event("resource_drift", "aws_eip.a", action)
    folder.write("bundle.yaml", WINDOW)
    folder.write("terraform/apply.json", "\n".join([drift, *PLANNED, DONE, summarise("apply")]))

    cut = folder.get_only(EvidenceKind.CHANGE).cut

    assert cut.endswith("; what it found changed outside of Terraform is not told of aws_eip.a")


def test_replacement_has_the_values_of_its_plan(folder):
    """Where that lies beside it."""
    sides = {"before": {"size": "9"}, "after": {"size": "2"}}
    planned = [
        change("aws_instance.web", "delete", "create", **sides),
        change("aws_eip.old", "delete", before={"a": 1}),
    ]
    folder.write("terraform/plan.json", json.dumps(plan(*planned)))
    folder.write("terraform/apply.json", "\n".join([PLANNED[0], PLANNED[2], MADE, DONE, summarise("apply")]))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["id"], item.facts["diff_read"], item.cut) == ("apply", True, "")
    assert "+  size = 2" in [line.text for line in item.lines]


def test_run_that_an_error_ended_is_kept(folder):
    """As of its text, and what changed outside of it is a change of its own."""
    drift = event("resource_drift", "aws_eip.a", "delete")
    folder.write("bundle.yaml", WINDOW)
    folder.write("terraform/apply.ndjson", "\n".join([drift, *PLANNED, fail("creating it: denied")]))

    bundle = folder.read()

    assert bundle.warnings == (
        "terraform/apply.ndjson: nothing is known to be applied by this run, which ended with: creating it: denied",
    )
    assert [item.kind for item in bundle.evidence] == [EvidenceKind.TEXT, EvidenceKind.CHANGE]
    assert bundle.evidence[1].facts["id"] == "apply-drift"


def test_plan_that_only_updates_keeps_both_that_it_does_not_tell(folder):
    """Neither when it was made, nor what it would change."""
    folder.write("bundle.yaml", WINDOW)
    folder.write("terraform/plan.json", event("planned_change", "aws_sg.a", "update").replace("@timestamp", "@at"))

    cut = folder.get_only(EvidenceKind.CHANGE).cut

    assert cut.startswith("it does not tell what it changes of aws_sg.a; the source gives no time")


def test_state_that_cannot_be_read_is_named(folder):
    """By whoever reads states."""
    folder.write("logs/a.log", "x\n")
    folder.write("terraform/a.json", "{")

    assert folder.read().warnings[0].startswith("terraform/a.json")
