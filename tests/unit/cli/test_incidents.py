"""Reading incidents, and what people do to them by hand: for people and, with --json, for machines."""

import pytest
from tests.unit.cli.desk import SICK, USER, alert_now

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.proposal import ProposalState, Ruling
from fermata.kit.clock import SystemClock

EVIL = "\x1b[2J\x1b]0;owned\x07Checkout\u202eDown"


@pytest.fixture
def held(desk):
    """Give the view of an incident whose plan is held."""
    return desk.send()


def test_nothing_to_list_says_where_alerts_arrive(desk):
    """An empty list is a sentence that helps on; for machines it is an empty list."""
    assert "POST /v1/alerts/<source>" in desk.run("incidents").out
    assert desk.run("incidents", "--json").json == []


def test_incidents_are_listed(desk, held):
    """Id, state and title, newest first."""
    desk.send(alert_now("BillingDown", "billing"))

    table, (newest, oldest) = desk.run("incidents").out, desk.run("incidents", "--json").json

    assert [newest["title"], oldest["title"]] == ["billing: BillingDown", "checkout: CheckoutDown"]
    assert table.index(newest["id"]) < table.index(held.incident.id)
    assert len(desk.run("incidents", "--limit", "1", "--json").json) == 1


def test_list_is_what_the_command_alone_does(desk, held):
    """Whoever writes the word gets the list, with the same options."""
    desk.send(alert_now("BillingDown", "billing"), investigate=False)

    assert desk.run("incidents", "list").out == desk.run("incidents").out
    assert len(desk.run("incidents", "list", "--limit", "1", "--json").json) == 1
    assert desk.run("incidents", "list", "--limit", "0").code == 2


def test_list_says_what_it_leaves_out_and_names_what_is_severe(desk):
    """Twenty of many are told to be so, and an outage older than all of them is named."""
    desk.send(alert_now("Down", "database", ago_s=60), investigate=False)
    desk.send(*(alert_now(f"Bad{number}", f"severe-{number}", ago_s=50) for number in range(6)), investigate=False)
    mild = [alert_now(f"Slow{number}", f"service-{number}", severity="warning") for number in range(3)]
    desk.send(*mild, investigate=False)

    some, whole = desk.run("incidents", "--limit", "3").out, desk.run("incidents").out

    assert "3 of 10; --limit shows more." in some
    assert some.count("Older, and not over: inc-") == 5
    assert "not over: 2 or more" in some
    assert "of 10" not in whole
    assert "not over" not in whole
    assert len(desk.run("incidents", "--limit", "3", "--json").json) == 3


@pytest.mark.parametrize("limit", ["0", "-5"])
def test_no_incident_at_all_cannot_be_asked_for(desk, limit):
    """A list of none would be told as a store without any, and one below none as the whole store."""
    told = desk.run("incidents", "--limit", limit)

    assert (told.code, told.out) == (2, "")
    assert "should be greater than or equal to 1" in told.err


def test_incident_is_shown_with_how_to_decide(desk, held):
    """The card, and below it the two commands that decide, with the digest that was seen."""
    result = desk.run("show")

    short = held.plan.digest.removeprefix("sha256:")[:12]
    assert result.code == 0
    assert "memory_limit_exceeded" in result.out
    assert f"fermata approve {held.incident.id} --digest {short[:8]}" in result.out
    assert f"fermata reject {held.incident.id}" in result.out


def test_story_tells_an_incident_from_its_first_sign_to_its_end(desk, held):
    """What was found, what was planned, who decided, what was done, how it was verified, and where there is more."""
    desk.decide(held)

    told = desk.run("incidents", "show", held.incident.id).out

    card, story = told.split("WHAT HAPPENED")
    for words in ("memory_limit_exceeded", held.plan.actions[0].name, "dana"):
        assert words in card
    steps = ["CheckoutDown began", "A plan is held for a person", "dana approved", " done", "Verified: "]
    assert [story.index(step) for step in steps] == sorted(story.index(step) for step in steps)
    assert f"fermata incidents similar {held.incident.id}" in story.split("LINKS")[1]
    assert "fermata approve" not in told
    assert desk.run("incidents", "show", "latest", "--json").out == desk.run("show", "latest", "--json").out


def test_incident_is_shown_to_machines_whole(desk, held):
    """With --json everything that is known of it comes, as the records have it."""
    view = desk.run("show", held.incident.id[-8:], "--json").json

    assert view["plan"] == held.plan.to_json()
    assert [entry["event"]["kind"] for entry in view["journal"]][-1] == "proposal.opened"


def test_decided_incident_is_shown_without_commands(desk, held):
    """Where nothing can be decided, nothing is offered."""
    desk.decide(held)

    assert "fermata approve" not in desk.run("show").out


