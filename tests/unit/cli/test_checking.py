"""Looking what is missing."""

import asyncio
import contextlib
import io
import json
import re
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from rich.console import Console
from tests.unit.cli.desk import USER, run

from fermata.cli import checking
from fermata.flows.resting import rest
from fermata.kit.errors import OperationalError
from fermata.ports.system import CheckResult
from fermata.testing.records import make_entry


@pytest.fixture(autouse=True)
def free_port(desk, monkeypatch):
    """Let no server of this machine be asked, unless a test says which."""
    monkeypatch.setenv("FERMATA_SERVER__PORT", "0")


@pytest.fixture
def terminal(monkeypatch):
    """Give a function that tells what a terminal of 60 columns shows in the end, instead of a pipe."""
    console = Console(file=io.StringIO(), force_terminal=True, width=60, highlight=False, emoji=False, no_color=True)
    monkeypatch.setattr(checking, "get_console", lambda: console)

    def read():
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue()).replace("\r", "")
        return re.sub(r"^.?.?(Waiting for|Looking) .*\.\.\.\n?", "", plain, flags=re.MULTILINE)

    return read


@pytest.fixture
def doctor(monkeypatch):
    """Give a function that replaces what the rehearsal system's doctor does."""

    def prescribe(work):
        monkeypatch.setattr("fermata.testing.rehearsal.Rehearsal.check", lambda _: work())

    return prescribe


def say(name, *, ok, text):
    """Give a doctor's work that ends in one finding."""

    async def work():
        return [CheckResult(name=name, ok=ok, text=text)]

    return work


def test_check_says_what_is_missing_and_ends_with_1(desk):
    """Each finding is a line that says how to mend it; one that fails makes the whole fail."""
    told, machine = desk.run("check"), desk.run("check", "--json")

    failed = {result["name"] for result in machine.json if not result["ok"]}
    assert (told.code, machine.code) == (1, 1)
    assert failed == {"settings: intake"}
    assert "FAIL settings: intake: set server.alert_token: env:NAME, or every alert is refused" in told.out
    assert "ok   rehearsal: file" in told.out


def test_check_of_what_is_ready_ends_with_0(desk, monkeypatch):
    """With nothing missing every line is ok."""
    monkeypatch.setenv("TOKEN", "a-token")
    desk.write_settings("server: {alert_token: env:TOKEN}\n")

    result = desk.run("check")

    assert result.code == 0
    assert "FAIL" not in result.out


def test_what_one_can_do_without_is_a_warning(desk, doctor, terminal):
    """It fails nothing, and its line says what is lost; so does the sum at a terminal."""

    async def work():
        return [CheckResult(name="rehearsal: extension", ok=True, is_partial=True, text="not made: ends are lost")]

    doctor(work)
    shown = desk.run("check", "rehearsal")

    assert shown.code == 0
    assert "  warn  extension: not made: ends are lost\n" in (page := terminal())
    assert "All 1 findings are ok, 1 with a warning." in page


def test_warning_is_a_word_of_its_own_in_a_pipe(desk, doctor):
    """Who searches in the lines finds it."""

    async def work():
        return [CheckResult(name="rehearsal: extension", ok=True, is_partial=True, text="not made")]

    doctor(work)

    assert desk.run("check", "rehearsal").out == "warn rehearsal: extension: not made\n"


def test_settings_that_everybody_may_write_are_a_finding(desk):
    """Who writes them adds a person and a guardrail, and approves."""
    desk.file.chmod(0o666)

    result = desk.run("check")

    assert result.code == 1
    assert f"everybody on this machine may write {desk.file}" in " ".join(result.out.split())
    assert "chmod o-w" in result.out


@pytest.mark.parametrize(
    ("mode", "folder", "told"), [(0o644, 0o755, True), (0o640, 0o755, False), (0o644, 0o700, False)]
)
def test_secret_that_everybody_may_read_is_a_finding(desk, mode, folder, told):
    """Who reads the intake's token sends alerts; a folder that nobody else may enter keeps it as well."""
    with tempfile.TemporaryDirectory() as place:  # `tmp_path` is its owner's alone.
        secret = Path(place) / "token"
        secret.write_text("some-long-token-of-the-intake")
        secret.chmod(mode)
        secret.parent.chmod(folder)
        desk.write_settings(f"server: {{alert_token: 'file:{secret}'}}\n")

        result = desk.run("check")

    assert (f"FAIL settings: secrets: everybody on this machine may read {secret}: chmod 600" in result.out) is told


