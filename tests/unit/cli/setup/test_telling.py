"""What is left to do is said in the order in which somebody does it, and only once."""

from pathlib import Path

from fermata.cli.setup.telling import list_next_steps
from fermata.rules.setup.findings import Found, Secret

OPTIONS = {"command": "fermata", "token": Path("/t"), "url": "http://127.0.0.1:8714", "is_slack_known": True}


def test_serving_and_a_test_alert_come_first():
    """Everything else can wait until a card was seen."""
    steps = list(list_next_steps([Found("alertmanager", "a")], **OPTIONS))

    assert [step.split("\n")[-1].strip() for step in steps[:2]] == ["fermata up", "fermata test-alert"]
    assert "credentials_file: /t" in steps[2]
    assert len(steps) == 4


def test_alertmanager_that_sends_already_is_left_alone():
    """Nothing is said that is done."""
    steps = list(list_next_steps([Found("alertmanager", "a", is_wired=True), Found("docker", "d")], **OPTIONS))

    assert len(steps) == 2


def test_silent_systems_share_a_step_and_are_not_tried():
    """What does not answer is no service for the test alert, and its own steps come later."""
    silent = [
        Found(name, name, problem="no", services=("x",), next_steps=("Later",)) for name in ("docker", "supervisor")
    ]
    steps = list(list_next_steps(silent, **OPTIONS))

    assert "--service" not in steps[1]
    assert steps[2].startswith("When they answer, uncomment `docker:`, `supervisor:`")
    assert len(steps) == 3


def test_secrets_own_steps_and_slack_come_last():
    """Each secret with where to get it; Slack only until it is there."""
    systems = [
        Found("docker", "an engine"),
        Found("github", "GitHub: a/b", secrets=(Secret("T", "a token"),)),
        Found("grafana", "Grafana", next_steps=("In Grafana: Webhook",)),
    ]
    steps = list(list_next_steps(systems, **OPTIONS | {"is_slack_known": False}))

    assert steps[2] == "In Grafana: Webhook."
    assert steps[3].startswith("For GitHub: a/b: set T for whoever runs Fermata (a token)")
    assert steps[4].endswith("fermata init slack")


def test_tools_without_a_source_of_their_own_are_told_their_door():
    """As a command to copy, which reads the token from its file."""
    steps = list(list_next_steps([Found("webhook", "Alerts of others")], **OPTIONS))

    (told,) = [step for step in steps if "/v1/alerts/webhook" in step]
    assert "Authorization: Bearer $(cat " in told
    assert '{"title": "checkout is down", "service": "checkout", "status": "down"}' in told


def test_command_to_copy_names_a_service_that_is_there():
    """A card about a service that nobody runs would teach nothing."""
    steps = list(list_next_steps([Found("docker", "d", services=("web",)), Found("webhook", "w")], **OPTIONS))

    assert '{"title": "web is down", "service": "web", "status": "down"}' in "\n".join(steps)


def test_machine_without_anything_that_runs_processes_it_knows_is_told():
    """It would look at nothing, and nobody would know why the cards are empty."""
    steps = list(list_next_steps([Found("git", "a working copy", services=("shop",))], **OPTIONS))

    (told,) = [step for step in steps if step.startswith("Nothing was found whose processes it can look at")]
    assert "systemd" in told
    for system in ("docker", "systemd"):
        assert told not in list_next_steps([Found(system, "d", problem="no")], **OPTIONS)
