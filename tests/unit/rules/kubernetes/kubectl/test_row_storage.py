from fermata.rules.kubernetes.kubectl.rows import row_body


def _body(kind, cells):
    body = row_body(kind, cells)
    del body["printed"]
    return body


def test_claim_row_tells_what_it_is_bound_to():
    """A pending claim has no volume, and no class is the empty text."""
    bound = {
        "STATUS": "Bound",
        "VOLUME": "pv-1",
        "CAPACITY": "1Gi",
        "ACCESS MODES": "RWO",
        "STORAGECLASS": "fast",
        "VOLUMEMODE": "Filesystem",
    }

    assert _body("PersistentVolumeClaim", bound) == {
        "spec": {"volumeName": "pv-1", "storageClassName": "fast", "volumeMode": "Filesystem"},
        "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]},
    }
    assert _body("PersistentVolumeClaim", {"STATUS": "Pending", "VOLUME": "", "STORAGECLASS": ""}) == {
        "spec": {"storageClassName": ""},
        "status": {"phase": "Pending"},
    }


def test_volume_row_tells_its_claim():
    """A volume that nobody claimed has none."""
    cells = {
        "CAPACITY": "1Gi",
        "ACCESS MODES": "RWX",
        "RECLAIM POLICY": "Retain",
        "STATUS": "Released",
        "CLAIM": "shop/data",
        "STORAGECLASS": "",
        "REASON": "Broken",
    }

    assert _body("PersistentVolume", cells) == {
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data"},
            "storageClassName": "",
        },
        "status": {"phase": "Released", "reason": "Broken"},
    }
    assert _body("PersistentVolume", {"CLAIM": ""}) == {}


def test_storage_class_row_tells_whether_it_is_the_default():
    """The mark stands behind the name."""
    cells = {
        "NAME": "fast (default)",
        "PROVISIONER": "csi",
        "RECLAIMPOLICY": "Delete",
        "VOLUMEBINDINGMODE": "Immediate",
        "ALLOWVOLUMEEXPANSION": "true",
    }

    assert _body("StorageClass", cells) == {
        "metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "csi",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": True,
    }
    assert _body("StorageClass", {"NAME": "slow"}) == {}
