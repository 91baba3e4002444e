"""What is drawn of a system."""

import pytest


@pytest.mark.parametrize(("owners", "is_sparse"), [(0, True), (1, True), (2, False)])
def test_graph_with_hardly_a_store_leaves_them_out(build, owners, is_sparse):
    """One owner of eleven services is as good as none."""
    stores = " ".join(f"s{n}>db{n}" for n in range(owners))
    kinds = {f"db{n}": {"kind": "db"} for n in range(owners)}
    arrows = " ".join(f"web>s{n}" for n in range(10))

    assert build(f"{arrows} {stores}", **kinds).is_sparse is is_sparse


@pytest.mark.parametrize(
    ("callers", "on_error", "kind", "found"),
    [
        ("abcd", "log", "app", {"dir"}),
        ("abcd", None, "external", {"dir"}),
        ("abc", "log", "app", set()),
        ("abcd", "ignore", "app", set()),
        ("abcd", "log", "queue", set()),
    ],
)
def test_registry_is_what_nearly_everybody_asks(build, callers, on_error, kind, found):
    """Four at least, who care for the answer; a queue is sent work."""
    asked = {"is_async": True} | ({"on_error": on_error} if on_error else {})
    arrows = " ".join(f"{name}>dir" for name in callers)
    land = build(f"web>a {arrows}", dir={"kind": kind}, **dict.fromkeys(arrows.split(), asked))

    assert land.directories == found


@pytest.mark.parametrize(("name", "found"), [("consul", {"consul"}), ("jaeger", set())])
def test_registry_is_told_by_its_name_where_its_loss_is_ignored(build, name, found):
    """Those that run go on without it, and are not found."""
    arrows = " ".join(f"{caller}>{name}" for caller in "abcd")
    land = build(f"web>a {arrows}", **{arrow: {"is_async": True, "on_error": "ignore"} for arrow in arrows.split()})

    assert land.directories == found


def test_what_several_ask_of_others_is_an_amenity(build):
    """As flags are; a bank is asked by whoever takes the money."""
    kinds = {"flags": {"kind": "external"}, "bank": {"kind": "external"}}
    land = build("a>flags b>flags c>flags a>bank b>bank a>d b>d c>d", **kinds)

    assert land.amenities == {"flags"}


def test_registry_of_a_large_system_is_asked_by_half_of_it(build):
    """Four of twelve share something, and no more."""
    asked = {f"{name}>dir": {"is_async": True, "on_error": "log"} for name in "abcd"}
    many = " ".join(f"web>s{n}" for n in range(7))

    assert build(f"{many} a>dir b>dir c>dir d>dir", **asked).directories == set()


def test_calls_are_counted_for_each_request(build):
    """Twelve for four requests; who is not measured does not say."""
    land = build("user>web web>x x>y", **{"user>web": {"rate_rps": 4, "latency_ms": 1}, "web>x": {"rate_rps": 12}})

    assert [land.count_asked(call) for call in land.calls] == [0, 3, 0]


def test_share_is_of_the_busiest_that_keeps_no_state(build):
    """A store is asked most of all, and says nothing of services; who was not measured is neither quiet nor busy."""
    rates = {"user>web": 40, "web>a": 10, "a>db": 90}
    facts = {arrow: {"rate_rps": rate, "latency_ms": 1} for arrow, rate in rates.items()}
    land = build("user>web web>a web>b a>db", db={"kind": "db"}, **facts)

    assert [land.find_share(name) for name in ("web", "a", "b", "db")] == [1, 0.25, 0.5, 1]
    assert build("user>db", db={"kind": "db"}, **{"user>db": facts["a>db"]}).find_share("db") == 1
