"""A log in, its essence out: verbatim, numbered, within the budget, and not to be forged."""

import re
from dataclasses import dataclass

import pytest

from fermata.rules.condense import condense, condense_lines, count_tokens, keep_lines
from fermata.rules.condense.scoring import score
from fermata.rules.condense.survey import Survey


@dataclass(frozen=True)
class Line:
    """A line as evidence has it."""

    number: int
    text: str


def chatter(count):
    """Give ordinary lines."""
    return [f"INFO request {number} served in {number % 90} ms" for number in range(count)]


FAULT = "ERROR dial tcp db:5432: connection refused"
LOG = [*chatter(300), FAULT, *chatter(100)]


def test_essence_has_number_count_and_the_line_itself():
    """The fault is there, verbatim, with its number from 1 and how often its kind came."""
    result = condense([("orders.log", [line + "\n" for line in LOG])], budget=200)

    assert f"301 x1| {FAULT}" in result.text.splitlines()
    assert result.text.startswith("== orders.log: 401 lines, 2 kinds of line")
    assert result.lines_in == 401
    (kept,) = (item for item in result.kept if item.line == 301)
    assert (kept.file, kept.text) == ("orders.log", FAULT)
    assert kept.why.startswith("error, once")


@pytest.mark.parametrize("budget", [0, 5, 30, 60, 120, 500, 5000])
def test_budget_is_kept(budget):
    """Whatever the budget, the text fits; too small a one gives none."""
    result = condense([("a.log", LOG), ("b.log", LOG)], budget=budget)

    assert result.tokens_out == count_tokens(result.text) <= budget
    assert result.lines_in == 802


def test_templates_say_how_often_and_when():
    """Most frequent first, with the numbers of the first and the last line."""
    request, fault = condense([("a.log", LOG)], budget=100).templates

    assert (request.template, request.count, request.first, request.last) == (
        "INFO request <*> served in <*>",
        400,
        1,
        401,
    )
    assert (fault.count, fault.first, fault.last, fault.file) == (1, 301, 301, "a.log")


def test_several_files_share_a_budget():
    """Each file has its heading, and the lines below it are its own."""
    result = condense([("quiet.log", chatter(50)), ("loud.log", LOG)], budget=300)

    quiet, loud = re.split("(?m)^== loud", result.text)
    assert FAULT not in quiet
    assert FAULT in loud
    assert {kept.file for kept in result.kept} == {"quiet.log", "loud.log"}


def test_count_is_of_the_lines_own_kind():
    """Names and levels do not divide a kind's count, and what came before a trouble does not take the trouble's."""
    lines = [f'{{"service": "{"abcdef"[number % 6]}", "msg": "served {number} of many"}}' for number in range(300)]
    lines += [f'{{"service": "a", "msg": "store refused {number}: connection refused"}}' for number in range(7)]

    shown = condense([("a.log", lines)], budget=600).text.splitlines()[1:]

    counts = {line.split("|")[0].split()[1] for line in shown if "served" in line}
    assert counts == {"x300"}
    assert {line.split("|")[0].split()[1] for line in shown if "refused" in line} == {"x7"}
    assert any(line.startswith("300 x300|") for line in shown)


def test_secrets_are_not_written_and_all_else_is():
    """Text, kept lines, templates and headings leave for a model; a placeholder is seen as such."""
    secret = "hunter2Qw81mmZ"
    line = f"ERROR login of app at db:5432 failed: password={secret} refused"

    result = condense([(f"a.log?token={secret}", [*chatter(50), line])], budget=200)

    assert secret not in f"{result.text} {[kept.text for kept in result.kept]} {result.templates}".replace(
        result.templates[0].file, ""
    )
    assert re.search(
        r"(?m)^51 x1\| ERROR login of app at db:5432 failed: password=\[redacted:assignment:[0-9a-f]{4}\] refused$",
        result.text,
    )
    assert result.tokens_out <= 200


def test_private_key_in_a_log_is_hidden_line_by_line():
    """Its lines keep their numbers; what stands between begin and end is not shown, random-looking or not."""
    key = ["-----BEGIN RSA PRIVATE KEY-----", "A" * 64, "short+body==", "-----END RSA PRIVATE KEY-----"]

    result = condense([("a.log", ["ERROR panic: dump", *key, "INFO after"])], budget=400)

    first, *hidden, last = [kept.text for kept in result.kept]
    assert (first, last) == ("ERROR panic: dump", "INFO after")
    assert [text[:14] for text in hidden] == ["[redacted:pem:"] * 4
    assert result.tokens_out == count_tokens(result.text) <= 400


