"""Two serials of a state are a change; what Terraform marks as sensitive is in neither."""

import json

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.kit.terraform_state import compare_states, parse_state


def state(serial, *, kind="aws_db_instance", sensitive=(), outputs=None, key=None, **attributes):
    """Give a state with one resource."""
    marks = [[{"type": "get_attr", "value": name}] for name in sensitive]
    instance = {"attributes": attributes, "sensitive_attributes": marks} | ({"index_key": key} if key else {})
    resource = {"type": kind, "name": "main", "instances": [instance]}
    return {"version": 4, "serial": serial, "lineage": "c0ffee-1", "outputs": outputs or {}, "resources": [resource]}


def test_step_between_serials_is_a_change(folder, texts):
    """A diff of what differs, under the resource's name; what is equal is left out."""
    folder.write("terraform/b.tfstate", state(12, size="small", tags={"team": "web"}))
    folder.write("terraform/a.tfstate", state(11, size="large", tags={"team": "web"}))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["kind"], item.facts["ref"], item.facts["diff_read"]) == ("terraform", "12", True)
    assert texts(item)[-3:] == [
        "@@ aws_db_instance.main @@",
        "-aws_db_instance.main.size = large",
        "+aws_db_instance.main.size = small",
    ]
    assert "gives no time" in item.cut


def test_record_of_the_serial_tells_when(folder):
    """Time, actor and id are the record's; the diff is the states'."""
    folder.write("terraform/a.tfstate", state(11, size="large"))
    folder.write("terraform/b.tfstate", state(12, size="small"))
    record = {"id": "tf-5", "kind": "terraform", "time": "2026-11-23T11:30:00Z", "number": 12, "actor": "ada"}
    folder.write("changes/tf.json", record)

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["id"], item.facts["author"], item.facts["diff_read"]) == ("tf-5", "ada", True)
    assert item.facts["changed_at"] == "2026-11-23T11:30:00Z"


def test_equal_serials_are_no_change(folder):
    """A serial also rises when nothing that is shown changed."""
    folder.write("logs/a.log", "x\n")
    folder.write("terraform/a.tfstate", state(11, size="large"))
    folder.write("terraform/b.tfstate", state(12, size="large"))

    assert folder.list_evidence(EvidenceKind.CHANGE) == []


def test_state_that_stands_alone_is_text(folder, texts):
    """Its values can be cited, its instances by their key."""
    folder.write("terraform/a.tfstate", state(11, size="large", key="eu", outputs={"url": {"value": "https://x"}}))

    item = folder.get_only(EvidenceKind.TEXT)

    assert texts(item) == ['aws_db_instance.main["eu"].size = large', "output.url = https://x"]


def test_sensitive_values_are_never_kept(folder):
    """Marked attributes, marked outputs, resources that are secrets, and names that give one away."""
    secret = {"value": "correct-horse-1", "sensitive": True}
    old = state(
        11, sensitive=("blob",), blob="correct-horse-2", admin_password="correct-horse-3", outputs={"o": secret}
    )
    new = state(12, kind="random_password", result="correct-horse-4")
    folder.write("terraform/a.tfstate", old)
    folder.write("terraform/b.tfstate", new)

    assert "correct-horse" not in str(folder.get_only(EvidenceKind.CHANGE).to_json())


def test_change_of_a_sensitive_value_does_not_show():
    """Not even that it changed: equal words stand on both sides."""
    old, new = (parse_state(state(n, sensitive=("p",), p=f"secret-{n}")) for n in (1, 2))

    assert compare_states(old, new) == ""


@pytest.mark.parametrize(("content", "reason"), [("{", "not JSON"), ("[1]", "no Terraform state"), ("{}", "no serial")])
def test_what_is_no_state_is_named(folder, content, reason):
    """The rest is read."""
    folder.write("logs/a.log", "x\n")
    folder.write("terraform/a.tfstate", content)

    assert reason in folder.read().warnings[0]


def test_long_values_that_begin_alike_are_told_apart():
    """What is cut is marked, and a change behind the cut is still one."""
    states = [parse_state({"serial": n, "outputs": {"x": {"value": "a" * 500 + str(n)}}}) for n in (1, 2)]

    first, second = (state.values["output.x"] for state in states)

    assert first != second
    assert "... (501 characters, sha256:" in first


def write_states(folder, *sizes):
    """Write serials of one resource in a module."""
    for serial, size in enumerate(sizes, start=11):
        resource = {"module": "module.q", "type": "a", "name": "b", "instances": [{"attributes": {"size": size}}]}
        state = {"version": 4, "serial": serial, "lineage": "c0ffee", "resources": [resource]}
        folder.write(f"terraform/{serial}.tfstate", state | {"outputs": {"s": {"value": size}}})


def list_events(address, action="update"):
    """Give the lines of `apply -json` of a run that completed one resource."""
    about = {"resource": {"addr": address, "resource_type": "a", "resource_name": "b"}, "action": action}
    head = {"@module": "terraform.ui", "@timestamp": "2026-11-23T11:42:00Z"}
    done = [{"type": "planned_change", "change": about}, {"type": "apply_complete", "hook": about}]
    over = {"type": "change_summary", "changes": {"operation": "apply"}}
    return "\n".join(json.dumps(head | event) for event in [*done, over])


def test_step_is_of_the_run_that_made_it(folder, texts):
    """The run tells when, the state what: one change."""
    write_states(folder, 1, 2)
    folder.write("terraform/apply.jsonl", list_events("module.q.a.b"))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["id"], item.facts["changed_at"]) == ("apply", "2026-11-23T11:42:00Z")
    assert item.facts["diff_read"]
    assert "+module.q.a.b.size = 2" in texts(item)


def test_step_of_a_run_that_tells_all_of_it_is_no_second_change(folder):
    """It is the same one."""
    write_states(folder, 1, 2)
    block = '  # module.q.a.b will be updated in-place\n  ~ resource "a" "b" {\n      ~ size = 1 -> 2\n    }\n'
    folder.write("terraform/apply.txt", f"{block}module.q.a.b: Modifications complete after 0s [id=x]\n")

    item = folder.get_only(EvidenceKind.CHANGE)

    assert item.facts["id"] == "apply"
    assert "diff: " not in item.cut


@pytest.mark.parametrize(("sizes", "address"), [((1, 2, 3), "module.q.a.b"), ((1, 2), "a.b")])
def test_step_that_another_run_may_have_made_stays_by_itself(folder, sizes, address):
    """Two steps of one resource, or a run of another resource: nobody knows."""
    write_states(folder, *sizes)
    folder.write("terraform/apply.jsonl", list_events(address))

    ids = [item.facts["id"] for item in folder.list_evidence(EvidenceKind.CHANGE)]

    assert ids == ["apply", *(f"c0ffee-serial-{serial}" for serial in range(12, 11 + len(sizes)))]
