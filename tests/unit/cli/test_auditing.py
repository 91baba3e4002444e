"""Proof and permission: the journal's chain, what is set and from where, and who may have what done."""

import json
import sqlite3

import pytest
from tests.unit.cli.desk import USER, run

RESTART = ("policy", "test", "rehearsal.set_memory_limit")
CHECKOUT = "rehearsal:process/checkout"


@pytest.fixture
def held(desk):
    """Give the view of an incident whose plan is held."""
    return desk.send()


def test_whole_chain_holds(desk, held):
    """The verdict, the number of entries, and the head to keep elsewhere."""
    told, report = desk.run("audit", "verify"), desk.run("audit", "verify", "--json").json

    assert told.code == 0
    assert told.out == f"The journal holds: {len(held.journal)} entries, head {held.journal[-1].hash}\n"
    assert (report["holds"], report["head"], report["faults"]) == (True, held.journal[-1].hash, [])


def test_empty_journal_proves_nothing(desk):
    """It holds, as every chain without a link does; a store that was replaced looks like that as well."""
    result = desk.run("audit", "verify")

    assert result.code == 0
    assert "The journal holds: 0 entries" in result.out
    assert "Nothing is proved by that: nothing was written here yet, or another store stands" in result.out


def test_edited_entry_is_named(desk, held):
    """A chain that was tampered with ends with 1 and says where."""
    database = sqlite3.connect(desk.folder / "state" / "fermata.db")
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {trigger}")
    database.execute("UPDATE journal SET event = replace(event, 'checkout', 'billing') WHERE sequence = 2")
    database.execute("UPDATE journal SET event = replace(event, 'incident.opened', 'incident.closed')")
    database.commit()
    database.close()

    told, report = desk.run("audit", "verify"), desk.run("audit", "verify", "--json")

    assert (told.code, report.code) == (1, 1)
    assert "DOES NOT HOLD" in told.out
    assert "entry 2: edited" in told.out
    assert report.json["holds"] is False


def test_head_that_was_kept_is_looked_for(desk, held):
    """A chain that was rewritten from the start holds by itself: only a head kept elsewhere tells."""
    kept = held.journal[2].hash

    known = desk.run("audit", "verify", "--expect", kept)
    unknown = desk.run("audit", "verify", "--expect", "sha256:" + "00" * 32)
    machine = desk.run("audit", "verify", "--expect", "sha256:" + "00" * 32, "--json")

    assert known.code == 0
    assert (unknown.code, machine.code) == (1, 1)
    assert "the chain was rewritten, or this is a backup from before that entry" in unknown.out
    assert (machine.json["holds"], machine.json["expected_head_found"]) == (False, False)


def test_head_that_was_written_otherwise_is_the_same(desk, held):
    """Without what stands before the digits, in capitals, or with the line end of the file it was kept in."""
    digits = held.journal[2].hash.removeprefix("sha256:")

    codes = [desk.run("audit", "verify", "--expect", text).code for text in (digits, digits.upper(), f"{digits}\n")]

    assert codes == [0, 0, 0]


@pytest.mark.parametrize(("text", "word"), [("", "is empty"), ("sha256:", "is empty"), ("sha256:7f4b", "is no hash")])
def test_head_that_is_no_hash_proves_nothing(desk, held, text, word):
    """A head that a script could not fetch must not pass for one that was found, or half of one."""
    told = desk.run("audit", "verify", "--expect", text, "--json")

    assert (told.code, told.out) == (2, "")
    assert word in told.err


def test_every_setting_is_shown_with_its_origin(desk, monkeypatch):
    """Each value says whether it is a default, from the file or from the environment."""
    monkeypatch.setenv("FERMATA_LOG__LEVEL", "warning")

    rows = {row["path"]: row for row in desk.run("settings", "show", "--json").json}
    table = desk.run("settings", "show").out

    assert rows["server.port"]["origin"] == "default"
    assert rows["log.level"] == {"path": "log.level", "value": "warning", "origin": "environment FERMATA_LOG__LEVEL"}
    assert rows["people.0.id"]["origin"] == str(desk.file)
    assert rows["systems.rehearsal.path"]["value"] == str(desk.hand.path)
    assert set(rows) <= set(table.split())


