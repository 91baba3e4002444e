"""Evidence under short names: what is read first, and which of its lines."""

from tests.unit.rules.incident_case import (
    blame,
    conclude,
    make_case,
    make_change,
    make_deployment,
    make_piece,
    number_lines,
)

from fermata.domain.diagnosis import Citation
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.brief.pieces import Piece, Pieces

OTHER = Entity(kind="service", name="ledger")
PARTS = ("worker", "shard", "lease", "cache", "queue", "socket", "reader", "writer", "index", "ticker")


def write_noise(count):
    """Give lines of which no two are alike."""
    pairs = [(one, two) for one in PARTS for two in PARTS]
    return [f"the {one} of the {two} went by" for one, two in pairs][:count]


def test_cited_evidence_comes_first_then_what_is_about_the_incident():
    """A model reads what the signatures rest on before anything else, and strangers last."""
    stranger = make_piece("fine", title="ledger", entity=OTHER)
    graph = make_piece("a -> b", kind=EvidenceKind.GRAPH, title="graph", entity=OTHER)
    own = make_piece("slow", title="checkout")
    cited = make_piece("limit", kind=EvidenceKind.RESOURCES, title="limit", entity=OTHER)
    case = make_case(graph, stranger, own, cited)

    pieces = Pieces(case, conclude(blame(cited)))

    assert [piece.evidence.title for piece in pieces.all] == ["limit", "checkout", "ledger", "graph"]
    assert pieces.name(own.id) == "E2"
    assert pieces.name("ev-gone") == "ev-gone"
    assert pieces.names["E1"] is cited


def test_what_the_alerting_service_calls_comes_before_strangers():
    """As far as a graph tells; what does not read as one tells nothing."""
    edges = [{"caller": "checkout", "callee": "ledger", "mode": "sync"}]
    graph = make_piece("checkout -> ledger", kind=EvidenceKind.GRAPH, title="graph", facts={"edges": edges})
    broken = make_piece("?", kind=EvidenceKind.GRAPH, title="broken", entity=OTHER, facts={"edges": 7})
    stranger = make_piece("x", title="a", entity=Entity(kind="service", name="billing"))
    called = make_piece("x", title="z", entity=OTHER)

    pieces = Pieces(make_case(graph, broken, stranger, called), conclude())

    assert [piece.evidence.title for piece in pieces.all if piece.evidence.kind is EvidenceKind.LOGS] == ["z", "a"]
    without = Pieces(make_case(broken, stranger, called), conclude())
    assert [piece.evidence.title for piece in without.all][:2] == ["a", "z"]


def test_series_of_the_alerting_service_come_first_in_a_file_of_many():
    """A file of metrics is about nobody by its own name; which of its lines tell is known by whom they name."""
    place = Entity(kind="metrics", name="metrics")
    many = make_piece(
        "ledger rps", "checkout rps", "checkout-pg cpu", kind=EvidenceKind.METRICS, title="z", entity=place
    )
    other = make_piece("ledger rps", kind=EvidenceKind.METRICS, title="a", entity=place)

    pieces = Pieces(make_case(other, many), conclude())

    assert [(piece.evidence.title, piece.telling) for piece in pieces.all] == [("z", (2, 3)), ("a", ())]


def test_pod_of_what_alerts_counts_as_what_alerts():
    """A pod carries the name of the workload that made it."""
    pod = make_piece("x", title="pod", entity=Entity(kind="pod", name="checkout-7f-abc"))
    stranger = make_piece("x", title="ledger", entity=OTHER)

    pieces = Pieces(make_case(stranger, pod), conclude())

    assert pieces.all[0].evidence is pod


def test_kinds_with_a_part_of_their_own_are_no_evidence_part():
    """Changes and runbooks stand elsewhere; what holds no line can not be cited."""
    empty = make_piece(title="numbers", kind=EvidenceKind.METRICS, facts={"x": 1})
    case = make_case(make_piece("slow"), make_change(), empty)

    assert [piece.evidence.title for piece in Pieces(case, conclude()).list_evidence()] == ["checkout stderr"]


def test_short_piece_is_shown_whole():
    """A few lines need no choice."""
    case = make_case(make_piece("one", "two"))

    assert Pieces(case, conclude()).all[0].write(100) == ["1| one", "2| two"]


