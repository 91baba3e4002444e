import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_claims import SIGNATURES, claims_of, find_user

MOUNTED = {
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "tmp", "emptyDir": {}}],
    "containers": [{"name": "app", "volumeMounts": [{"name": "data", "mountPath": "/var/lib/app"}]}],
}


class Disks(Town):
    """A town with a claim that a waiting pod mounts, and volumes."""

    def claim(self, name="data", *, size="1Gi", modes=("ReadWriteOnce",), phase="Pending", **spec):
        """Add a claim; without size and modes it is one that kubectl described."""
        if size:
            spec = {"resources": {"requests": {"storage": size}}, "accessModes": list(modes)} | spec
        return self.add("PersistentVolumeClaim", name, spec=spec, status={"phase": phase})

    def volume(self, name="data-pv", *, size="1Gi", modes=("ReadWriteOnce",), labels=None, holder=None, **spec):
        """Add a volume; `holder` is the name of the claim that has it."""
        if holder:
            spec["claimRef"] = {"namespace": "shop", "name": holder}
        spec = {"capacity": {"storage": size}, "accessModes": list(modes)} | spec
        return self.add("PersistentVolume", name, "", labels=labels, spec=spec)

    def user(self):
        """Add the workload and the pod that mount the claim."""
        return self.deployment(spec=MOUNTED).replica_set(existing=1).pod(spec=MOUNTED)

    def said(self, message, reason="FailedBinding"):
        """Add what the binder said of the claim."""
        return self.event("PersistentVolumeClaim", "data", reason, message, sort="Normal")


@pytest.mark.parametrize(
    ("claim", "volume", "cause"),
    [
        ({"storageClassName": "fast"}, {"storageClassName": "slow"}, "pvc_storage_class_mismatch"),
        ({"storageClassName": "fast"}, {}, "pvc_storage_class_mismatch"),
        ({"selector": {"matchLabels": {"tier": "db"}}}, {"labels": {"tier": "web"}}, "pvc_selector_mismatch"),
        ({}, {"holder": "other"}, "pv_binding_occupied"),
        ({"modes": ["ReadWriteMany"]}, {}, "pvc_access_mode_mismatch"),
        ({"modes": ["RWX"]}, {"modes": ["RWO"]}, "pvc_access_mode_mismatch"),
        ({"size": "10Gi"}, {"size": "1Gi"}, "pvc_capacity_mismatch"),
    ],
)
def test_pending_claim_is_compared_with_the_volume(claim, volume, cause):
    """What alone differs is the cause, and it sits in the workload that waits for the claim."""
    town = Disks().claim(**claim).volume(**volume).user()

    (found,) = town.find(SIGNATURES, cause)

    assert town.list_causes(SIGNATURES) == [cause]
    assert found.subject.ref == "kubernetes:deployment/shop/web"
    assert found.confidence == 0.9
    assert {"kubernetes:persistentvolumeclaim/shop/data", "kubernetes:pod/shop/web-1-a"} <= found.explains


def test_nearest_volume_is_the_one_that_was_meant():
    """A volume that misses by everything says nothing about the one that misses by its size alone."""
    town = Disks().claim(size="5Gi").volume("other", modes=["ROX"], holder="x", size="1Gi").volume(size="2Gi").user()

    assert town.list_causes(SIGNATURES) == ["pvc_capacity_mismatch"]


def test_volume_of_the_same_name_is_meant_among_equals():
    """Names are the last straw: by name, or as the claim itself says."""
    alike = Disks().claim(size="5Gi").volume("zzz", holder="x", size="9Gi").volume("data-pv", size="2Gi").user()
    named = Disks().claim(size="5Gi", volumeName="zzz").volume("data-pv", size="2Gi")
    named.volume("zzz", size="9Gi", holder="x").user()

    assert alike.list_causes(SIGNATURES) == ["pvc_capacity_mismatch"]
    assert named.list_causes(SIGNATURES) == ["pv_binding_occupied"]


def test_own_claim_on_a_volume_is_no_conflict():
    """A volume may be reserved for exactly this claim."""
    assert Disks().claim(size="5Gi").volume(holder="data").user().list_causes(SIGNATURES) == ["pvc_capacity_mismatch"]


@pytest.mark.parametrize(
    ("modes", "cause"), [(["RWO"], "pvc_capacity_mismatch"), (["ROX"], "pvc_access_mode_mismatch")]
)
def test_claim_whose_wishes_were_not_printed_is_guessed_at_modestly(modes, cause):
    """A pending claim is described without size and modes: the usual mode decides, and the number says so."""
    (found,) = Disks().claim(size="").volume(modes=modes).user().find(SIGNATURES, cause)

    assert found.confidence == 0.5


