import pytest

from fermata.rules.kubernetes.kubectl.describe import describe_body


def test_description_of_a_claim_is_read():
    """What uses it has no field in the API."""
    text = """\
Name:          data
StorageClass:  fast
Status:        Bound
Volume:        pv-1
Finalizers:    [kubernetes.io/pvc-protection]
Capacity:      1Gi
Access Modes:  RWO
VolumeMode:    Filesystem
Selector:      tier=db
Used By:       db-0
               db-1
"""

    assert describe_body("PersistentVolumeClaim", text) == {
        "metadata": {"name": "data", "finalizers": ["kubernetes.io/pvc-protection"]},
        "spec": {
            "storageClassName": "fast",
            "volumeMode": "Filesystem",
            "volumeName": "pv-1",
            "selector": {"matchLabels": {"tier": "db"}},
        },
        "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]},
        "printed": {"Used By": "db-0,db-1"},
    }


def test_pending_claim_has_no_volume():
    """No class is printed as an empty line."""
    assert describe_body("PersistentVolumeClaim", "Name: data\nStorageClass:\nStatus: Pending\nUsed By: <none>\n") == {
        "metadata": {"name": "data"},
        "spec": {"storageClassName": ""},
        "status": {"phase": "Pending"},
    }


def test_claim_that_is_being_deleted_says_so():
    """The phase is not printed then."""
    body = describe_body("PersistentVolumeClaim", "Name: data\nStatus: Terminating (lasts 3m)\n")

    assert body == {"metadata": {"name": "data", "deletionTimestamp": "unknown"}}


VOLUME = """\
Name:            pv-1
StorageClass:
Status:          Bound
Claim:           shop/data
Reclaim Policy:  Retain
Access Modes:    RWO,ROX
Capacity:        1Gi
Node Affinity:
  Required Terms:
    Term 0:  kubernetes.io/hostname in [worker-01, worker-02]
             disk not in [hdd]
             ssd exists
             no term at all
Message:         broken
Source:
    Type:          HostPath (bare host directory volume)
    Path:          /mnt/data
    HostPathType:  DirectoryOrCreate
"""


def test_description_of_a_volume_is_read():
    """What it is bound to, where it may be used, and what it stands on."""
    body = describe_body("PersistentVolume", VOLUME)

    assert body["spec"] == {
        "storageClassName": "",
        "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data"},
        "persistentVolumeReclaimPolicy": "Retain",
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
        "nodeAffinity": {
            "required": {
                "nodeSelectorTerms": [
                    {
                        "matchExpressions": [
                            {
                                "key": "kubernetes.io/hostname",
                                "operator": "In",
                                "values": ["worker-01", "worker-02"],
                            },
                            {"key": "disk", "operator": "NotIn", "values": ["hdd"]},
                            {"key": "ssd", "operator": "Exists"},
                        ]
                    }
                ]
            }
        },
        "hostPath": {"path": "/mnt/data", "type": "DirectoryOrCreate"},
    }
    assert body["status"] == {"phase": "Bound", "message": "broken"}


def test_volume_of_an_unknown_sort_has_no_source():
    """A free volume has no claim and may be used anywhere."""
    body = describe_body("PersistentVolume", "Name: pv-1\nClaim:\nNode Affinity: <none>\nSource:\n  Type: Novel\n")

    assert body == {"metadata": {"name": "pv-1"}}


@pytest.mark.parametrize(
    ("default", "annotations"), [("Yes", {"storageclass.kubernetes.io/is-default-class": "true"}), ("No", None)]
)
def test_description_of_a_storage_class_is_read(default, annotations):
    """The default is an annotation in the API."""
    text = f"""\
Name:                  fast
IsDefaultClass:        {default}
Provisioner:           csi.example.com
Parameters:            type=ssd,zone=a
AllowVolumeExpansion:  True
ReclaimPolicy:         Delete
VolumeBindingMode:     Immediate
"""

    body = describe_body("StorageClass", text)

    assert body.pop("metadata").get("annotations") == annotations
    assert body == {
        "provisioner": "csi.example.com",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": True,
        "parameters": {"type": "ssd", "zone": "a"},
    }
