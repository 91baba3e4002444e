"""What kernels of plain machines say they did to programs."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ObjectFacts
from fermata.rules.signatures.kernel_words import SIGNATURES
from fermata.rules.signatures.telemetry import SIGNATURES as TELEMETRY

KILL = (
    "Nov 26 02:57:55 db1 kernel: Out of memory: Killed process 912 (mariadbd) total-vm:4136844kB, anon-rss:2487332kB, "
    "file-rss:0kB, shmem-rss:0kB, UID:106 pgtables:5304kB oom_score_adj:0"
)
REFUSED = "ERROR OperationalError: (2003, \"Can't connect to MySQL server on 'db1' (111)\")"
TABLE = "Nov 26 02:57:5{} gw1 kernel: [39665.1] nf_conntrack: nf_conntrack: table full, dropping packet"


def write(scene, name, *lines):
    """Add a log that works for a while and then says something."""
    calm = [f"INFO handled request {number} in 20 ms" for number in range(120)]
    scene.add(EvidenceKind.LOGS, f"service/{name}", [*calm, *lines], {})


def list_causes(scene):
    """Return what leads to what, best first."""
    return [(item.cause, item.entity.ref) for item in scene.diagnose().hypotheses]


def test_killed_program_explains_those_who_call_its_host(scene):
    """The log of the machine says why nobody listens there."""
    write(scene, "shop", *(f"{REFUSED} {number}" for number in range(20)))
    write(scene, "journal", KILL, "Nov 26 02:57:56 db1 systemd[1]: Started Session 8 of user ada.")

    first = scene.diagnose().hypotheses[0]

    assert list_causes(scene)[:2] == [
        ("process_killed_for_memory", "service/mariadbd"),
        ("callee_unreachable", "service/db1"),
    ]
    assert first.text == "The kernel of db1 killed mariadbd: the host has no memory left."
    assert first.person_must.startswith("Find out what takes the memory of db1")


def test_kill_by_a_limit_is_told_apart(scene):
    """The host may have room; what `dmesg` prints names no host."""
    write(scene, "postgres", *(f"ERROR could not fork {number}" for number in range(20)))
    write(scene, "dmesg", "[9.1] Memory cgroup out of memory: Killed process 7 (postgres) total-vm:1kB, anon-rss:1kB")

    first = scene.diagnose().hypotheses[0]

    assert first.text == "The kernel killed postgres: its group of processes has used up its limit."
    assert first.person_must.startswith("Raise the limit")


@pytest.mark.parametrize(("name", "first"), [("next-server (v1", "next-server"), ("PM2 v5.3.0: G", "PM2")])
def test_killed_program_is_named_by_its_first_word(scene, name, first):
    """What a program calls itself may hold blanks and brackets, and the kernel cuts it after 15 characters."""
    write(scene, "dmesg", f"[9.1] Out of memory: Killed process 7 ({name}) total-vm:1kB, anon-rss:1kB (x)")

    cluster = scene.build().cluster
    (claim,) = (claim for signature in SIGNATURES for claim in signature.find(cluster))

    assert claim.subject.ref == f"service/{first}"


@pytest.mark.parametrize("later", [0, 200])
def test_kill_of_long_ago_or_of_a_stranger_explains_nothing(scene, later):
    """Another host's caller fails for another reason; and what was killed long ago has been started since."""
    callee = "db1" if later else "db9"
    write(scene, "shop", *(f"{REFUSED.replace('db1', callee)} {number}" for number in range(20)))
    write(scene, "journal", KILL, *(f"INFO handled request {number} in 20 ms" for number in range(later)))

    assert list_causes(scene)[0] == ("callee_unreachable", f"service/{callee}")