def test_labels_of_a_volume_speak_of_a_selector():
    """A volume made by hand carries them for claims that select it; topology labels are the cluster's own."""
    labelled = Disks().claim(size="").volume(labels={"tier": "db"}).user()
    zoned = Disks().claim(size="").volume(labels={"topology.kubernetes.io/zone": "a"}).user()

    assert labelled.list_causes(SIGNATURES) == ["pvc_selector_mismatch"]
    assert zoned.list_causes(SIGNATURES) == ["pvc_capacity_mismatch"]


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('storageclass.storage.k8s.io "fast" not found', "pvc_storage_class_mismatch"),
        ('Cannot bind to requested volume "v": storageClassName does not match', "pvc_storage_class_mismatch"),
        ('volume "v" already bound to a different claim.', "pv_binding_occupied"),
        ('Cannot bind to requested volume "v": requested PV is too small', "pvc_capacity_mismatch"),
        ('Cannot bind to requested volume "v": incompatible accessMode', "pvc_access_mode_mismatch"),
        ('Cannot bind to requested volume "v": incompatible volumeMode', "pvc_volume_mode_mismatch"),
        ('failed to provision volume with StorageClass "x": quota', "volume_provisioning_failed"),
        ("waiting for a volume to be created, either by external provisioner", "volume_provisioner_missing"),
    ],
)
def test_binders_own_words_win(message, cause):
    """They are worth more than a comparison, which would blame the size here."""
    town = Disks().claim(size="9Gi").volume().user().said(message).said("something else")

    (found,) = town.find(SIGNATURES, cause)

    assert town.list_causes(SIGNATURES) == [cause]
    assert found.confidence == 0.95


def test_claim_that_waits_for_its_first_pod_is_well():
    """Its class says so."""
    words = "waiting for first consumer to be created before binding"

    assert Disks().claim().volume(size="1Mi").said(words, "WaitForFirstConsumer").list_causes(SIGNATURES) == []


def test_claim_without_any_volume_or_class_has_nobody_to_serve_it():
    """A complete list without volumes, and no class that would make one."""
    empty = Disks().claim().user().listing("persistentvolumes")
    unknown = Disks().claim().user()
    dynamic = Disks().claim(storageClassName="fast").user().listing("persistentvolumes")

    assert empty.list_causes(SIGNATURES) == ["missing_persistent_volume"]
    assert unknown.list_causes(SIGNATURES) == []
    assert dynamic.list_causes(SIGNATURES) == []


def test_bound_claim_has_no_cause():
    """Whatever else differs from the volumes around."""
    assert Disks().claim(phase="Bound").volume(size="1Mi").user().list_causes(SIGNATURES) == []


def test_claim_nobody_is_known_to_mount_stands_for_itself():
    """It is unbound all the same."""
    (found,) = Disks().claim(size="9Gi").volume().find(SIGNATURES, "pvc_capacity_mismatch")

    assert found.subject.ref == "kubernetes:persistentvolumeclaim/shop/data"
    assert found.explains == {"kubernetes:persistentvolumeclaim/shop/data"}


def test_user_of_a_claim_is_found_by_pod_or_template():
    """Pods first; a workload without pods by what it would mount; nobody else."""
    town = Disks().claim().deployment("idle").deployment("web", spec=MOUNTED).build()
    bare = Disks().claim().pod("two", None).pod("one", None, spec=MOUNTED).build()
    (claim,) = town.list("PersistentVolumeClaim")

    assert find_user(town, claim).name == "web"
    assert find_user(bare, claim).name == "one"
    assert claims_of(bare.list("Pod")[0]) == []


def lacking():
    """Return a town whose pod waits for a claim that does not exist."""
    message = '0/3 nodes are available: persistentvolumeclaim "data" not found. preemption: none.'
    return Disks().user().event("Pod", "web-1-a", "FailedScheduling", message)


def test_claim_that_does_not_exist_is_named():
    """The pod waits for it, whoever forgot it."""
    (found,) = lacking().listing("pvc").pod("web-1-b", spec=MOUNTED).find(SIGNATURES, "missing_volume_claim")

    assert found.subject.name == "web"


def test_claim_made_since_or_refused_by_quota_is_not_missing():
    """The scheduler tries again; and a storage quota explains the hole better."""
    made = lacking().claim(phase="Bound")
    limited = lacking().add("ResourceQuota", "q", status={"hard": {"pods": "9", "requests.storage": "1Gi"}})
    waiting = Disks().user().event("Pod", "web-1-a", "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.")

    assert [town.list_causes(SIGNATURES) for town in (made, limited, waiting)] == [[], [], []]


def test_quota_of_other_things_leaves_the_claim_missing():
    """A quota for pods limits no claim."""
    town = lacking().add("ResourceQuota", "q", spec={"hard": {"pods": "9", "requests.ephemeral-storage": "1"}})

    assert town.list_causes(SIGNATURES) == ["missing_volume_claim"]


def test_lost_volume_is_told():
    """The claim says it itself."""
    (found,) = Disks().claim(phase="Lost").user().find(SIGNATURES, "volume_claim_lost")
    (alone,) = Disks().claim(phase="Lost").find(SIGNATURES, "volume_claim_lost")

    assert (found.subject.name, alone.subject.name) == ("web", "data")
