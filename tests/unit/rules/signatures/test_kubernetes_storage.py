import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_storage import SIGNATURES

MOUNTED = {
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "tmp", "emptyDir": {}}],
    "containers": [{"name": "app", "volumeMounts": [{"name": "data", "mountPath": "/var/lib/app"}]}],
}


PERMISSION = "mkdir: cannot create directory '/var/lib/app/db': Permission denied"


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('Multi-Attach error for volume "v" Volume is already used by pod(s) web-0', "volume_multi_attach"),
        ('MountVolume.SetUp failed for volume "v" : mount failed: Permission denied', "volume_mount_permission_denied"),
        ("MountVolume.SetUp failed: access denied by server while mounting", "volume_mount_permission_denied"),
        ("driver name x.csi not found in the list of registered CSI drivers", "volume_driver_missing"),
        ("MountVolume.SetUp failed: hostPath type check failed: /x is not a directory", "volume_source_missing"),
        ("MountVolume.SetUp failed: mount.nfs: Connection timed out", "volume_server_unreachable"),
        ("AttachVolume.Attach failed: timed out waiting for external-attacher of x.csi", "volume_attach_timeout"),
        ('AttachVolume.Attach failed: disk "d" is already attached to node n2', "volume_multi_attach"),
        ("MountVolume.SetUp failed: write: no space left on device", "volume_full"),
        ("MountVolume.MountDevice failed: wrong fs type, bad superblock", "volume_mount_failed"),
        ("Unable to attach or mount volumes: timed out waiting for the condition", "volume_mount_failed"),
    ],
)
def test_node_says_why_a_volume_does_not_come(message, cause):
    """The most exact wording takes it; the newest word counts."""
    town = Town().deployment().replica_set(existing=1).waiting("ContainerCreating")
    town.event("Pod", "web-1-a", "FailedMount", "Unable to attach or mount volumes: old", age_s=300)
    town.event("Pod", "web-1-a", "FailedMount", message, age_s=10)
    town.event("Pod", "web-1-a", "Pulling", message, sort="Normal", age_s=5)
    town.event("Pod", "web-1-a", "Odd", "something else", age_s=1)

    (found,) = town.find(SIGNATURES, cause)

    assert town.list_causes(SIGNATURES) == [cause]
    assert found.confidence == (0.6 if cause == "volume_mount_failed" else 0.9)


def test_missing_secret_is_no_trouble_of_the_volume():
    """It is mounted as one, but what is missing is the Secret."""
    town = Town().deployment().replica_set(existing=1).waiting("ContainerCreating")
    town.event("Pod", "web-1-a", "FailedMount", 'MountVolume.SetUp failed for volume "s" : secret "s" not found')

    assert town.list_causes(SIGNATURES) == []


def crashing(*lines, spec=MOUNTED):
    """Return a town whose container crashes after saying something."""
    town = Town().deployment(spec=spec).replica_set(existing=1).waiting("CrashLoopBackOff", spec=spec)
    return town.log("web-1-a", "starting", *lines)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (PERMISSION, "volume_mount_permission_denied"),
        ("write /var/lib/app/wal: No space left on device", "volume_full"),
        ("open /var/lib/app/x: Read-only file system", "read_only_file_system"),
    ],
)
def test_program_that_cannot_use_its_volume_says_so(line, cause):
    """The node is content; the log is not."""
    (found,) = crashing(line).find(SIGNATURES, cause)

    assert crashing(line).list_causes(SIGNATURES) == [cause]
    assert (found.confidence, found.quotes[0].text) == (0.75, line)


def test_permission_denied_elsewhere_is_not_the_volumes_fault():
    """Sockets, devices and the image's own files are worded alike; and without a volume there is none to blame."""
    assert crashing("bind 0.0.0.0:80: Permission denied").list_causes(SIGNATURES) == []
    assert crashing(PERMISSION, spec={"containers": [{"name": "app"}]}).list_causes(SIGNATURES) == []


