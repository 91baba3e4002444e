"""What an engine knows of a container adds to what its log tells: its volumes, and who is there to be called."""

import pytest
from tests.unit.rules.signatures.test_origins import BY_ID, list_failures

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import EnvironmentFacts, MountFacts, StateFacts, WorkloadPhase

REF = "docker:container/checkout/checkout"
DATA = MountFacts(path="/data", source="volume shop_data")
DEEP = MountFacts(path="/data/wal", source="volume shop_wal")
SRV = MountFacts(path="/srv", source="bind of /srv/shop")
LOCKED = MountFacts(path="/etc/redis", source="bind of /srv/conf", is_read_only=True)
FULL = "Write error saving DB on disk: No space left on device"
UNKNOWN = "Error -2 connecting to queue:6379. Name or service not known."


def container(scene, words, *mounts, ref=REF, variables=None, names=(), state=True):
    """Say what a container logs, what it has from outside, and what its environment holds."""
    facts = StateFacts(phase=WorkloadPhase.RUNNING, system_state="running", mounts=mounts, names=names)
    lines = ["it runs", *(f"mount: {one.source} at {one.path}" for one in mounts)]
    if state:
        scene.add(EvidenceKind.STATE, ref, lines, facts)
    if variables is not None:
        told = [f"{name}={value}" for name, value in variables.items()]
        scene.add(EvidenceKind.ENVIRONMENT, ref, told, EnvironmentFacts(variables=variables, origin="docker"))
    return scene.add(EvidenceKind.LOGS, ref, list_failures(words), {})


def test_volume_that_a_container_may_have_filled_is_named(scene):
    """A disk is full says nothing that a person could look up."""
    (found,) = container(scene, FULL, DATA, LOCKED).match(BY_ID["disk_full"])

    assert found.entity.ref == REF
    assert found.text.endswith(" It may write to volume shop_data at /data.")
    assert "docker system df -v" in found.person_must
    assert found.citations[-1].quote == "mount: volume shop_data at /data"


def test_volume_of_the_path_that_is_full_is_named_alone(scene):
    """The deepest one that holds it; what only begins alike does not."""
    words = "could not write /data/wal/000001: No space left on device"

    (found,) = container(scene, words, SRV, DATA, DEEP, MountFacts(path="/dat", source="tmpfs")).match(
        BY_ID["disk_full"]
    )

    assert found.text.endswith(" It writes to volume shop_wal at /data/wal.")


def test_others_that_may_write_to_a_full_volume_are_named(scene):
    """What fills it is often another one, a job of the night; who only reads there is not named."""
    temporary = MountFacts(path="/scratch", source="tmpfs")
    for name, mounts in (
        ("reports", (MountFacts(path="/out", source=DATA.source), temporary)),
        ("reader", (MountFacts(path="/in", source=DATA.source, is_read_only=True), temporary)),
        ("mail", (SRV,)),
    ):
        facts = StateFacts(phase=WorkloadPhase.STOPPED, system_state="exited", mounts=mounts)
        told = [f"{name} is exited", *(f"mount: {one.source} at {one.path}" for one in mounts)]
        scene.add(EvidenceKind.STATE, f"docker:container/{name}/{name}", told, facts)
    shared = StateFacts(phase=WorkloadPhase.RUNNING, system_state="running", mounts=(DATA,))
    scene.add(EvidenceKind.STATE, "supervisor:process/ledger", ["ledger runs"], shared)

    (found,) = container(scene, FULL, DATA, temporary).match(BY_ID["disk_full"])

    assert found.text.endswith(
        " It may write to volume shop_data at /data, tmpfs at /scratch. So may reports: see what they keep there."
    )
    assert found.citations[-1].quote == "mount: volume shop_data at /out"


def test_of_many_mounts_three_are_named(scene):
    """A card is no inventory."""
    more = [MountFacts(path=f"/m{number}", source="tmpfs") for number in range(3)]

    (found,) = container(scene, FULL, DATA, SRV, *more).match(BY_ID["disk_full"])

    assert found.text.endswith("volume shop_data at /data, bind of /srv/shop at /srv, tmpfs at /m0 and 2 more.")


@pytest.mark.parametrize(
    "values",
    [{}, {"mounts": (LOCKED,)}, {"mounts": (DATA,), "ref": "supervisor:process/checkout"}, {"state": False}],
    ids=["none", "read-only", "no container", "no state"],
)
def test_full_disk_without_a_volume_to_name_is_told_as_before(scene, values):
    """Nothing is made up."""
    mounts = values.pop("mounts", ())

    (found,) = container(scene, FULL, *mounts, **values).match(BY_ID["disk_full"])

    assert "write to" not in found.text


