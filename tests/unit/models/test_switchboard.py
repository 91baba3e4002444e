from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.models.calls import Lane
from fermata.models.settings import TargetSettings
from fermata.models.switchboard import Switchboard
from fermata.rules.pricing import FREE
from fermata.rules.routing import Failure, Need, Pauses, Scope, Target

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def board():
    """Give two targets, the first with two keys."""
    settings = [
        TargetSettings.model_validate({"base_url": "http://a", "model": "a", "keys": ["k1", "k2"]}),
        TargetSettings.model_validate({"base_url": "http://b", "model": "b"}),
    ]
    lanes = [Lane(index, each, Target(each.id), FREE) for index, each in enumerate(settings)]
    return Switchboard(lanes, Pauses())


def take(board, now=NOON, tried=()):
    """Give whom it chooses."""
    route = board.find_route(TaskKind.DIAGNOSE, Tier.HIGH)
    choice = board.take(route, Need(), now, tried)
    return (choice.target.name, choice.key) if choice.target else None


def fail(board, index, outcome, *, key=0, now=NOON, **facts):
    """Give what a failure speaks against."""
    failure = Failure(outcome, **facts)
    return board.note_failure(board.lanes[index], key, failure, sent_at=now, now=now, input_tokens=500)[1]


def test_keys_take_turns(board):
    """Each call moves the rotation on."""
    assert [take(board)[1] for _ in range(4)] == [0, 1, 0, 1]


def test_failure_of_a_key_leaves_the_other(board):
    """And the target itself is fine."""
    assert fail(board, 0, AttemptOutcome.RATE_LIMITED, status=429) is Scope.KEY

    assert [take(board)[1] for _ in range(2)] == [1, 1]
    described = board.describe(NOON)[0]
    assert described["circuit"]["state"] == "closed"
    assert [key["state"] for key in described["keys"]] == ["open", "closed"]


def test_failure_of_a_target_passes_it_over(board):
    """Whatever its keys."""
    assert fail(board, 0, AttemptOutcome.OVERLOADED, status=500) is Scope.TARGET

    assert take(board) == ("openai-compatible/b", 0)


def test_key_that_is_refused_proves_the_target_alive(board):
    """A probe that meets a rate limit has reached somebody: the circuit closes, the key cools down."""
    fail(board, 0, AttemptOutcome.OVERLOADED, status=500)
    later = NOON + timedelta(seconds=10)
    assert take(board, later) == ("openai-compatible/a", 0)

    fail(board, 0, AttemptOutcome.RATE_LIMITED, status=429, now=later)

    assert board.describe(later)[0]["circuit"]["state"] == "closed"
    assert take(board, later) == ("openai-compatible/a", 1)


def judge(board, fault, now=NOON):
    """Tell it what became of an answer of the first target."""
    board.note_success(board.lanes[0], 0, sent_at=now, now=now)
    board.note_judgement("openai-compatible/a", fault, sent_at=now, now=now)


def test_target_whose_answers_never_stand_is_passed_over(board):
    """In form, and always invented: from the third in a row on it counts as failing, for longer each time."""
    for _ in range(2):
        judge(board, "The quote is nowhere")
    assert take(board)[0] == "openai-compatible/a"

    judge(board, "The quote is nowhere")

    described = board.describe(NOON)[0]
    assert described["circuit"]["until"] == "2026-11-25T12:00:10.000Z"
    assert described["last"]["error"] == "its last 3 answers were not accepted: The quote is nowhere"
    assert take(board)[0] == "openai-compatible/b"
    assert take(board, tried=["openai-compatible/b"])[0] == "openai-compatible/a"
    board.note_nothing(board.lanes[0], 0)
    later = NOON + timedelta(seconds=10)
    assert take(board, later)[0] == "openai-compatible/a"
    judge(board, "The quote is nowhere", later)
    assert board.describe(later)[0]["circuit"]["until"] == "2026-11-25T12:00:30.000Z"


def test_answers_asked_for_before_it_was_lowered_do_not_count(board):
    """Of ten questions at once that it invents answers to, the third lowers it, and the others for no longer."""
    for second in range(10):
        board.note_judgement("openai-compatible/a", "invented", sent_at=NOON, now=NOON + timedelta(seconds=second))

    assert board.describe(NOON)[0]["circuit"]["until"] == "2026-11-25T12:00:12.000Z"


def test_answer_that_stands_begins_the_count_anew(board):
    """A model that misquotes now and then is asked as before; another house's target is nobody's here."""
    for fault in ("invented", "invented", "", "invented", "invented"):
        judge(board, fault)
    board.note_judgement("scripted/model", "invented", sent_at=NOON, now=NOON)

    described = board.describe(NOON)[0]
    assert described["circuit"]["state"] == "closed"
    assert described["last"]["error"] == "its last 2 answers were not accepted: invented"


