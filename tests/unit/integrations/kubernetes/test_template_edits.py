"""What each edit makes of a workload: pure, without a server."""

import copy

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.change_kinds import Scene
from fermata.integrations.kubernetes.revisions import Revision
from fermata.integrations.kubernetes.template_edits import (
    ImageChange,
    ResourcesChange,
    RestartChange,
    VariableChange,
)
from fermata.kit.errors import UserError

WEB = Entity.parse("kubernetes:deployment/shop/web")


def _make_live(**container):
    container = {"name": "web", "image": "web:2"} | container
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": template}}


def _make_revision(number, image):
    template = _make_live(image=image)["spec"]["template"]
    return Revision(number, f"web-{number}", None, template)


def _edit(kind, parameters, *revisions, **container):
    live = _make_live(**container)
    before = copy.deepcopy(live)
    edited = kind.edit(Scene(WEB, live, revisions), kind.validate(parameters))
    assert live == before
    return edited


def _get_container(edited):
    return edited.desired["spec"]["template"]["spec"]["containers"][0]


def test_amounts_are_set_and_the_others_stay():
    """What is null is left as it is, in either group."""
    resources = {"limits": {"memory": "128Mi", "cpu": "1"}, "requests": {"cpu": "500m"}}

    edited = _edit(ResourcesChange(), {"memory_limit": "1024Mi"}, resources=resources)

    assert _get_container(edited)["resources"] == {
        "limits": {"memory": "1Gi", "cpu": "1"},
        "requests": {"cpu": "500m"},
    }
    assert edited.summary.startswith("memory limit of web: 128Mi -> 1Gi")
    assert dict(edited.undo.parameters)["memory_limit"] == "128Mi"


def test_amount_that_was_not_there_is_undone_by_a_rollback():
    """To set nothing is not among the parameters; the revision of now is."""
    edited = _edit(ResourcesChange(), {"cpu_limit": "2"}, _make_revision(3, "web:1"), _make_revision(4, "web:2"))

    assert edited.undo.name == "kubernetes.rollback_to_revision"
    assert dict(edited.undo.parameters) == {"revision": 4}


def test_undo_by_rollback_needs_the_revision_of_now():
    """Where the history does not hold it, a person is told how."""
    edited = _edit(ResourcesChange(), {"cpu_limit": "2"}, _make_revision(3, "web:1"))

    assert edited.undo is None
    assert "kubectl rollout undo" in edited.undo_text


def test_image_is_one_that_its_own_container_ran():
    """Another container's images are not its history; the latest ones are named first."""
    revisions = [_make_revision(1, "web:0"), _make_revision(2, "web:1"), _make_revision(3, "web:2")]

    edited = _edit(ImageChange(), {"image": "web:0"}, *revisions)

    assert _get_container(edited)["image"] == "web:0"
    assert dict(edited.undo.parameters) == {"container": "web", "image": "web:2"}
    with pytest.raises(UserError) as found:
        _edit(ImageChange(), {"image": "proxy:1"}, *revisions)
    assert found.value.do == "Choose one of: web:1, web:0"


def test_image_without_a_history_is_refused():
    """There is nothing to go back to."""
    with pytest.raises(UserError, match="Its history holds no other image"):
        _edit(ImageChange(), {"image": "web:1"})


@pytest.mark.parametrize(("image", "is_said"), [("web:1", True), ("web@sha256:0a1b", False)])
def test_tag_may_have_moved_and_a_digest_may_not(image, is_said):
    """A person knows which of the two is meant."""
    edited = _edit(ImageChange(), {"image": image}, _make_revision(1, image))

    assert ("may have changed since" in edited.summary) is is_said


def test_variable_keeps_its_place():
    """Others may refer to it, and it to those before it."""
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}]

    edited = _edit(VariableChange(), {"name": "B", "value": "x"}, env=env)

    assert [one["name"] for one in _get_container(edited)["env"]] == ["A", "B", "C"]
    assert dict(edited.undo.parameters) == {"container": "web", "name": "B", "value": "2"}


def test_empty_value_is_a_value():
    """The server writes it as none; it is not the same as no variable."""
    removed = _edit(VariableChange(), {"name": "A", "value": None}, env=[{"name": "A"}])

    assert _get_container(removed)["env"] == []
    assert dict(removed.undo.parameters)["value"] == ""
    with pytest.raises(UserError, match="is that already"):
        _edit(VariableChange(), {"name": "A", "value": ""}, env=[{"name": "A"}])


def test_new_variable_is_undone_by_its_removal():
    """It comes last."""
    edited = _edit(VariableChange(), {"name": "NEW", "value": "1"})

    assert _get_container(edited)["env"] == [{"name": "NEW", "value": "1"}]
    assert dict(edited.undo.parameters)["value"] is None


def test_variable_that_holds_a_secret_is_not_overwritten():
    """Its old value would be on the card, as what the undo sets."""
    with pytest.raises(UserError, match="looks like a secret"):
        _edit(VariableChange(), {"name": "URL", "value": "x"}, env=[{"name": "URL", "value": "http://u:hunter2@db/x"}])


def test_restart_changes_nothing_but_an_annotation():
    """Of the template, where it makes a rollout."""
    edited = _edit(RestartChange(), {})

    template = edited.desired["spec"]["template"]
    assert template["metadata"].pop("annotations").keys() == {"fermata.dev/restarted-by"}
    assert template == _make_live()["spec"]["template"]