def test_incident_that_is_not_there_is_an_error(desk):
    """What was asked for is named, with how to find the right one."""
    result = desk.run("show", "inc-none")

    assert (result.code, result.out) == (2, "")
    assert "'inc-none'" in result.err
    assert "fermata incidents" in result.err


def test_pending_plans_are_listed(desk, held):
    """What waits for a person, with digest, expiry and risk; and when nothing waits, that."""
    waiting, (pending,) = desk.run("pending").out, desk.run("pending", "--json").json
    desk.decide(held)

    assert held.incident.id in waiting
    assert held.incident.title in waiting
    assert pending["proposal"]["plan_digest"] == held.plan.digest == pending["proposal"]["plan_digest"]
    assert "--limit shows more" not in waiting
    assert desk.run("pending").out == "Nothing waits for a decision.\n"
    assert desk.run("pending", "--json").json == []


def test_why_names_the_layer(desk, held):
    """What became of an alert, in words and for machines."""
    desk.send()

    told, explained = desk.run("why", "CheckoutDown"), desk.run("why", "CheckoutDown", "--json").json

    assert explained["layer"] in told.out
    assert f"Incident: {held.incident.id}." in told.out
    assert explained["incident_id"] == held.incident.id


@pytest.mark.parametrize("layer", ["duplicate", "grouped", "silenced", "cooldown", "budget"])
def test_why_names_each_layer_that_holds_back(desk, layer):
    """The five layers that keep an alert from starting something are told apart."""
    first, related = alert_now(), alert_now("CheckoutSlow", ago_s=50)
    if layer == "silenced":
        silence = "{id: deploy, match: {alertname: CheckoutSlow}, until: '2100-01-01T00:00:00Z', reason: a deploy}"
        desk.write_settings(f"silences: [{silence}]\n")
    if layer == "budget":
        desk.write_settings(**{"limits: {": "limits: {investigations_per_hour: 1, investigation_cooldown: 0s, "})
        related = alert_now("CheckoutSlow", "billing")
    desk.send(first, investigate=layer != "grouped")
    if layer == "cooldown":
        desk.send(first | {"status": "resolved"})
        related = first | {"startsAt": alert_now(ago_s=5)["startsAt"]}
    for _ in range(2 if layer == "duplicate" else 1):
        desk.send(first if layer == "duplicate" else related, investigate=False)

    explained = desk.run("why", related["labels"]["alertname"] if layer != "duplicate" else "CheckoutDown", "--json")

    assert explained.json["layer"] == layer
    assert f"Layer: {layer}." in desk.run("why", explained.json["alert"]["name"]).out


def test_why_of_an_unknown_alert_is_an_error(desk):
    """Nothing of that name arrived: the next step is said."""
    result = desk.run("why", "Nothing")

    assert result.code == 2
    assert "webhook" in result.err


@pytest.mark.parametrize(
    "command", [("incidents",), ("show",), ("why", EVIL), ("pending",), ("show", "--json"), ("why", EVIL, "--json")]
)
def test_control_characters_of_an_alert_are_shown_not_obeyed(desk, command):
    """An alert's text cannot clear the screen, set its title or turn words around, whatever prints it."""
    alert = alert_now(EVIL)
    desk.send(alert | {"annotations": {"summary": f"{EVIL}\r"}})

    result = desk.run(*command)

    assert result.code == 0, result.err
    assert all(char in "\n\t" or char.isprintable() for char in result.out)


def test_another_investigation_is_enqueued(desk, held):
    """Asking again names the run; the serving process carries it out."""
    told = desk.run("investigate", "latest")
    started = desk.run("investigate", held.incident.id, "--json").json

    assert f"of {held.incident.id} is enqueued" in told.out
    assert started["incident_id"] == held.incident.id
    assert desk.show(held.incident.id).journal[-1].event.data["run_id"] == started["run_id"]


def test_folder_or_file_in_place_of_an_incident_is_told_its_option(desk, tmp_path):
    """Who names what lies here has only left out the word for it."""
    (tmp_path / "a.json").write_text("{}")

    folder, file, nothing = (desk.run("investigate", tmp_path / name) for name in ("", "a.json", "gone"))

    assert folder.code == file.code == nothing.code == 2
    assert f"fermata investigate --bundle {tmp_path}" in folder.err
    assert f"fermata investigate --alert {tmp_path / 'a.json'}" in file.err
    assert "No incident matches" in nothing.err


@pytest.mark.parametrize("as_json", [False, True])
def test_incidents_are_merged_by_hand(desk, held, as_json):
    """One incident is folded into another, by whoever is at the keyboard."""
    other = desk.send(alert_now("BillingDown", "billing"))

    result = desk.run("incidents", "merge", held.incident.id, other.incident.id, *(["--json"] if as_json else []))

    assert result.code == 0
    if as_json:
        assert len(result.json["alert_ids"]) == 2
    else:
        assert result.out == f"{held.incident.id} now holds 2 alerts.\n"
    assert desk.show(held.incident.id).journal[-1].event.actor.id == "dana"


