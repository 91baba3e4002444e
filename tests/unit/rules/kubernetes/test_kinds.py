import pytest

from fermata.rules.kubernetes.kinds import KINDS, columns_of, find_kind, is_namespaced


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("po", "Pod"),
        ("Pods", "Pod"),
        ("deployment", "Deployment"),
        ("deployments.apps", "Deployment"),
        ("quota", "ResourceQuota"),
        ("netpol", "NetworkPolicy"),
        ("ep", "Endpoints"),
        ("no", "Node"),
    ],
)
def test_command_words_name_their_kind(word, kind):
    """Singular, plural, short and qualified names mean one kind, in any case."""
    assert find_kind(word).name == kind


def test_unknown_word_names_no_kind():
    """A custom resource is not guessed at."""
    assert find_kind("widgets") is None


def test_no_word_names_two_kinds():
    """Every word of the table belongs to one kind."""
    words = [word for kind in KINDS for word in {kind.name.lower(), *kind.words}]

    assert len(words) == len(set(words))


def test_kinds_without_namespace_are_told_apart():
    """A kind that is not known is taken to live in a namespace."""
    assert [is_namespaced(kind) for kind in ("Node", "PersistentVolume", "Pod", "Widget")] == [False, False, True, True]


def test_wide_tables_have_more_columns():
    """Wide columns follow the others; for events, two of them stand before the message."""
    assert columns_of("Pod", wide=True)[-4:] == ("IP", "NODE", "NOMINATED NODE", "READINESS GATES")
    assert columns_of("Pod")[-1] == "AGE"
    assert columns_of("Widget") == ("NAME", "AGE")
    assert columns_of("Event", wide=True)[3:7] == ("OBJECT", "SUBOBJECT", "SOURCE", "MESSAGE")
    assert columns_of("Event")[-1] == "MESSAGE"
