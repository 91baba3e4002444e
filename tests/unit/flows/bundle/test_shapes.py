"""Records of other systems: told by their own fields, read into the facts that signatures read."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogPatternFacts, StateFacts, WorkloadPhase
from fermata.flows.bundle import shapes

CONTAINER = {
    "Id": "abc",
    "Name": "/cart",
    "RestartCount": 4,
    "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": True, "Pid": 0, "Health": {"Status": "unhealthy"}},
    "Config": {"Image": "cart:1", "Cmd": ["python", "app.py"], "Env": ["MODE=fast", "DB_PASSWORD=correct-horse-7"]},
    "HostConfig": {"Memory": 67108864, "RestartPolicy": {"Name": "always"}},
}


def read(folder, record):
    """Give the evidence of a record by its kind, read without a warning."""
    folder.write("objects/record.json", record)
    bundle = folder.read()
    assert bundle.warnings == ()
    return {item.kind: item for item in bundle.evidence}


def test_container_is_state_limit_and_environment(folder):
    """`docker inspect`: restarted by its policy again and again, killed for memory, with its limit and variables."""
    found = read(folder, [CONTAINER])

    state = StateFacts.from_json(found[EvidenceKind.STATE].facts)
    assert (state.phase, state.exit_code, state.exits, state.killed_for_memory) == (
        WorkloadPhase.CRASH_LOOP,
        137,
        4,
        True,
    )
    assert (state.command, state.version, state.pid) == ("python app.py", "cart:1", None)
    assert found[EvidenceKind.RESOURCES].facts["memory_limit_bytes"] == 67108864
    assert found[EvidenceKind.ENVIRONMENT].facts["variables"]["MODE"] == "fast"
    assert "correct-horse-7" not in str([item.to_json() for item in found.values()])
    assert {item.entity.ref for item in found.values()} == {"docker:container/cart"}


def test_running_container_has_no_end(folder):
    """Its exit code is that of nothing; without limit and variables there is only its state."""
    record = {"Id": "a", "State": {"Running": True, "ExitCode": 0, "Pid": 7, "StartedAt": "2026-11-23T12:00:00Z"}}

    found = read(folder, record)

    state = StateFacts.from_json(found[EvidenceKind.STATE].facts)
    assert (state.phase, state.exit_code, state.pid) == (WorkloadPhase.RUNNING, None, 7)
    assert state.started_at is not None
    assert set(found) == {EvidenceKind.STATE}


@pytest.mark.parametrize(
    ("record", "phase", "ref"),
    [
        ({"name": "cart", "statename": "FATAL", "pid": 0, "exitstatus": 1}, "crash_loop", "supervisor:process/cart"),
        ({"name": "cart", "group": "shop", "statename": "STOPPED"}, "stopped", "supervisor:process/shop/cart"),
        ({"name": "cart", "state": "running", "pid": 7, "started_at": 1795435200}, "running", "process/cart"),
        (
            {"Names": "cart", "State": "exited", "Status": "Exited (1)", "ExitCode": 1},
            "exited",
            "docker:container/cart",
        ),
        ({"processes": [{"name": "cart", "state": "stopped", "pid": 0}]}, "stopped", "process/cart"),
        ({"name": "cart", "state": "odd", "exit_code": 3}, "unknown", "process/cart"),
    ],
)
def test_process_is_a_state(folder, record, phase, ref):
    """Supervisord's words, or plainer ones; a word nobody knows is unknown."""
    item = read(folder, record)[EvidenceKind.STATE]

    assert (item.facts["phase"], item.entity.ref) == (phase, ref)


def test_memory_of_a_process_is_evidence_of_its_own(folder):
    """Usage against the limit."""
    found = read(folder, {"name": "c", "state": "running", "pid": 1, "memory_bytes": 9, "memory_limit_bytes": 10})

    assert found[EvidenceKind.RESOURCES].facts["memory_bytes"] == 9


@pytest.mark.parametrize("wrap", [lambda item: item, lambda item: {"service": "cart", "patterns": [item, item]}])
def test_log_patterns_keep_their_counts(folder, texts, wrap):
    """Pattern number n is line n."""
    item = read(folder, wrap({"service": "cart", "signature": "timeout *", "count": 12, "delta": 9}))[
        EvidenceKind.LOG_PATTERNS
    ]

    facts = LogPatternFacts.from_json(item.facts)
    assert (facts.patterns[0].service, facts.patterns[0].count, facts.patterns[0].delta) == ("cart", 12, 9)
    assert texts(item)[0] == "cart 12 (+9) timeout *"
    assert item.entity.ref == "service/cart"


def test_load_of_a_database_is_its_statements_and_waits(folder, texts):
    """A line for each, and the rest of the record below them."""
    record = {"database": "orders", "cpu": 97, "top_sql": [{"sql": "select 1", "load": 2}], "waits": ["io"]}

    item = read(folder, record)[EvidenceKind.DATABASE_LOAD]

    assert texts(item) == ['statement {"sql": "select 1", "load": 2}', "wait io", "database: orders", "cpu: 97"]
    assert item.entity.ref == "database/orders"


def test_sessions_of_a_database_are_its_load(folder, texts):
    """What runs right now, one line each: who, since when and what; a list of names is no list of sessions."""
    record = {"service": "orders-ro", "sessions": [{"usename": "kv", "query": "select 1"}, "idle"]}

    item = read(folder, record)[EvidenceKind.DATABASE_LOAD]

    assert texts(item) == ['session {"usename": "kv", "query": "select 1"}', "service: orders-ro"]
    assert item.entity.ref == "database/orders-ro"
    assert EvidenceKind.DATABASE_LOAD not in read(folder, {"service": "orders-ro", "sessions": ["ann", "bob"]})


def test_monitor_is_text_with_its_state(folder):
    """Its query and state can be cited."""
    item = read(folder, {"name": "errors", "query": "avg:x > 3", "overall_state": "Alert"})[EvidenceKind.TEXT]

    assert "monitor errors is Alert" in item.title
    assert item.entity.ref == "monitor/errors"


def test_patterns_beyond_the_limit_are_cut_and_said(folder, monkeypatch):
    """Nobody takes the first ones for all."""
    monkeypatch.setattr(shapes, "_MOST_PATTERNS", 2)
    patterns = [{"service": "cart", "signature": f"error {n}", "count": 1} for n in range(3)]
    folder.write("objects/p.json", {"patterns": patterns})

    assert folder.get_only("log_patterns").cut == "first 2 of 3 patterns"