@pytest.mark.parametrize("as_json", [False, True])
def test_incident_is_split_by_hand(desk, as_json):
    """Alerts are taken out into an incident of their own."""
    view = desk.send(alert_now(), alert_now("CheckoutSlow"))
    slow = next(alert.id for alert in view.alerts if alert.name == "CheckoutSlow")

    result = desk.run("incidents", "split", view.incident.id, "--alert", slow, *(["--json"] if as_json else []))

    assert result.code == 0
    if as_json:
        assert result.json["alert_ids"] == [slow]
    else:
        assert result.out.endswith("was split off with 1 alerts.\n")


def test_merge_that_makes_no_sense_is_refused(desk, held):
    """What cannot be merged says why."""
    result = desk.run("incidents", "merge", held.incident.id, held.incident.id)

    assert result.code == 2
    assert "cannot be merged into itself" in result.err


@pytest.mark.parametrize("as_json", [False, True])
def test_unknown_outcome_is_settled_by_whoever_looked(desk, held, as_json):
    """A person who looked says what they found; a second word is refused."""

    async def lose(house, engine):
        async def execute(planned, key):
            return ActionResult(outcome=Outcome.UNKNOWN, detail="the line went dead", at=SystemClock().now())

        house.context.actions["rehearsal.set_memory_limit"].execute = execute
        await house.decisions.decide(
            held.proposal.id, Ruling.APPROVE, channel="console", handle=USER, shown_digest=held.plan.digest
        )
        await engine.drain()

    desk.play(lose)
    action_id = held.plan.actions[0].id

    result = desk.run("settle", action_id, "done", "--reason", "I saw it", *(["--json"] if as_json else []))
    again = desk.run("settle", action_id, "failed")

    assert result.code == 0
    if as_json:
        assert result.json == {"action_id": action_id, "outcome": "done"}
    else:
        assert result.out == f"{action_id} is settled as done.\n"
    assert "dana looked: I saw it" in desk.run("show").out
    assert again.code == 2
    assert "settled already" in again.err


def test_unknown_is_nothing_that_somebody_found(desk):
    """The help offers what can be said, and that it is unknown is what is to be settled."""
    told = desk.run("settle", "--help")
    refused = desk.run("settle", "act-none", "unknown")

    assert "done|failed>" in told.out
    assert refused.code == 2


def test_settling_what_was_never_begun_is_an_error(desk):
    """An action that no intent knows cannot be settled."""
    result = desk.run("settle", "act-none", "done")

    assert result.code == 2
    assert "act-none" in result.err


def test_workloads_stay_as_they_are_while_people_read(desk, held):
    """No reading command changes anything outside."""
    for command in (("incidents",), ("show",), ("pending",), ("why", "CheckoutDown")):
        desk.run(*command)

    assert desk.hand.read() == {"checkout": SICK}


@pytest.mark.parametrize(
    "words",
    [
        lambda view: ("resolve", view.incident.id),
        lambda view: ("investigate", view.incident.id),
        lambda view: ("incidents", "merge", view.incident.id, view.incident.id),
        lambda view: ("incidents", "split", view.incident.id, "--alert", view.incident.alert_ids[0]),
    ],
)
@pytest.mark.parametrize("change", [("[oncall], h", "[sales], h"), (f"console: {USER}", "console: somebody-else")])
def test_plan_that_waits_is_taken_at_no_shell_by_who_may_not_decide_it(desk, held, words, change):
    """A shell is no way around the card: who could not reject there withdraws nothing there either."""
    desk.file.write_text(desk.file.read_text().replace(*change))

    result = desk.run(*words(held))

    assert result.code == 3
    assert "a plan waits, which that would withdraw" in result.err
    assert desk.show(held.incident.id).proposal.state is ProposalState.OPEN


def test_whoever_is_nobody_at_a_shell_is_told_how_to_be_somebody(desk, held):
    """Who fixed it elsewhere, as another user of the system, is left with more than a no."""
    desk.file.write_text(desk.file.read_text().replace(f"console: {USER}", "console: somebody-else"))

    result = desk.run("resolve", held.incident.id)

    assert f"Whoever that is carries `handles: {{console: {USER}}}` under `people:`." in " ".join(result.err.split())


@pytest.mark.parametrize("as_json", [False, True])
def test_incident_is_resolved_by_hand(desk, held, as_json):
    """Whoever fixed it elsewhere ends it, in their own name."""
    result = desk.run("resolve", held.incident.id, "--reason", "deployed", *(["--json"] if as_json else []))

    assert result.code == 0
    if as_json:
        assert (result.json["state"], result.json["still_firing"]) == ("resolved", ["CheckoutDown"])
    else:
        assert result.out.startswith(f"{held.incident.id} is resolved. The plan that waited is withdrawn. Still firing")
    assert desk.show(held.incident.id).journal[-1].event.actor.id == "dana"