def test_page_below_a_path_is_a_finding(desk, monkeypatch):
    """Its links and its cookie are for the root: behind `/fermata/` nobody could sign in. A slash alone is none."""
    monkeypatch.setenv("FERMATA_SERVER__PUBLIC_URL", "https://ops.example.test/fermata/")
    assert "FAIL settings: page: server.public_url ends in /fermata, and" in run("check").out

    monkeypatch.setenv("FERMATA_SERVER__PUBLIC_URL", "https://ops.example.test/")
    assert "settings: page" not in run("check").out


@pytest.mark.parametrize("only", [(), ("slack",)])
@pytest.mark.parametrize("address", ["", "https://fermata.example.test"])
def test_system_heard_by_requests_alone_needs_an_address(desk, monkeypatch, only, address):
    """Each click would be refused as one for another host, and nothing said so."""
    monkeypatch.setenv("TOKEN", "xoxb-1")
    keys = "bot_token: env:TOKEN, signing_secret: env:TOKEN"
    slack = f"{{{keys}, mode: http, channel: C0INCIDENTS, api_url: 'http://127.0.0.1:9/api'}}"
    desk.write_settings(f"  slack: {slack}\nserver: {{public_url: '{address}'}}\n")

    said = desk.run("check", *only).out

    assert ("FAIL slack: address: server.public_url is not set" in said) is (not address)


def test_check_sees_what_makes_fermata_useless_or_open(desk):
    """Nobody who may decide, a state directory that others may enter, a target that is gone."""
    desk.run("incidents")
    (desk.folder / "state").chmod(0o755)
    desk.hand.path.unlink()
    desk.file.write_text(f"state_dir: state\nsystems: {{rehearsal: {{path: {desk.hand.path}}}}}\n")

    result = desk.run("check", "--json")

    failed = {finding["name"] for finding in result.json if not finding["ok"]}
    assert result.code == 1
    assert failed == {"settings: state directory", "settings: intake", "settings: people", "rehearsal: file"}


def test_file_in_the_place_of_the_state_directory_is_told_as_one(desk):
    """To change its mode would help nobody."""
    (desk.folder / "notes").write_text("mine")
    desk.file.write_text("state_dir: notes\n")

    result = desk.run("check", "--json")

    (found,) = [finding for finding in result.json if finding["name"] == "settings: state directory"]
    assert (found["ok"], "is a file: set state_dir" in found["text"]) == (False, True)


def test_permitting_nothing_is_no_fault(desk, monkeypatch):
    """To be read-only is the decision everybody begins with: it is said, and nothing is missing."""
    monkeypatch.setenv("TOKEN", "a-token")
    desk.file.write_text(
        "state_dir: state\nserver: {alert_token: env:TOKEN}\n"
        f"people: [{{id: dana, name: Dana, handles: {{console: {USER}}}}}]\n"
    )

    result = desk.run("check")

    assert result.code == 0
    assert "ok   settings: policy: no guardrails: read-only, every action is refused" in result.out


def test_guardrail_that_can_permit_nothing_is_a_finding(desk, monkeypatch):
    """A misspelt action or role refuses by itself, and would be found at the first incident only."""
    monkeypatch.setenv("TOKEN", "a-token")
    desk.file.write_text(
        "state_dir: state\nserver: {alert_token: env:TOKEN}\n"
        f"people: [{{id: dana, name: Dana, roles: [oncall], handles: {{console: {USER}}}}}]\n"
        "policy: {guardrails: [{id: shop, actions: [rehearsal.set_memory_limt], resources: ['*'], "
        "approvers: {roles: [oncal]}}]}\n"
        f"systems: {{rehearsal: {{path: {desk.hand.path}}}}}\n"
    )

    result = desk.run("check")

    assert result.code == 1
    assert "ok   settings: policy: 1 guardrail\n" in result.out
    misspelt = "shop: no action is called rehearsal.set_memory_limt; is rehearsal.set_memory_limit meant?"
    assert f"FAIL policy: guardrail: {misspelt}" in result.out
    assert "FAIL policy: guardrail: shop: nobody may approve: role oncal" in result.out