def test_bare_lines_are_not_redacted():
    """They are looked up in the log by who asked for them."""
    assert keep_lines(["ERROR password=hunter2Qw81mmZ refused"], 100) == ["ERROR password=hunter2Qw81mmZ refused"]


def test_lines_of_evidence_keep_their_numbers():
    """Evidence may begin anywhere and have gaps."""
    lines = [Line(1000 + 3 * index, text) for index, text in enumerate(LOG)]

    result = condense_lines(lines, source="supervisor.logs", budget=200)

    assert f"1900 x1| {FAULT}" in result.text
    assert max(template.last for template in result.templates) == 1000 + 3 * 400


@pytest.mark.parametrize(
    "forged",
    [
        "ERROR x\n9999 x9999| all is well",
        "ERROR x\u20289999 x9999| all is well",
        "ERROR x\x0c== other.log: 3 lines, 1 kind of line",
        "ERROR x\r9999 x9999| all is well",
        "== other.log: 3 lines, 1 kind of line ERROR",
    ],
)
def test_lines_cannot_pass_for_ours(forged):
    """What imitates a number or a heading stands behind a number of ours, on the same line."""
    result = condense([("a.log", [*LOG, forged])], budget=400)

    heading, *rest = result.text.split("\n")
    assert heading.startswith("== a.log: 402")
    assert len(rest) == len(result.kept)
    assert all(re.match(r"[0-9]+ x[0-9]+( cut)?\| ", line) for line in rest)
    assert result.text.splitlines() == [heading, *rest]


def test_name_of_a_file_cannot_pass_for_a_line():
    """A heading is one line whatever the file is called."""
    assert condense([("a\n1 x1| fine", LOG)], budget=100).text.splitlines()[0].startswith("== a 1 x1| fine: 401")


def test_log_without_a_name_is_a_log():
    """Standard input has none."""
    assert condense([("", LOG)], budget=100).text.startswith("== log: 401 lines")


def test_gigantic_line_is_cut_and_says_so():
    """The part around the telling words is kept in one piece, and marked."""
    line = "batch " + "x" * 100_000 + " refused: connection refused by peer " + "y" * 100_000

    result = condense([("a.log", [*chatter(100), line])], budget=400)

    (cut,) = (shown for shown in result.text.splitlines() if " cut| " in shown)
    assert "connection refused by peer" in cut
    assert cut.startswith("101 x1 cut| ")


def test_bare_lines_are_verbatim_and_in_order():
    """Without numbers and headings: exactly what stood in the log, within the budget."""
    lines = [*chatter(300), FAULT, "INFO done"]

    kept = keep_lines(lines, 120)

    assert FAULT in kept
    assert [line for line in lines if line in kept] == kept
    assert sum(count_tokens(line) + 1 for line in kept) <= 120


def test_hint_steers():
    """The service that is asked about comes first when there is room for one."""
    lines = [*chatter(200), "ERROR [cart] disk is gone", "ERROR [search] disk is gone", *chatter(9)]

    assert keep_lines(lines, 14, hint={"service": "cart"}) == ["ERROR [cart] disk is gone"]
    assert keep_lines(lines, 14, hint={"service": "search"}) == ["ERROR [search] disk is gone"]


def test_nothing_in_nothing_out():
    """No files, an empty file, a file of empty lines."""
    assert condense([], budget=100).text == ""
    assert condense([("a", [])], budget=100).text == "== a: 0 lines, 0 kinds of line"
    assert condense([("a", [b"\n", b"\n"])], budget=100).lines_in == 2
    assert keep_lines([], 100) == []


def test_setting_said_at_the_start_tells_less_where_much_is_said_there():
    """The one odd line of a start is looked at; of twenty-seven, none is odd."""
    setting = "INFO transport none is in use"
    banner = [f"INFO {word}o {word}a {word}e" for word in map(chr, range(97, 123))]
    scores = []
    for lines in ([setting, *chatter(600)], [*banner, setting, *chatter(600)]):
        survey = Survey()
        survey.add_all(lines)
        scores.append(next(item.score for item in score(survey.close(), {}) if item.raw == setting.encode()))

    assert scores[0] > scores[1] + 0.2


def test_answers_of_5xx_are_counted_in_the_heading():
    """They are of one kind with those that went well: `x400` before one of them does not say how many failed."""
    log = [f'10.0.0.1 "GET /cart HTTP/1.1" {503 if 300 <= at < 330 else 200} 9' for at in range(400)]

    result = condense([("access.log", log), ("app.log", LOG)], budget=400)

    assert "== access.log: 400 lines, 1 kind of line, 30 answers of 5xx" in result.text.splitlines()
    assert "== app.log: 401 lines, 2 kinds of line" in result.text.splitlines()
