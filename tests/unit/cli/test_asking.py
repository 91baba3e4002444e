"""`fermata ask` on the command line."""

import json
import re

import pytest
from tests.unit.cli.provider import serve_provider
from tests.unit.flows.scripted_gateway import PIECE

from fermata.domain.model import Usage
from fermata.testing.providers import ModelFault


def test_answer_quotes_what_it_rests_on(desk):
    """Each line with where it stands, then time and cost."""
    result = desk.run("ask", "why is checkout down?")

    assert result.code == 0, result.err
    assert "memory_limit_exceeded" in result.out
    assert ", line " in result.out
    assert "cost $0, no model was asked." in result.out


def test_answer_for_machines(desk):
    """One object."""
    result = desk.run("ask", "how is checkout?", "--json")

    assert (result.code, result.err) == (0, "")
    assert (result.json["kind"], result.json["names"]) == ("status", ["checkout"])
    assert result.json["answer"][0]["citations"]
    assert {said["by"] for said in result.json["answer"]} == {"rules"}
    assert result.json["models"] == []


def test_words_without_quotes_are_one_question(desk):
    """As people type it."""
    result = desk.run("ask", "how", "is", "checkout?", "--json")

    assert result.json["question"] == "how is checkout?"


@pytest.mark.parametrize("text", ["", "  ", "x" * 3000])
def test_question_that_is_none_is_refused(desk, text):
    """Before anything is asked."""
    result = desk.run("ask", text)

    assert result.code == 2
    assert "cannot be read" in result.err


def answer(body):
    """Say one sentence about the first line of the brief that tells of memory."""
    content = body["messages"][-1]["content"]
    piece = ""
    for row in content.split("\n"):
        if heading := PIECE.match(row):
            piece = heading[1]
        head, _, text = row.partition("| ")
        if piece and head[:1].isdigit() and "MemoryError" in text:
            citation = {"evidence": piece, "lines": head.split(" ")[0], "quote": text}
            return json.dumps({"answered": True, "sentences": [{"text": "Memory ran out.", "citations": [citation]}]})
    raise AssertionError(content)


@pytest.fixture
def provider():
    """Give a provider that answers questions from what it is shown."""
    with serve_provider(answer) as server:
        yield server
    assert server.complaints == []


@pytest.fixture
def asking(desk, provider):
    """Give a desk with a priced model."""
    price = "price: {input_per_mtok: 3, output_per_mtok: 15}"
    target = f"{{name: small, model: small-1, base_url: '{provider.url}', {price}}}"
    desk.write_settings(f"models: {{targets: [{target}]}}\n")
    return desk


def test_model_answers_by_its_name_with_citations_cost_and_time(asking, provider):
    """Before what the rules say; the price is the ledger's."""
    provider.respond.script.usage = Usage(input_tokens=1_400, output_tokens=20)

    result = asking.run("ask", "how is checkout?")

    assert result.code == 0, result.err
    assert result.out.startswith("openai-compatible/small: Memory ran out.")
    assert "memory_limit_exceeded" in result.out
    assert "small answered; the quotes and numbers of each sentence were checked, not what" in result.out
    assert "cost $0.0045 (1 call, 1,420 tokens, " in result.out
    assert "$0.0045" in asking.run("costs").out


def test_model_that_fails_leaves_the_rules_answer(asking, provider):
    """With the reason, for people and for machines."""
    provider.respond.script.fault = ModelFault.UNAUTHORISED

    result = asking.run("ask", "how is checkout?")
    machine = asking.run("ask", "how is checkout?", "--json").json

    assert result.code == 0, result.err
    assert "Models: No model answered" in result.out
    assert "memory_limit_exceeded" in result.out
    assert machine["models"][0]["outcomes"] == ["unauthorised"]
    assert machine["costs"]["calls"] == 1


def test_words_within_several_lines_are_told_with_all_of_them(desk):
    """Which of the lines it is nobody knows: the first one may well hold other words."""

    def say(body):
        said = json.loads(answer(body))
        (citation,) = said["sentences"][0]["citations"]
        citation["lines"] = f"{int(citation['lines']) - 1}-{citation['lines']}"
        return json.dumps(said)

    with serve_provider(say) as provider:
        price = "price: {input_per_mtok: 3, output_per_mtok: 15}"
        desk.write_settings(f"models: {{targets: [{{model: small-1, base_url: '{provider.url}', {price}}}]}}\n")
        result = desk.run("ask", "how is checkout?")

    first, last = re.search(r", lines (\d+)-(\d+): .*MemoryError", " ".join(result.out.split())).groups()
    assert int(last) == int(first) + 1
