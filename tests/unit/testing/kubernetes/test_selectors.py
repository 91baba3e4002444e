import pytest

from fermata.testing.kubernetes.answers import Refusal
from fermata.testing.kubernetes.resources import BY_KIND
from fermata.testing.kubernetes.selectors import match_labels, read_field_selector, read_label_selector

POD = {"metadata": {"name": "web-1", "labels": {"app": "web", "tier": "a"}}, "spec": {"nodeName": "n1"}}


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier=a", True),
        ("app!=web", False),
        ("other!=x", True),
        ("tier in (a, b)", True),
        ("tier notin (a)", False),
        ("other notin (a)", True),
        ("app", True),
        ("!app", False),
        ("app=web,tier in (b,c)", False),
    ],
)
def test_labels_are_selected_as_documented(selector, fits):
    """Commas inside brackets part values, outside they part requirements."""
    assert read_label_selector(selector)(POD) is fits


@pytest.mark.parametrize(
    ("selector", "fits"),
    [("spec.nodeName=n1", True), ("spec.nodeName!=n1", False), ("metadata.name=web-1,status.phase=", True)],
)
def test_fields_are_selected_by_their_text(selector, fits):
    """What is not there is as the empty text."""
    assert read_field_selector(BY_KIND["Pod"], selector)(POD) is fits


def test_selector_that_is_none_is_refused():
    """400, not everything."""
    for read in (lambda: read_label_selector("a b"), lambda: read_field_selector(BY_KIND["Pod"], "spec.image=x")):
        with pytest.raises(Refusal) as found:
            read()

        assert found.value.code == 400


@pytest.mark.parametrize(
    "read",
    [lambda: read_label_selector("a>1"), lambda: read_field_selector(BY_KIND["Pod"], "spec.hostNetwork=true")],
)
def test_selector_that_a_server_knows_and_this_does_not_is_told(read):
    """501, not 400: whoever asks so is right, and tests on another server."""
    with pytest.raises(Refusal) as found:
        read()

    assert found.value.code == 501


def test_expressions_in_objects_are_not_modelled():
    """501, where a controller here would have to work them out."""
    with pytest.raises(Refusal, match="matchExpressions"):
        match_labels({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {})

    assert match_labels({}, {"a": "b"})
    assert not match_labels(None, {"a": "b"})