def test_small_window_that_may_not_be_asked_anyhow_wants_no_shorter_prompt(board):
    """Else all the others would be asked once more, and paid again, for a target whose keys are refused."""
    for index in range(2):
        fail(board, index, AttemptOutcome.CONTEXT_TOO_LONG)
    long, route = Need(input_tokens=600), board.find_route(TaskKind.DIAGNOSE, Tier.HIGH)
    assert board.has_too_small(route, long, NOON, ())
    assert not board.has_too_small(route, Need(input_tokens=400), NOON, ())

    fail(board, 1, AttemptOutcome.UNAUTHORISED, status=401)

    assert board.has_too_small(route, long, NOON, ())
    assert not board.has_too_small(route[1:], long, NOON, ())


def test_smallest_length_that_was_too_long_is_kept(board):
    """A second, longer prompt teaches nothing new."""
    lane = board.lanes[0]
    for tokens in (500, 400, 600):
        failure = Failure(AttemptOutcome.CONTEXT_TOO_LONG)
        board.note_failure(lane, 0, failure, sent_at=NOON, now=NOON, input_tokens=tokens)

    assert board.describe(NOON)[0]["too_long_tokens"] == 400


def test_state_is_told_as_json_types(board):
    """Reason, end and last outcome of each, for a table and for a machine; no key is in it."""
    fail(board, 1, AttemptOutcome.TIMED_OUT, message="no first byte within 2 s")

    first, second = board.describe(NOON)

    assert first["last"] is None
    assert second["circuit"] == {
        "state": "open",
        "reason": "timed_out",
        "until": "2026-11-25T12:00:10.000Z",
        "failures": 1,
    }
    assert second["last"]["error"] == "no first byte within 2 s"
    assert "k1" not in str(first)


def test_explaining_changes_nothing(board):
    """It may be asked at any time: no probe is begun by it."""
    fail(board, 0, AttemptOutcome.OVERLOADED, status=500)
    later = NOON + timedelta(seconds=10)
    route = board.find_route(TaskKind.DIAGNOSE, Tier.HIGH)

    for _ in range(2):
        assert "as the one probe" in board.explain(route, Need(), later)[0]
    assert take(board, later) == ("openai-compatible/a", 0)


def test_worker_takes_over_what_another_learnt(board):
    """Circuits and keys, with reason and end."""
    other = Switchboard(board.lanes, Pauses())
    fail(other, 0, AttemptOutcome.RATE_LIMITED, status=429, key=1)
    fail(other, 1, AttemptOutcome.OVERLOADED, status=500)

    board.adopt(other.share(), after=NOON - timedelta(seconds=1))

    assert [take(board)[1] for _ in range(2)] == [0, 0]
    assert board.describe(NOON)[1]["circuit"]["reason"] == "overloaded"
    assert set(other.share()) == {"openai-compatible/a#" + board.lanes[0].settings.keys[1].get_label(),
                                  "openai-compatible/b"}  # fmt: skip


def test_older_word_of_another_is_not_believed(board):
    """This worker has had an answer since."""
    other = Switchboard(board.lanes, Pauses())
    for each in (board, other):
        fail(each, 1, AttemptOutcome.OVERLOADED, status=500)
    later = NOON + timedelta(seconds=10)
    board.note_success(board.lanes[1], 0, sent_at=later, now=later)

    board.adopt(other.share(), after=NOON - timedelta(seconds=1))

    assert board.describe(later)[1]["circuit"]["state"] == "closed"


def test_restart_forgets(board):
    """What was learnt before this process began is not believed: its key may have been renewed."""
    other = Switchboard(board.lanes, Pauses())
    fail(other, 0, AttemptOutcome.UNAUTHORISED, status=401)

    board.adopt(other.share(), after=NOON)

    assert [key["state"] for key in board.describe(NOON)[0]["keys"]] == ["closed", "closed"]


@pytest.mark.parametrize(
    "notice", [{}, {"at": "soon", "until": ""}, {"at": "2026-11-25T12:00:00.000Z", "until": "x", "reason": "ok"}]
)
def test_notice_of_another_form_is_passed_over(board, notice):
    """A newer worker may have written it; a target that is not configured here is passed over as well."""
    board.adopt({"openai-compatible/a": notice, "acme/unknown": {}}, after=NOON - timedelta(days=1))

    assert board.describe(NOON)[0]["circuit"]["state"] == "closed"


def test_probe_that_meets_a_limit_closes_the_circuit_for_all(board):
    """Both changes are told."""
    fail(board, 0, AttemptOutcome.OVERLOADED, status=500)
    later = NOON + timedelta(seconds=10)
    take(board, later)
    fail(board, 0, AttemptOutcome.RATE_LIMITED, status=429, now=later)

    told = board.share()

    assert told["openai-compatible/a"]["until"] == ""
    assert [notice["reason"] for name, notice in told.items() if "#" in name] == ["rate_limited"]


def test_target_that_failed_is_asked_again_when_the_clock_is_set_back(board):
    """Two hours of silence for a pause of seconds; and what it answers then counts."""
    fail(board, 0, AttemptOutcome.OVERLOADED, status=500)
    earlier = NOON - timedelta(hours=2)

    assert take(board, earlier) == ("openai-compatible/a", 0)
    board.note_success(board.lanes[0], 0, sent_at=earlier, now=earlier)
    assert board.describe(earlier)[0]["circuit"]["state"] == "closed"
