"""Kept lines as they are shown: number, count, cut, and without secrets."""

from fermata.rules.condense.excerpting import Excerpts
from fermata.rules.condense.scoring import score
from fermata.rules.condense.survey import Survey
from fermata.rules.condense.tokens import count_tokens
from fermata.rules.condense.writing import Page


def write(lines, *, numbers=None, budget=500, **options):
    """Write all candidates of a log, each line once."""
    survey = Survey(**options)
    survey.add_all(lines)
    surveyed = survey.close()
    excerpts = Excerpts([track.first_text for track in surveyed.tracks], budget)
    page = Page(surveyed, numbers, excerpts)
    by_line = {candidate.line: candidate for candidate in score(surveyed, {})}
    chosen = [by_line[line] for line in sorted(by_line)]
    return page, chosen, page.write(chosen)


def test_line_is_shown_with_its_number_and_its_kinds_count():
    """From 1, or as the lines were numbered by who gave them."""
    lines = ["took 5 ms", "took 6 ms", "ERROR gone"]

    _, _, plain = write(lines)
    _, _, given = write(lines, numbers=[10, 20, 30])

    assert [line.shown for line in plain] == ["1 x2| took 5 ms", "2 x2| took 6 ms", "3 x1| ERROR gone"]
    assert [line.number for line in given] == [10, 20, 30]
    assert given[2].shown == "30 x1| ERROR gone"


def test_what_there_was_no_room_for_has_no_count():
    """Better none than that of all the kinds that were thrown together."""
    letters = "abcdefghijklmnopqrst"
    lines = [f"{letters[n % 20]}x {letters[n // 20 % 20]}y {letters[n // 400]}z" for n in range(600)]

    _, _, written = write(lines, most_shapes=64)

    assert any(" x?| " in line.shown for line in written)


def test_price_is_never_less_than_what_is_written():
    """Also where a short line comes to be hidden as a part of a key."""
    key = ["-----BEGIN EC PRIVATE KEY-----", "q", "", "-----END EC PRIVATE KEY-----"]

    page, chosen, written = write([*key, "WARN x" + "y" * 3_000])

    assert len(written) == 4
    for candidate, line in zip(chosen, written, strict=True):
        assert page.count(candidate) >= count_tokens(line.shown)


def test_secret_that_a_cut_would_halve_is_hidden_whole():
    """What is left of it would not be known for a secret."""
    line = "x" * 390 + " password=hunter2Qw81mmZ" + " y" * 300

    _, _, (written,) = write([line])

    assert written.shown.startswith("1 x1 cut| xxx")
    assert "hunter" not in written.shown


def test_line_without_its_envelope_is_marked():
    """A reader is told that it is not all there; a line that only holds the mark is."""
    tail = " ".join(f"{name}={name * 6}-81f2c7" for name in ("host", "pod", "zone", "image", "build", "trace", "span"))

    _, _, written = write([f'level=warn msg="lease {word}" {tail}' for word in ("lost", "taken")] + ["WARN a [...] b"])

    assert [line.shown for line in written] == [
        '1 x1 cut| level=warn msg="lease lost" [...]',
        '2 x1 cut| level=warn msg="lease taken" [...]',
        "3 x1| WARN a [...] b",
    ]


def test_keys_apart_from_each_other_do_not_hide_what_lies_between():
    """A begin without an end hides only lines that follow it in the log."""
    lines = ["ERROR -----BEGIN EC PRIVATE KEY-----", *[f"INFO tick {n}" for n in range(400)], "ERROR broken pipe"]

    _, _, written = write(lines)

    assert written[-1].text == "ERROR broken pipe"