def test_line_that_is_cited_stays_whatever_is_cut():
    """The line that a claim rests on is shown, with its neighbours as far as there is room."""
    lines = write_noise(60)
    lines[40] = "CHECKOUT BROKE HERE"
    item = make_piece(*lines)
    quote = Citation(evidence_id=item.id, first_line=41, last_line=41, quote=lines[40])
    diagnosis = conclude(blame(item, citations=(quote,)))

    written = Pieces(make_case(item), diagnosis).all[0].write(60)

    assert any(line.endswith("CHECKOUT BROKE HERE") for line in written)
    assert {line.partition("|")[0] for line in written} >= {"40", "42"}


def test_equal_telling_lines_are_shown_once():
    """Ten lines that differ in digits say what one says."""
    lines = [*write_noise(50), *(f"ERROR attempt {number} failed" for number in range(10)), "", *write_noise(9)]
    item = make_piece(*lines)
    citations = tuple(
        Citation(evidence_id=item.id, first_line=number, last_line=number, quote="ERROR") for number in range(51, 61)
    )

    piece = Pieces(make_case(item), conclude(blame(item, citations=citations))).all[0]

    assert sum("ERROR attempt" in line for line in piece._choose_telling(item.lines, 500).values()) == 1


def test_large_object_shows_its_telling_lines_only():
    """What is around them in a manifest is noise, not context."""
    item = make_piece(*write_noise(80), kind=EvidenceKind.OBJECTS, title="objects")

    written = Pieces(make_case(item), conclude(blame(item))).all[0].write(300)

    assert len(written) == 2


def test_state_of_one_object_is_shown_with_what_it_means():
    """Why it ended and how stand below; in a list of many, other objects do."""
    told = ["State: Waiting", "  Reason: BackOff", "Last State: Terminated", "  Reason: Error", "  Exit Code: 1"]
    texts = [*[f"Label {number}: x" for number in range(30)], *told, *[f"Volume {number}: x" for number in range(30)]]
    written = {}
    for kind in ("pod", "namespace"):
        item = make_piece(*texts, kind=EvidenceKind.OBJECTS, entity=Entity(kind=kind, name="checkout"))
        cited = Citation(evidence_id=item.id, first_line=32, last_line=32, quote="BackOff")
        diagnosis = conclude(blame(item).model_copy(update={"citations": (cited,)}))
        written[kind] = Pieces(make_case(item), diagnosis).all[0].write(300)

    assert written["pod"][:5] == [f"{number}| {text}" for number, text in enumerate(told, start=31)]
    assert written["pod"][-1] == "38| Volume 2: x"
    assert written["namespace"] == [f"{number}| {text}" for number, text in enumerate(told[:3], start=31)]


def test_long_log_is_condensed_within_the_budget():
    """What no signature points to is chosen by condensing, with the counts of alike lines."""
    item = make_piece(*(f"INFO request {number} done" for number in range(500)), "ERROR out of cards")

    written = Pieces(make_case(item), conclude()).all[0].write(80)

    assert any(line.endswith("ERROR out of cards") for line in written)
    assert any(" x500| " in line for line in written)


def test_piece_without_room_is_not_shown():
    """Nothing is better than half a line."""
    item = make_piece(*write_noise(60))
    pieces = Pieces(make_case(item), conclude(blame(item)))

    assert pieces.all[0].write(3) == []
    assert Pieces(make_case(item), conclude()).all[0].write(0) == []


def test_line_that_shows_a_symptom_is_telling():
    """Where nothing is diagnosed, the lines that show what is wrong are what a model has to read."""
    shown = make_deployment("kind: Deployment", "  name: checkout", "  unavailableReplicas: 2")
    silent = make_deployment("nothing")

    assert Pieces(make_case(shown), conclude()).all[0].telling == (3,)
    assert Pieces(make_case(silent), conclude()).all[0].telling == ()


def test_numbers_of_lines_are_those_of_the_source():
    """A tail keeps the numbers that its log has."""
    item = make_piece("x", lines=number_lines("one", "two", first=900))

    assert Pieces(make_case(item), conclude()).all[0].write(50) == ["900| one", "901| two"]


def write_manifest(count):
    """Give a manifest of a list of services."""
    return [
        text for number in range(count) for text in ("- kind: Service", f"  name: s{number}", "  uid: u", "  port: 80")
    ]


