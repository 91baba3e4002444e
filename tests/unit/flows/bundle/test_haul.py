"""What reading brings together: redacted once for all, and bounded over all files."""

import pytest

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle import haul as module
from fermata.flows.bundle.haul import Draft, Haul, describe, make_entity

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def make_draft(haul, *lines, **changes):
    """Give a draft of lines."""
    values = {
        "kind": EvidenceKind.LOGS,
        "entity": Entity(kind="service", name="cart"),
        "title": "logs/cart.log",
        "query": "logs/cart.log",
        "collector": "bundle.logs",
        "lines": haul.hide_lines(lines).lines,
    }
    return Draft(**(values | changes))


def test_lines_over_the_bundles_limit_are_cut_and_said(monkeypatch):
    """However many files there are, the lines of all of them are bounded."""
    monkeypatch.setattr(module, "MOST_LINES", 3)  # A constant: 120,000 lines take seconds.
    haul = Haul()

    haul.add(make_draft(haul, "a", "b"))
    haul.add(make_draft(haul, "c", "d", cut="filtered"))
    haul.add(make_draft(haul, "e"))
    haul.add(make_draft(haul, "f", facts={"x": 1}))

    assert [len(draft.lines) for draft in haul.drafts] == [2, 1, 0]
    assert haul.drafts[1].cut.startswith("filtered; 1 lines")
    assert haul.gaps[0].reason.startswith("logs/cart.log: 1 lines")


def test_secrets_are_hidden_wherever_they_stand():
    """In texts, in names of fields, and in every text of a value."""
    haul = Haul()

    hidden = haul.hide_deep({"a": [f"x {TOKEN}", 3, None], TOKEN: True})

    assert TOKEN not in str(hidden)
    assert hidden["a"][1:] == [3, None]
    assert haul.hide(TOKEN) == haul.hide(TOKEN) != TOKEN


def test_what_a_map_names_a_secret_is_hidden_whole():
    """A label, an annotation, a variable as a pair; what is told by its name only."""
    haul = Haul()

    hidden = haul.hide_deep(
        {
            "labels": {"db_password": "zebra-lantern-copper", "app": "cart"},
            "env": [{"name": "API_TOKEN", "value": "9f86d081884c7d659a2f" + "eaa0c55ad015"}],
            "password": "none",
        }
    )

    assert "zebra" not in str(hidden)
    assert "9f86d081" not in str(hidden)
    assert (hidden["labels"]["app"], hidden["env"][0]["name"], hidden["password"]) == ("cart", "API_TOKEN", "none")


@pytest.mark.parametrize(
    ("lines", "hidden"),
    [
        (["start", "args:", "- --password", "- swordfish1", "- --verbose"], 4),
        (["start", "- value: swordfish1", "  name: DB_PASSWORD", "end"], 2),
        (["start", "password: |", "  swordfish1", "user: ada"], 3),
        (['"password":', '  "swordfish1"'], 2),
        (["docker login --password-stdin <<EOF", "swordfish1", "EOF"], 2),
    ],
)
def test_secret_in_a_line_beside_its_name_is_hidden(lines, hidden):
    """Lines of a log are redacted one by one; what one says of its neighbours counts all the same."""
    found = Haul().hide_lines(lines)

    assert [line.number for line in found.lines if "[redacted" in line.text] == [hidden]
    assert found.redactions == 1
    assert len(found.lines) == len(lines)


def test_value_on_the_line_after_its_name_is_hidden():
    """A block is redacted as one text, and keeps its lines."""
    hidden = Haul().hide_block("- name: DB_PASSWORD\n  value: correct-horse-7\n- name: MODE\n  value: fast")

    assert "correct-horse-7" not in str(hidden.lines)
    assert [line.number for line in hidden.lines] == [1, 2, 3, 4]
    assert hidden.lines[3].text == "  value: fast"
    assert hidden.redactions == 1


def test_key_over_several_lines_keeps_their_numbers():
    """A block from which a whole key was taken is redacted line by line instead."""
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"

    hidden = Haul().hide_block(f"{key}\nafter")

    assert [line.text for line in hidden.lines][3] == "after"
    assert "MIIE" not in str(hidden.lines)


def test_half_a_character_is_no_text():
    """It could not be stored or printed."""
    assert Haul().hide("a\ud800b") == "a?b"


def test_entity_is_cleaned():
    """What cannot name one is taken out; nothing is left unnamed."""
    assert make_entity("service", "a b/c", namespace="x*").ref == "service/x/a-b-c"
    assert make_entity("", " ").ref == "thing/unnamed"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("spans"), "'spans' is missing"),
        (TypeError(), "it is of another kind than its place asks for"),
        (AttributeError("'NoneType' object has no attribute 'get'"), "it is of another kind than its place asks for"),
        (ValueError("could not convert string to float: 'hunter2'"), "could not convert string to float: ..."),
        (ValueError("a\nb"), "a b"),
    ],
)
def test_refusal_is_told_in_words(error, words):
    """One line, without a trace."""
    assert describe(error) == words


def test_what_is_left_out_is_named_on_one_line_and_without_secrets():
    """A name and a reason are a stranger's, too."""
    haul = Haul()

    haul.leave_out("a\nWhat is wrong", "it says password=f81d4fae7dec", 3)

    (warning,) = haul.warnings
    assert warning.startswith("a What is wrong:3: it says password=[redacted:")
    assert haul.gaps[0].reason == warning


def test_secret_across_the_cut_of_a_long_line_is_hidden_whole():
    """A bundle's lines are cut as long as live ones, and as late; what lies behind the cut counts as nothing."""
    secret = "postgres://shop:correct-horse-battery@db/x"
    across, behind = (("word " * 500)[: 2000 - room - 1] + f" {secret} and more" for room in (36, -2))

    first, second = (Haul().hide_lines([line]) for line in (across, behind))

    assert ("correct" in first.lines[0].text, first.redactions, first.shortened) == (False, 1, 1)
    assert (second.redactions, second.shortened) == (0, 1)
