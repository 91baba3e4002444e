import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.rules.kubernetes.kinds import KINDS
from fermata.rules.kubernetes.kubectl.describe import describe_body

TEXT = """\
Name:               web
Namespace:          shop
CreationTimestamp:  Fri, 28 Nov 2025 15:31:22 +0800
Labels:             app=web
                    tier=front
Annotations:        deployment.kubernetes.io/revision: 1
Controlled By:      ReplicaSet/web-6f86
Events:
  Type    Reason  Age  From  Message
  ----    ------  ---  ----  -------
  Normal  Name:   1s   x     Name: other
"""


def test_metadata_is_read_for_every_kind():
    """Name, labels, annotations, creation and controller stand in the same place."""
    assert describe_body("Widget", TEXT) == {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "creationTimestamp": "2025-11-28T07:31:22+00:00",
            "labels": {"app": "web", "tier": "front"},
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-6f86", "controller": True}],
        }
    }


def test_annotations_of_storage_classes_have_equals_signs():
    """Both spellings are read."""
    body = describe_body("StorageClass", "Name: fast\nAnnotations: storageclass.kubernetes.io/is-default-class=true\n")

    assert body["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}


def test_what_is_not_printed_is_unknown():
    """Labels that are not printed are not empty."""
    assert describe_body("Widget", "Name: web") == {"metadata": {"name": "web"}}
    assert describe_body("Widget", "Labels: <none>") == {"metadata": {"labels": {}}}


KEYS = [
    "Name:",
    "Labels:",
    "Containers:",
    "  web:",
    "    State:  Waiting",
    "    Environment:",
    "Pod Template:",
    "Conditions:",
    "  Type  Status",
    "  ----  ------",
    "  Ready  True  a  b  c  d",
    "Port:  http  80/TCP",
    "TargetPort:  8080",
    "NodePort:  30080",
    "Endpoints:  10.0.0.1:80",
    "Subsets:",
    "  Addresses:  10.0.0.1",
    "  Ports:",
    "Spec:",
    "  Allowing ingress traffic:",
    "    To Port: 80/TCP",
    "    From:",
    "Resource  Used  Hard",
    "pods  1  2",
    "Type  Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio",
    "Volume Claims:",
    "Data",
    "====",
    "key:",
    "----",
    "BinaryData",
    "Rules:",
    "Taints:  a=b:c",
    "Allocated resources:",
    "  cpu  1 (2%)  3 (4%)",
    "Node Affinity:",
    "Role:",
    "Subjects:",
    "PolicyRule:",
    "Events:",
    "",
]


@given(st.lists(st.one_of(st.sampled_from(KEYS), st.text(alphabet="ab: ()/,=", max_size=20)), max_size=25))
@settings(max_examples=30)
@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_any_text_is_taken(kind, lines):
    """Truncated, garbled and shuffled descriptions are read as far as they go."""
    assert describe_body(kind, "\n".join(lines)) is not None