@pytest.mark.parametrize(
    ("log", "host", "confidence"), [("shop", "db1", 0.85), ("mariadbd", "db9", 0.85), ("shop", "db9", 0.5)]
)
def test_kill_is_surely_to_blame_where_it_is_felt(scene, log, host, confidence):
    """Whether it matters that some program of some machine was killed, only those tell who miss it."""
    write(scene, log, *(f"{REFUSED.replace('db1', host)} {number}" for number in range(20)))
    write(scene, "journal", KILL)

    killed = next(item for item in scene.diagnose().hypotheses if item.cause == "process_killed_for_memory")

    assert killed.confidence == confidence


INVOKED = "Nov 26 02:57:55 db1 kernel: mariadbd invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE), order=0"


@pytest.mark.parametrize(
    ("log", "lines", "found"),
    [
        ("journal", (INVOKED, KILL), ("process_killed_for_memory", "service/mariadbd")),
        ("dmesg", (KILL.partition("kernel: ")[2],), ("process_killed_for_memory", "service/mariadbd")),
        ("host7", (KILL.partition("kernel: ")[2].replace("mariadbd", "shop"),),
         ("process_killed_for_memory", "service/shop")),
        ("api", (KILL.partition("kernel: ")[2],), ("program_memory_exhausted", "service/api")),
    ],
)  # fmt: skip
def test_one_kill_is_told_once(scene, log, lines, found):
    """A machine's log names whom it killed; what a platform writes into a program's own log is of that program."""
    write(scene, "shop", *(f"{REFUSED} {number}" for number in range(20)))
    write(scene, log, *lines)

    told = [pair for pair in list_causes(scene) if pair[0] in ("process_killed_for_memory", "program_memory_exhausted")]

    assert told == [found]


def test_program_beside_a_machine_has_its_own_words(scene):
    """A log of a machine may also hold what a program says of its memory."""
    write(scene, "journal", KILL, *(f"java.lang.OutOfMemoryError: Java heap space {number}" for number in range(9)))

    assert {"process_killed_for_memory", "program_memory_exhausted"} <= {cause for cause, _ in list_causes(scene)}


def test_kill_without_a_name_is_not_read(scene):
    """The kernel's words, and nothing that only begins like them."""
    write(scene, "shop", *(f"ERROR out of memory: Killed by hand {number}" for number in range(20)))

    assert "process_killed_for_memory" not in dict(list_causes(scene))


def test_full_table_explains_those_who_wait(scene):
    """Packets that are dropped look like a host that does not answer."""
    write(scene, "api", *(f"ERROR dial tcp 10.0.7.4:8080: i/o timeout {number}" for number in range(20)))
    write(scene, "kern", *(TABLE.format(number) for number in range(9)))

    assert list_causes(scene)[0] == ("connection_table_full", "service/gw1")


def test_full_table_without_a_host_is_its_logs(scene):
    """`dmesg` names none; who was refused did not wait in vain."""
    write(scene, "api", *(f"ERROR dial tcp 10.0.7.4:8080: connection refused {number}" for number in range(20)))
    write(scene, "kern", *(TABLE.format(number).partition("kernel: ")[2] for number in range(9)))

    cluster = scene.build().cluster
    (claim,) = (claim for signature in SIGNATURES for claim in signature.find(cluster))

    assert (claim.subject.ref, claim.explains) == ("service/kern", frozenset({"service/kern"}))


def test_objects_speak_for_themselves(scene):
    """Where workloads are known, nobody has to guess by logs."""
    write(scene, "kern", KILL, *(TABLE.format(number) for number in range(9)))
    table = ["NAME   READY   UP-TO-DATE   AVAILABLE   AGE", "kern   1/1     1            1           9d"]
    query = "kubectl get deployments -n shop"
    scene.add(EvidenceKind.OBJECTS, "kubernetes:namespace/shop", table, ObjectFacts(form="kubectl"), query=query)

    cluster = scene.build().cluster

    assert [claim for signature in SIGNATURES for claim in signature.find(cluster)] == []


def test_they_are_part_of_the_catalogue():
    """No action is taken by any."""
    assert {signature.id for signature in SIGNATURES} < {signature.id for signature in TELEMETRY}
    assert all(signature.action.startswith("none: a person must") for signature in SIGNATURES)