def test_program_may_still_run_while_its_volume_fails_it():
    """A full disk or a forbidden one is a cause; a read-only path that it does without is not."""
    town = Town().deployment(ready=1, spec=MOUNTED).replica_set(existing=1, ready=1)
    town.pod(node="n1", ready=True, state={"running": {}}, spec=MOUNTED)
    town.log(
        "web-1-a", PERMISSION, "write /var/lib/app/wal: No space left on device", "open /etc/x: Read-only file system"
    )

    assert town.list_causes(SIGNATURES) == ["volume_full", "volume_mount_permission_denied"]


def test_file_named_without_a_path_lies_in_the_programs_data_directory():
    """A program that runs in its volume names its files relative to it."""
    relative = "Can't open or create append-only dir appendonlydir: Permission denied"

    assert crashing(relative).list_causes(SIGNATURES) == ["volume_mount_permission_denied"]
    assert crashing("open /etc/app.conf: permission denied").list_causes(SIGNATURES) == []
    assert crashing(relative, spec={"containers": [{"name": "app"}]}).list_causes(SIGNATURES) == []


def test_complaint_that_is_long_past_is_no_cause():
    """What keeps a program from working now is among the last that it said."""
    assert crashing("write: No space left on device", *["all is well now"] * 2000).list_causes(SIGNATURES) == []


def test_nodes_word_and_log_line_are_one_cause():
    """Two pods of one workload, one told by the node and one by its log."""
    town = crashing("write: No space left on device")
    town.waiting("ContainerCreating", name="web-1-b")
    town.event("Pod", "web-1-b", "FailedMount", "MountVolume.SetUp failed: no space left on device")

    (found,) = town.find(SIGNATURES, "volume_full")

    assert found.confidence == 0.9


def test_waiting_in_vain_is_less_than_the_reason_for_it():
    """The kubelet goes on saying that it waits, long after the volume could not be attached."""
    town = Town().deployment().replica_set(existing=1).waiting("ContainerCreating")
    town.event("Pod", "web-1-a", "FailedAttachVolume", 'Multi-Attach error for volume "v"', age_s=900)
    town.event("Pod", "web-1-a", "FailedMount", "Unable to attach or mount volumes: timed out", age_s=60)
    town.event("Pod", "web-1-a", "FailedMount", "Unable to attach or mount volumes: timed out too", age_s=10)

    assert len(town.find(SIGNATURES, "volume_multi_attach")) == 1
    assert town.find(SIGNATURES, "volume_mount_failed") == []


@pytest.mark.parametrize(("attached", "held"), [("v", 0), ("w", 1)])
def test_volume_is_held_elsewhere_until_it_is_attached_itself(attached, held):
    """A pod has several, and each is attached by itself."""
    town = Town().deployment().replica_set(existing=1).waiting("ContainerCreating")
    town.event("Pod", "web-1-a", "FailedAttachVolume", 'Multi-Attach error for volume "v"', age_s=900)
    text = f'AttachVolume.Attach succeeded for volume "{attached}"'
    town.event("Pod", "web-1-a", "SuccessfulAttachVolume", text, sort="Normal", age_s=60)

    assert len(town.find(SIGNATURES, "volume_multi_attach")) == held


def test_volume_that_was_attached_since_is_not_held_elsewhere():
    """What kept it away is over; what is said after that counts."""
    town = Town().deployment().replica_set(existing=1).waiting("ContainerCreating")
    town.event("Pod", "web-1-a", "FailedAttachVolume", 'Multi-Attach error for volume "v"', age_s=900)
    town.event("Pod", "web-1-a", "SuccessfulAttachVolume", "attached", sort="Normal", age_s=60)
    town.event("Pod", "web-1-a", "FailedMount", "Unable to attach or mount volumes: timed out", age_s=10)

    assert town.find(SIGNATURES, "volume_multi_attach") == []
    assert len(town.find(SIGNATURES, "volume_mount_failed")) == 1