def test_settings_are_never_folded():
    """Of a manifest and a diff every line that is shown stands for itself, in its order, without boilerplate."""
    objects = make_piece(*write_manifest(40), kind=EvidenceKind.OBJECTS, title="objects")
    diff = make_change("4755b7c1c2a7", *(f"{sign}limit: {number}" for number in range(40) for sign in "-+"))

    for item in (objects, diff):
        (piece,) = Pieces(make_case(item), conclude()).all
        written = piece.write(120)

        assert len(written) > 4
        assert not any(" x" in line.partition("|")[0] for line in written)
        assert not any("uid" in line for line in written)
    assert sum("| -" in line for line in written) == sum("| +" in line for line in written)


def test_diff_with_room_left_shows_what_is_around_the_change():
    """Headers and context come after what changed."""
    item = make_change("4755b7c1c2a7", *(f" context {number}" for number in range(30)), "-limit: 10", "+limit: 9")

    written = Pieces(make_case(item), conclude()).all[0].write(60)

    assert written[0] == "1| diff --git a/x b/x"
    assert [line.partition("| ")[2] for line in written[-2:]] == ["-limit: 10", "+limit: 9"]


def test_settings_with_telling_lines_go_on_from_the_top():
    """Variables beside the cited one are worth their room."""
    item = make_piece(*(f"VARIABLE_{number}=1" for number in range(60)), kind=EvidenceKind.ENVIRONMENT, title="env")

    written = Pieces(make_case(item), conclude(blame(item))).all[0].write(80)

    assert written[:3] == ["1| VARIABLE_0=1", "2| VARIABLE_1=1", "3| VARIABLE_2=1"]


def test_what_was_asked_about_is_shown_with_what_stands_below():
    """Of a namespace's manifests, the object that was asked for, and not the first one of the list."""
    item = make_piece(*write_manifest(60), kind=EvidenceKind.OBJECTS, title="objects")
    piece = Piece("E1", item, 1, telling=(122,), is_asked=True)

    written = piece.write(60)

    assert "122|   name: s30" in written
    assert "124|   port: 80" in written
    assert not any("name: s0" in line for line in written)


def test_lines_that_were_asked_for_are_shown_as_they_are():
    """In order and unfolded, boilerplate too; what found no room is said."""
    item = make_piece(*["again"] * 30, "  uid: 7")
    whole = Piece("E1", item, 1, is_asked=True, is_verbatim=True)

    assert whole.write(1_000) == [*(f"{number}| again" for number in range(1, 31)), "31|   uid: 7"]
    short = whole.write(50)
    assert short[0] == "1| again"
    assert short[-1] == f"[cut: lines {len(short)}-31 found no room]"
    assert whole.write(2) == []


def test_line_below_a_cited_key_is_telling():
    """`selector:` alone proves nothing."""
    item = make_piece(*write_noise(20), "selector:", "  app: a", *write_noise(40))
    quote = Citation(evidence_id=item.id, first_line=21, last_line=21, quote="selector:")

    piece = Pieces(make_case(item), conclude(blame(item, citations=(quote,)))).all[0]

    assert piece.telling == (21, 22, 23, 24)


def test_evidence_is_found_by_its_id():
    """What the case does not hold is nothing."""
    item = make_piece("x")
    pieces = Pieces(make_case(item), conclude())

    assert pieces.find(item.id) is item
    assert pieces.find("ev-gone") is None


def test_manifest_that_nothing_cites_is_shown_where_it_names_the_incident():
    """The head of a list of a namespace's objects says nothing; a table of pods is condensed all the same."""
    lines = [*write_manifest(50), "- kind: Service", "  name: checkout", "  port: 81"]
    manifest = make_piece(*lines, kind=EvidenceKind.OBJECTS, title="objects", entity=OTHER)
    strange = make_piece(*write_manifest(50), kind=EvidenceKind.OBJECTS, title="others", entity=OTHER)
    table = make_piece("NAME READY", *(f"checkout-{number} 1/1" for number in range(60)), kind=EvidenceKind.OBJECTS)
    pieces = {piece.evidence.title: piece for piece in Pieces(make_case(manifest, strange, table), conclude()).all}

    written = pieces["objects"].write(40)

    assert written[-2:] == ["202|   name: checkout", "203|   port: 81"]
    assert pieces["others"].write(40)[0] == "1| - kind: Service"
    assert pieces["checkout stderr"].telling == ()