def test_secrets_are_not_shown(desk, monkeypatch):
    """What came by reference, and passwords inside of other values, never reach the screen."""
    (desk.folder / "secret").write_text("from-a-file-4711\n")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///from-the-environment-4711.db")
    desk.write_settings(
        "server: {alert_token: file:secret}\n"
        "store: {url: env:DATABASE_URL}\n"
        "silences: [{id: s, match: {a: b}, until: '2100-01-01T00:00:00Z', reason: 'password=in-words-4711'}]\n"
    )

    table, machine = desk.run("settings", "show"), desk.run("settings", "show", "--json")

    rows = {row["path"]: row["value"] for row in machine.json}
    assert (table.code, machine.code) == (0, 0)
    assert "4711" not in table.out + machine.out + table.err
    assert rows["server.alert_token"] == rows["store.url"] == "***"
    assert "environment DATABASE_URL" in table.out


def test_policy_says_yes_with_its_rule(desk):
    """Who may have it done, by which guardrail, and how many it takes."""
    told, decision = desk.run(*RESTART, CHECKOUT), desk.run(*RESTART, CHECKOUT, "--json").json

    assert told.code == 0
    assert told.out.startswith("yes: guardrail rail covers rehearsal.set_memory_limit")
    assert "dana may approve as oncall" in told.out
    assert (decision["permitted"], decision["guardrail"]) == (True, "rail")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((CHECKOUT, "--as", "max"), "max may not approve: rail asks for role oncall"),
        (("rehearsal:process/billing/x",), "no guardrail covers"),
        (("other:process/checkout",), "only on rehearsal:process/*"),
    ],
)
def test_policy_says_no_with_what_did_not_match(desk, arguments, words):
    """No ends with 1, and names the rule that came closest."""
    desk.write_settings(**{'"rehearsal:process/*"': '"rehearsal:process/checkout"'})
    words = words.replace("process/*", "process/checkout")

    told, machine = desk.run(*RESTART, *arguments), desk.run(*RESTART, *arguments, "--json")

    assert (told.code, machine.code) == (1, 1)
    assert told.out.startswith("no: ")
    assert words in told.out
    assert machine.json["permitted"] is False


def test_policy_counts_the_blast_radius(desk):
    """More objects than a guardrail allows are not covered by it."""
    desk.write_settings(**{"cooldown: 1s": "max_blast_radius: 2"})

    assert desk.run(*RESTART, CHECKOUT, "--blast-radius", "2").code == 0
    assert "only up to a blast radius of 2" in desk.run(*RESTART, CHECKOUT, "--blast-radius", "3").out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("policy", "test", "rehearsal.explode", CHECKOUT), "rehearsal.explode is not in the catalogue"),
        ((*RESTART, "checkout"), "'checkout' is not a resource"),
        ((*RESTART, CHECKOUT, "--as", "nobody"), "No person 'nobody' in the settings"),
    ],
)
def test_question_about_what_does_not_exist_is_an_error(desk, command, words):
    """An unknown action, resource or person is no denial: the question is wrong."""
    result = desk.run(*command)

    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_question_of_a_stranger_is_an_error(desk):
    """Whoever is at the keyboard and not in the settings is told to be added."""
    desk.write_settings(**{f"console: {USER}": "console: somebody"})

    result = desk.run(*RESTART, CHECKOUT)

    assert result.code == 2
    assert f"No person '{USER}'" in result.err
    assert "people:" in result.err


def test_catalogue_is_listed(desk):
    """Everything that could ever be proposed, with its risk and whether it can be undone."""
    told, (spec,) = desk.run("actions").out, desk.run("actions", "--json").json

    assert "rehearsal.set_memory_limit" in told
    assert (spec["name"], spec["risk"], spec["reversible"]) == ("rehearsal.set_memory_limit", "low", True)


def test_empty_catalogue_says_so(desk):
    """Without a system that acts nothing can be proposed."""
    desk.write_settings(**{f"  rehearsal: {{path: {desk.hand.path}}}\n": ""})

    assert "No configured system offers actions" in desk.run("actions").out
    assert desk.run("actions", "--json").json == []


def test_schema_is_printed_for_editors(desk):
    """On stdout, or into a file, with the line that leads an editor to it; no settings are needed."""
    desk.file.unlink()
    path = desk.folder / "schema.json"

    printed, written = run("settings", "schema"), run("settings", "schema", "--output", path)

    assert printed.json["title"] == "Settings of Fermata"
    assert json.loads(path.read_text()) == printed.json
    assert f"# yaml-language-server: $schema={path}" in written.out


def test_schema_that_cannot_be_written_is_told(desk):
    """The place is named."""
    result = run("settings", "schema", "--output", desk.folder / "nowhere" / "schema.json")

    assert result.code == 4
    assert "nowhere" in result.err