def test_address_whose_room_gets_no_card_is_a_finding(desk, monkeypatch):
    """Found before the first incident of that route, which nobody would have been told of."""
    monkeypatch.setenv("TOKEN", "a-token")
    desk.file.write_text(
        "state_dir: state\nserver: {alert_token: env:TOKEN}\n"
        "systems: {github: {url: 'http://127.0.0.1:9', token: env:TOKEN, approvals: {repository: shop/cards}}}\n"
        "notify: {routes: [{id: night, addresses: ['github:shop/paging']}]}\n"
    )

    result = desk.run("check")
    told = desk.run("notify", "explain")

    assert result.code == 1
    assert "FAIL notify: address: github:shop/paging: no card will be shown there" in result.out
    assert "  github:shop/paging: no card will be shown there" in told.out


def test_handle_that_no_click_carries_is_a_finding(desk, monkeypatch):
    """A login where the channel tells a number is found before the first approval is refused."""
    monkeypatch.setenv("TOKEN", "a-token")
    desk.file.write_text(
        "state_dir: state\nserver: {alert_token: env:TOKEN}\n"
        "people: [{id: dana, name: Dana, roles: [oncall], handles: {github: octocat}}]\n"
    )

    result = desk.run("check")

    assert result.code == 1
    assert "FAIL settings: handle: dana is 'octocat' on github" in result.out


def test_check_without_a_file_says_that_there_is_none(desk, monkeypatch):
    """Defaults and the environment suffice to look; where the file would be is said."""
    monkeypatch.chdir(desk.folder)
    desk.file.unlink()

    result = run("check")

    assert result.code == 1
    assert "none: defaults and environment" in result.out


def test_store_that_cannot_be_opened_hides_nothing(desk):
    """A store that is down is a finding, and the systems are looked at all the same."""
    (desk.folder / "state" / "fermata.db").write_text("this is no database, and longer than a header" * 99)

    result = desk.run("check", "--json")

    found = {finding["name"]: finding["ok"] for finding in result.json}
    assert result.code == 1
    assert found["settings: store"] is False
    assert found["rehearsal: file"] is True


def test_cards_that_do_not_arrive_are_told(desk):
    """The serving process alone knows; whoever looks from a shell is told since when, and why."""

    async def leave_word(house, _):
        reason = OperationalError("Slack does not answer", why="it is down", do="Wait")
        entry, now = make_entry("slack"), house.context.clock.now()
        await house.store.write(lambda transaction: rest(transaction, entry, "Slack is down", reason, now))

    desk.play(leave_word)
    result = desk.run("check")

    assert result.code == 1
    assert "FAIL slack: cards: cards have not arrived since" in result.out


def test_one_channel_alone_is_told_whether_cards_arrive_there(desk):
    """A token may be well while nobody hears a click; what another channel does not get is not asked for."""
    desk.file.write_text(desk.file.read_text().replace("systems:\n", "systems:\n  console: {}\n", 1))

    async def leave_word(house, _):
        reason, now = OperationalError("The pipe is closed", why="", do="Wait"), house.context.clock.now()
        for entry in map(make_entry, ("console", "slack")):
            await house.store.write(lambda transaction, entry=entry: rest(transaction, entry, "x", reason, now))

    desk.play(leave_word)
    result, other = desk.run("check", "console"), desk.run("check", "rehearsal")

    assert (result.code, other.code) == (1, 0)
    assert "FAIL console: cards: cards have not arrived since" in result.out
    assert "slack" not in result.out


def test_one_channel_alone_is_told_that_nobody_can_know_whether_it_hears(desk):
    """What the serving process wrote lies in the store: one that does not answer leaves it open, and that is said."""
    desk.file.write_text(desk.file.read_text().replace("systems:\n", "systems:\n  console: {}\n", 1))
    (desk.folder / "state").mkdir(exist_ok=True)
    (desk.folder / "state" / "fermata.db").write_text("this is no database, and longer than a header" * 99)

    result, other = desk.run("check", "console"), desk.run("check", "rehearsal")

    assert (result.code, other.code) == (1, 0)
    assert "FAIL console: listener: whether it hears and its cards arrive is not known" in result.out


def test_one_system_can_be_looked_at_alone(desk):
    """Whoever mends one thing looks at that one."""
    result = desk.run("check", "rehearsal", "--json")

    assert result.code == 0
    assert [finding["name"] for finding in result.json] == ["rehearsal: file"]


def test_system_that_is_not_configured_is_refused(desk):
    """A name that the settings do not hold is a mistake, not an empty success."""
    result = desk.run("check", "rehersal")

    assert result.code == 2
    assert "rehersal is not configured. `systems:` names alertmanager, rehearsal" in result.err


