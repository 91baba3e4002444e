"""The drawing for a terminal."""

from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.text import draw_text


def test_layers_are_drawn_from_entry_to_store(merged):
    """Every service once, its calls under it with their numbers."""
    facts = {"db": {"kind": "db", "replicas": 1}, "web>cart": {"rate_rps": 12.0}, "web>mail": {"mode": "async"}}

    assert draw_text(merged("web>cart cart>db cart>web web>mail", facts=facts)) == [
        "entry",
        "  web  (not defined here)",
        "    -> cart  12/s",
        "    ~> mail  async",
        "",
        "layer 2",
        "  cart  (not defined here)",
        "    <- web",
        "    -> db",
        "  mail  (not defined here)",
        "",
        "layer 3 (last)",
        "  db  (db x1)",
    ]


def test_long_names_are_cut_and_lines_fit(merged):
    """Eighty columns."""
    facts = {f"{'w' * 60}>b": {"rate_rps": 12.3, "latency_ms": 45.6, "code.timeout_ms": 300}}

    lines = draw_text(merged(f"{'w' * 60}>b", facts=facts))

    assert lines[1].startswith(f"  {'w' * 31}...")
    assert max(map(len, lines)) <= 80


def test_plain_service_and_nothing_at_all(part):
    """A service of which nothing is told is its name."""
    assert draw_text(merge([part("declared", nodes=["a"])])) == ["entry", "  a"]
    assert draw_text(merge([])) == []