def test_variable_that_names_no_container_is_named(scene):
    """Docker answers for its containers' names: no resolver and no zone is to be asked."""
    container(scene, UNKNOWN, variables={"LEVEL": "info", "PORT": "6379", "REDIS_HOST": "queue"}, names=("worker",))

    (found,) = scene.match(BY_ID["dns_failure"])

    assert "No container that was looked at is called 'queue', and REDIS_HOST of checkout says so;" in found.text
    assert found.person_must.startswith("Correct REDIS_HOST of checkout, or give the container that is meant")
    assert found.citations[-1].quote == "REDIS_HOST=queue"


@pytest.mark.parametrize("address", ["redis://queue:6379/0", "redis://shop:x@queue/0", "queue:6379"])
def test_name_within_an_address_is_found(scene, address):
    """`redis://queue:6379/0` says the same."""
    container(scene, UNKNOWN, variables={"BROKER": address})

    assert "BROKER of checkout says so" in scene.match(BY_ID["dns_failure"])[0].text


@pytest.mark.parametrize(
    ("words", "variables", "others"),
    [
        (UNKNOWN, None, ()),
        (UNKNOWN, {"REDIS_HOST": "queue"}, ("queue",)),
        (UNKNOWN, {"REDIS_HOST": "<redacted 9f86d081>"}, ()),
        (UNKNOWN, {"MODE": "connecting.to", "DEBUG": "true"}, ()),
        ("lookup pay.example.com: no such host", {"PAY_HOST": "pay.example.com"}, ()),
        (UNKNOWN, {"OTHER_HOST": "db"}, ()),
        (UNKNOWN, {"REDIS_USER": "queue", "QUEUE_NAME": "queue", "APP_DB": "queue"}, ()),
    ],
    ids=["no variables", "a container has it", "not readable", "no hosts", "another server's", "another host", "users"],
)
def test_name_that_docker_may_know_is_asked_of_resolvers(scene, words, variables, others):
    """What is there and does not resolve, or is a name of the world outside, is the resolver's business."""
    for name in others:
        facts = StateFacts(phase=WorkloadPhase.RUNNING, system_state="running", names=(name,))
        scene.add(EvidenceKind.STATE, "docker:container/shop-other-1", ["it runs"], facts)

    (found,) = container(scene, words, variables=variables).match(BY_ID["dns_failure"])

    assert "No container" not in found.text
    assert found.person_must.startswith("Where checkout runs, run `getent hosts ")


def test_refusal_beside_a_name_that_was_known_is_no_missing_name(scene):
    """Only a failure to resolve speaks of the name."""
    lines = [*list_failures("lookup zone: no such host"), "2026-11-23T09:50:51Z ERROR queue: Connection refused"]
    container(scene, "unused", variables={"REDIS_HOST": "queue"})
    scene.evidence.pop()
    scene.add(EvidenceKind.LOGS, REF, lines, {})

    (found,) = scene.match(BY_ID["dns_failure"])

    assert "No container" not in found.text


def test_other_causes_outside_are_told_as_before(scene):
    """A certificate has no volume."""
    (found,) = container(scene, "x509: certificate has expired", DATA, variables={}).match(BY_ID["certificate_expired"])

    assert "volume" not in found.text


@pytest.mark.parametrize(
    ("ref", "version", "near"),
    [
        ("docker:container/queues/shop-queues-1", "base:12", "'queues', which is shop-queues-1, may be meant."),
        ("docker:container/mq/shop-mq-1", "registry:5000/queue:7 (0123)", "'mq', which is shop-mq-1, may be meant."),
        ("docker:container/shop-db-1", "postgres:16", ""),
        ("supervisor:process/queues", "", ""),
    ],
    ids=["spelt alike", "by its image", "another", "no container"],
)
def test_container_that_was_probably_meant_is_named(scene, ref, version, near):
    """A name that nobody has is mostly one that is spelt wrongly, or the product's in place of the service's."""
    facts = StateFacts(phase=WorkloadPhase.RUNNING, system_state="running", version=version)
    scene.add(EvidenceKind.STATE, ref, ["it runs"], facts)

    (found,) = container(scene, UNKNOWN, variables={"REDIS_HOST": "queue"}).match(BY_ID["dns_failure"])

    assert found.text.endswith(near or "while they run.")


def test_name_that_two_images_have_is_not_guessed_at(scene):
    """One of both may be meant, and nobody knows which; of one without a state not even the image is known."""
    for name in ("one", "two"):
        facts = StateFacts(phase=WorkloadPhase.RUNNING, system_state="running", version="queue:1")
        scene.add(EvidenceKind.STATE, f"docker:container/{name}", ["it runs"], facts)
    container(scene, "ready", ref="docker:container/three", state=False)

    (found,) = container(scene, UNKNOWN, variables={"REDIS_HOST": "queue"}).match(BY_ID["dns_failure"])

    assert "may be meant" not in found.text