def test_hanging_system_is_a_finding_after_its_deadline(desk, doctor):
    """What hangs is given up and named; the others' findings stand."""
    doctor(asyncio.Event().wait)

    # The option counts in whole seconds; a test does not wait for one.
    with mock.patch.object(checking, "timedelta", return_value=timedelta(milliseconds=50)):
        result = desk.run("check", "--json")

    found = {finding["name"]: finding for finding in result.json}
    assert result.code == 1
    assert "has not answered within 50ms" in found["rehearsal: doctor"]["text"]
    assert "settings: people" in found


def test_terminal_shows_groups_and_what_they_come_to(desk, doctor, terminal):
    """What belongs together stands together, long lines hang, and the end names what needs somebody."""
    doctor(
        say("rehearsal: file", ok=False, text="It is not there, and these words are too many for one line. Mend it.")
    )

    result = desk.run("check")

    shown = terminal()
    assert result.code == 1
    assert "settings\n" in shown
    assert "  ok    people: dana, max\n" in shown
    assert "rehearsal\n" in shown
    assert "  FAIL  file: It is not there, and these words are too many\n        for one line. Mend it.\n" in shown
    assert "2 of 8 findings need you: settings: intake, rehearsal: file" in shown.replace("\n", " ")


def test_terminal_leaves_what_is_copied_as_it_is(desk, doctor, terminal):
    """A grant of several lines stands at the margin: indented, its documents would not part."""
    doctor(say("rehearsal: grant", ok=True, text="review it\nkind: Role\n---\nkind: RoleBinding"))

    desk.run("check", "rehearsal")

    shown = terminal()
    assert "  ok    grant: review it\nkind: Role\n---\nkind: RoleBinding\n" in shown
    assert "All 1 findings are ok." in shown


def test_terminal_obeys_nothing_that_a_system_says(desk, doctor, terminal):
    """A server's words may hold controls; they are shown, not obeyed."""
    doctor(say("rehearsal: file", ok=False, text="\x1b]0;title\x07 [red]and[/red]"))

    with contextlib.suppress(SystemExit):
        desk.run("check", "rehearsal")

    assert "\\x1b]0;title\\x07 [red]and[/red]" in terminal()


def test_time_in_which_nothing_can_hold_is_a_finding(desk):
    """A verification that ends before the steady state can have held calls every fix a failure."""
    desk.write_settings(**{"stable_for: 0s, verify_within: 1s": "stable_for: 10s, verify_within: 5s"})

    result = desk.run("check")

    assert result.code == 1
    assert "verify_within (5s) is over before stable_for (10s) can have held" in result.out


def test_rehearsal_that_could_never_run_is_a_finding(desk, monkeypatch):
    """A slip in a target, and no word by which production would be known; a target that is right is none."""
    monkeypatch.setenv("TOKEN", "a-token")

    def look(chaos):
        desk.file.write_text(
            "state_dir: state\nserver: {alert_token: env:TOKEN}\n"
            f"people: [{{id: dana, name: Dana, roles: [oncall], handles: {{console: {USER}}}}}]\n"
            f"chaos: {chaos}\n"
            "systems: {faultproxy: {proxies: [{edge: checkout->payment, control: '127.0.0.1:9', token: env:TOKEN}]}}\n"
        )
        return desk.run("check").out

    slips = look("{targets: [chekout->payment], production_words: []}")
    right = look("{targets: [checkout->payment]}")

    assert "FAIL chaos: target: 'chekout->payment' opens nothing" in slips
    assert "FAIL chaos: production: production_words holds none: every rehearsal is refused" in slips
    assert "FAIL chaos" not in right


def test_model_that_is_never_asked_is_a_finding(desk, monkeypatch):
    """Another target answers in its place, so that no card would ever say why this one does not."""
    priced = {
        "base_url": "https://llm.example.com/v1",
        "model": "a",
        "price": {"input_per_mtok": 1, "output_per_mtok": 1},
    }
    unpriced = {"base_url": "https://llm.example.com/v1", "model": "house"}
    desk.write_settings(f"models: {json.dumps({'targets': [priced, unpriced]})}\n")

    result = desk.run("check")
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    bare = desk.run("check")

    told = [line for line in result.out.splitlines() if "models:" in line]
    assert result.code == 1
    assert len(told) == 1
    assert told[0].startswith("FAIL models: target: openai-compatible/house is never asked: the price of house is not")
    assert "FAIL models: package: no target can be asked: the extra ai is not installed" in bare.out
