from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind, EvidenceLine, Gap
from fermata.domain.facts import LogFacts
from fermata.rules.signatures.unrest import OVER_AFTER, ask_for, find_present_failure, find_unrest


def _lines(*texts):
    return [EvidenceLine(number=number, text=text) for number, text in enumerate(texts, start=1)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T10:59:00Z FATAL payment provider rejected every charge",
        '10.0.0.1 - - [24/Nov/2026:10:59:00 +0000] "GET /cart HTTP/1.1" 503 12 "-" "curl"',
        '{"msg": "request", "status": 502}',
        '{"ClientRequestHost": "shop.example", "EdgeResponseStatus": 522, "OriginResponseStatus": 0}',
        '{"DownstreamStatus":502,"RequestHost":"shop.example"}',
        '{"elb_status_code": "503"}',
    ],
)
def test_failure_at_a_logs_end_is_present(text):
    """A level or a server's error status says so; without a time nobody can say that it is over."""
    assert find_present_failure(_lines("INFO fine", text, "INFO fine")).number == 2


def test_failure_long_before_a_logs_end_is_over():
    """The log has gone on without it; a minute less and it has not."""
    assert timedelta(minutes=10) == OVER_AFTER
    assert find_present_failure(_lines("2026-11-23T10:00:00Z ERROR x", "2026-11-23T10:10:00Z INFO y")) is None
    assert find_present_failure(_lines("2026-11-23T10:00:00Z ERROR x", "2026-11-23T10:09:00Z INFO y")).number == 1


def test_calm_log_does_not_fail():
    """Warnings and words are no failures; a 500 that is no status is none either."""
    assert find_present_failure(_lines("WARN slow", "INFO 0 errors", "INFO took 500 ms", 'port "5432"')) is None
    assert find_present_failure([]) is None


def test_failing_log_speaks_against_healthy(scene):
    """It is named with its line."""
    scene.logs(["INFO up", "FATAL payment provider rejected every charge"])

    assert find_unrest(scene.build()) == (
        "Explain 'FATAL payment provider rejected every charge' (line 2 of 'logs of supervisor:process/checkout'): "
        "no signature knows it."
    )


@pytest.mark.parametrize(
    ("lines", "newest_at", "is_over"),
    [
        (["2026-11-23T09:20:00Z ERROR cannot reach cart", "listening"], None, True),
        (["2026-11-23T09:40:00Z ERROR cannot reach cart", "listening"], None, False),
        (["ERROR cannot reach cart"], ONSET - timedelta(minutes=31), True),
        (["ERROR cannot reach cart"], ONSET, False),
        (["ERROR cannot reach cart"], None, False),
    ],
)
def test_failure_from_before_a_steady_run_is_over(scene, lines, newest_at, is_over):
    """Nobody has to explain what a restart has ended, where it is known that it was before."""
    scene.state("running", started_at=ONSET - timedelta(minutes=30))
    facts = LogFacts(newest_at=newest_at)
    scene.add(EvidenceKind.LOGS, "supervisor:process/checkout", lines, facts)

    assert (find_unrest(scene.build()) == "") is is_over


def test_gap_speaks_against_healthy(scene, gap):
    """What was not looked at may be what is wrong."""
    scene.gaps = [gap]

    assert find_unrest(scene.build()) == (
        "Get what supervisor.logs could not give for supervisor:process/checkout: timed out after 5 s."
    )

    scene.gaps = [gap.model_copy(update={"entity": None})]
    assert find_unrest(scene.build()) == "Get what supervisor.logs could not give: timed out after 5 s."


def test_selection_of_a_log_speaks_against_healthy(scene):
    """Whoever filtered it decided what is seen."""
    scene.logs(["INFO up"])
    assert not find_unrest(scene.build())

    scene.evidence = [item.model_copy(update={"cut": "pulled with limit 10"}) for item in scene.evidence]

    assert find_unrest(scene.build()) == "Get all of 'logs of supervisor:process/checkout': pulled with limit 10."


def test_stop_speaks_against_healthy(scene):
    """It fails nowhere, and nobody may say that all is well."""
    scene.logs([f"2026-11-23T09:{minute:02d}:00Z INFO consumed {minute}" for minute in range(20)])

    assert find_unrest(scene.build()).startswith("Find out why the log of checkout is silent since 09:19:00 UTC")


@pytest.mark.parametrize("question", ["Why do payments hang?", "Warum geht nichts?"])
def test_question_why_speaks_against_healthy(scene, question):
    """Who asks has felt it; where an alert was what felt it, its end counts."""
    case = replace(scene.logs(["INFO up"]).build(), question=f"checkout {question}")

    assert find_unrest(replace(case, alerts=())) == (
        f"Look where it is felt: {question!r} is asked, and nothing that was collected shows it."
    )
    assert find_unrest(case) == ""
    assert find_unrest(replace(case, alerts=(), question="Is checkout well?")) == ""


def test_file_of_a_bundle_is_named_once():
    """Its reason begins with its name and its line already."""
    gap = Gap(collector="bundle:graph.json", reason="graph.json:3: it is not JSON")

    assert ask_for(gap) == "See to graph.json:3: it is not JSON."
