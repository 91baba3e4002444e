"""What a model asks to see becomes kinds and entities that exist, or nothing."""

from tests.unit.rules.incident_case import conclude, make_case, make_deployment, make_piece

from fermata.domain.answer import EvidenceRequest
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.asked_evidence import choose_pieces, understand, widen_scope
from fermata.rules.brief.pieces import Pieces

LEDGER = Entity(kind="service", name="ledger")
LOG = make_piece(*(f"line {number}" for number in range(1, 31)))
OTHER = make_piece("ledger is slow", title="ledger", entity=LEDGER)
STATE = make_piece("ledger runs", kind=EvidenceKind.STATE, title="state", entity=LEDGER)
OBJECTS = make_deployment("name: ledger", "name: checkout")
CASE = make_case(LOG, OTHER, STATE, OBJECTS)
NAMES = {"E1": LOG, "E2": OTHER, "E3": STATE, "E4": OBJECTS}


def ask(*requests):
    """Give the questions of these (what, of) requests."""
    asked = [EvidenceRequest(what=what, of=of) for what, of in requests]
    return understand(asked, CASE, conclude(), NAMES)


def choose(what, of, fresh=()):
    """Give the titles of the pieces that answer a request."""
    unnamed = [item for item in fresh if item not in NAMES.values()]
    names = NAMES | {f"E{number}": item for number, item in enumerate(unnamed, start=5)}
    (question,) = ask((what, of))
    return [(piece.name, piece.evidence.title) for piece in choose_pieces(question, CASE.evidence, fresh, names)]


def test_question_has_kinds_and_an_entity_that_exists():
    """The words of the request stay for the heading; twice asked is once."""
    (question,) = ask(("logs", "ledger"), ("logs", "ledger"))

    assert question.words == "logs of ledger"
    assert question.entity == LEDGER
    assert EvidenceKind.LOGS in question.kinds


def test_unknown_name_widens_no_scope():
    """What a model makes up reaches no collector."""
    assert widen_scope(CASE.scope, ask(("logs", "vault; rm"), ("lines", "E1:1"))) is None


def test_scope_is_widened_to_what_was_asked():
    """The window stays; each entity stands there once."""
    scope = widen_scope(CASE.scope, ask(("logs", "ledger"), ("metrics", "ledger")))

    assert scope.entities == (LEDGER,)
    assert scope.window_start == CASE.scope.window_start


def test_pieces_of_the_kind_about_the_entity_answer():
    """Of what is known and of what was just gathered, the latter first, by the names of the brief."""
    fresh = make_piece("fresh", title="fresh", entity=Entity(kind="pod", name="ledger-0"))

    assert choose("logs", "ledger", [fresh, OTHER]) == [("E5", "fresh"), ("E2", "ledger")]
    assert choose("state", "ledger") == [("E3", "state")]
    assert choose("traces", "ledger") == []


def test_objects_that_name_it_answer_too():
    """Objects of a whole namespace come as one piece."""
    assert choose("objects", "ledger") == [("E4", "objects")]
    assert choose("objects", "service/profile") == []


METRICS = make_piece(
    "ledger rps: 190 values",
    "shop rps: 190 values",
    "ledger errors: 190 values",
    kind=EvidenceKind.METRICS,
    title="metrics.csv",
    entity=Entity(kind="metrics", name="metrics"),
)


def test_series_of_many_answer_for_each_that_they_name():
    """A file of metrics is about nobody and about everybody: the lines that name who was asked about are telling."""
    question = understand([EvidenceRequest(what="metrics", of="ledger")], CASE, conclude(), NAMES)[0]

    (piece,) = choose_pieces(question, (*CASE.evidence, METRICS), (), NAMES | {"E5": METRICS})

    assert (piece.name, piece.telling) == ("E5", (1, 3))


def test_piece_is_asked_for_by_its_name():
    """What the brief calls it is enough, whatever kind was said; its lines, too, whatever was said."""
    names = NAMES | {"E5": METRICS}
    requests = [EvidenceRequest(what="metrics", of="E5 "), EvidenceRequest(what="logs", of="E1:3-4")]
    whole, lines = understand(requests, CASE, conclude(), names)

    assert [piece.evidence for piece in choose_pieces(whole, CASE.evidence, (), names)] == [METRICS]
    assert widen_scope(CASE.scope, (whole,)) is None
    assert choose_pieces(lines, CASE.evidence, (), names)[0].write(100) == ["3| line 3", "4| line 4"]


def test_object_itself_comes_before_those_that_refer_to_it():
    """Where it is described says more than where it is mounted, and so do its own lines within a piece."""
    pods = make_piece("  name: web", "  claimName: data", kind=EvidenceKind.OBJECTS, title="pods.yaml")
    claims = make_piece("  ref: data", "  name: data", kind=EvidenceKind.OBJECTS, title="claims.yaml")
    case = make_case(pods, claims)
    question = understand([EvidenceRequest(what="objects", of="data")], case, conclude(), {})[0]

    pieces = choose_pieces(question, case.evidence, (), {"E1": pods, "E2": claims})

    assert [(piece.name, piece.telling) for piece in pieces] == [("E2", (2,)), ("E1", (2,))]


def test_lines_of_a_piece_are_shown_as_they_are():
    """More of what was condensed, by number."""
    (question,) = ask(("lines", "E1:10-12"))

    (piece,) = choose_pieces(question, CASE.evidence, (), NAMES)

    assert piece.name == "E1"
    assert piece.write(100) == ["10| line 10", "11| line 11", "12| line 12"]


def test_lines_that_are_not_there_are_nothing():
    """An unknown piece, no lines, or lines beyond the end."""
    for place in ("E9:1-2", "E1:all", "E1:900-910", "checkout"):
        (question,) = ask(("lines", place))

        assert (question.lines, question.entity) == (None, None)
        assert choose_pieces(question, CASE.evidence, (), NAMES) == []


def test_brief_and_questions_share_their_names():
    """A piece is called the same wherever it stands."""
    pieces = Pieces(CASE, conclude())
    (question,) = understand([EvidenceRequest(what="logs", of="ledger")], CASE, conclude(), pieces.names)

    (piece,) = choose_pieces(question, CASE.evidence, (), pieces.names)

    assert pieces.names[piece.name] is OTHER


def test_object_that_was_asked_about_is_shown_not_the_top_of_the_list():
    """A namespace comes as one piece: the lines that name it are telling, and it is known to be asked for."""
    (question,) = ask(("objects", "ledger"))

    (piece,) = choose_pieces(question, CASE.evidence, (), NAMES)

    assert (piece.telling, piece.is_asked, piece.is_verbatim) == ((1,), True, False)


def test_lines_that_were_asked_for_are_not_folded():
    """Thirty lines that are alike are thirty lines."""
    same = make_piece(*["again"] * 30)
    (question,) = understand([EvidenceRequest(what="lines", of="E1:5-25")], make_case(same), conclude(), {"E1": same})

    (piece,) = choose_pieces(question, [same], (), {"E1": same})

    assert piece.write(1_000) == [f"{number}| again" for number in range(5, 26)]
