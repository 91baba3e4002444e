"""Where a runbook's names are looked up, and what is said when one is not there."""

import pytest

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.runbooks.live import read_live_state
from fermata.rules.runbooks.mentions import Mention, MentionKind
from fermata.testing.records import make_evidence

CHECKOUT = Entity(system="kubernetes", kind="deployment", namespace="shop", name="checkout")
DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": {"name": "checkout", "annotations": {"note": "see old.yaml"}},
    "spec": {
        "template": {
            "spec": {
                "initContainers": [{"name": "wait", "image": "busybox"}],
                "containers": [
                    {"name": "app", "image": "shop/checkout:1.4", "env": [{"name": "DATABASE_URL"}, {"value": "x"}]}
                ],
                "volumes": [{"configMap": {"items": [{"key": "app.yaml"}], "defaultMode": 420}}],
            }
        }
    },
}


def observe(kind, **facts):
    """Give evidence of a kind about checkout."""
    return make_evidence(kind=kind, entity=CHECKOUT, facts=facts)


def mention(kind, name, *words):
    """Give a mention."""
    return Mention(MentionKind(kind), name, 1, frozenset(words))


@pytest.fixture
def live():
    """Give what a look at a cluster saw."""
    return read_live_state(
        [
            observe(EvidenceKind.OBJECTS, form="api", objects=[DEPLOYMENT], whole_kinds=["ConfigMap/shop"]),
            observe(EvidenceKind.ENVIRONMENT, origin="pod", variables={"POOL_SIZE": "10"}),
            observe(EvidenceKind.LOGS, path="x"),
        ]
    )


@pytest.mark.parametrize(
    ("kind", "name", "exists"),
    [
        ("variable", "DATABASE_URL", True),
        ("variable", "POOL_SIZE", True),
        ("variable", "DB_URL", False),
        ("file", "app.yaml", True),
        ("file", "config.yaml", False),
        ("file", "old.yaml", False),
        ("image", "shop/checkout:1.4", True),
        ("image", "shop/checkout:1.3", False),
        ("object", "deployment/checkout", True),
        ("object", "deployment/search", None),
        ("object", "configmap/search", False),
        ("tool", "kubectl", True),
        ("tool", "systemctl", False),
        ("tool", "psql", None),
    ],
)
def test_name_is_looked_up_where_its_kind_lives(live, kind, name, exists):
    """What was not listed whole cannot be said to be absent, and an annotation is no use of a file."""
    assert live.has(mention(kind, name)) is exists


@pytest.mark.parametrize("kind", list(MentionKind))
def test_nothing_observed_tells_nothing(kind):
    """Without live evidence nothing is absent."""
    name = "kubectl" if kind is MentionKind.TOOL else "deployment/checkout"
    live = read_live_state([])

    assert live.has(mention(kind, name)) is None
    assert live.oldest is None


def test_command_of_a_process_is_looked_at():
    """A process started with a file refers to it."""
    live = read_live_state(
        [observe(EvidenceKind.STATE, phase="running", system_state="RUNNING", command="run -c a.yaml")]
    )

    assert live.has(mention("file", "a.yaml")) is True
    assert live.has(mention("variable", "POOL_SIZE")) is None


def test_bare_pod_is_read_like_a_template():
    """A pod's containers stand in its own spec; an object without one has none."""
    pod = {"kind": "Pod", "spec": {"containers": [{"env": [{"name": "A_B"}]}]}}

    live = read_live_state([observe(EvidenceKind.OBJECTS, form="api", objects=[pod, {"kind": "ConfigMap"}])])

    assert live.variables == {"A_B"}


def test_items_of_a_list_are_objects_of_its_kind():
    """As an API server answers: the items do not repeat their kind."""
    items = [
        {"metadata": {"name": "checkout"}, "data": {"app.yaml": "x"}},
        {"kind": "Secret", "metadata": {"name": "s"}},
    ]

    live = read_live_state(
        [observe(EvidenceKind.OBJECTS, form="api", objects=[{"kind": "ConfigMapList", "items": items}])]
    )

    assert live.objects == {"configmap/checkout", "secret/s"}
    assert live.has(mention("file", "app.yaml")) is True


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (mention("file", "config.yaml", "database"), "nothing that runs refers to; the service reads env DATABASE_URL"),
        (mention("file", "config.yaml", "queue"), "mentions config.yaml, which nothing that runs refers to"),
        (mention("variable", "DATABASE_DSN"), "no environment here has; the service reads env DATABASE_URL"),
        (mention("object", "configmap/old"), "mentions configmap/old, which does not exist"),
        (mention("image", "shop/checkout:1.3"), "the image shop/checkout:1.3, which nothing runs"),
        (mention("tool", "systemctl"), "acts by systemctl, and what it is about runs under kubernetes"),
    ],
)
def test_absence_is_told_with_what_there_is_instead(live, given, words):
    """A person sees at once what the page should have said."""
    assert live.explain_absence(given).endswith(words)
