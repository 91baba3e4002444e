"""The drawing for a page: well-formed, without scripts, and right in words too."""

import re
from xml.etree import ElementTree as ET

from fermata.rules.servicegraph.drawing import draw_svg
from fermata.rules.servicegraph.merging import merge

SVG = "{http://www.w3.org/2000/svg}"


def titles(svg):
    """Give the titles in the drawing."""
    return [item.text for item in ET.fromstring(svg).iter(f"{SVG}title")]  # noqa: S314 - our own drawing


def test_every_service_and_call_is_drawn_with_its_words(merged):
    """One box each, one line each; who cannot see it reads the titles."""
    facts = {"db": {"kind": "db"}, "web>cart": {"rate_rps": 12.0}, "cart>web": {"mode": "async"}}

    svg = draw_svg(merged("web>cart cart>db cart>web", ["web"], facts))

    root = ET.fromstring(svg)  # noqa: S314 - our own drawing
    assert len(list(root.iter(f"{SVG}rect"))) == 3
    assert titles(svg) == [
        "Service graph: 3 services, 3 calls",
        "web -> cart: 12/s",
        "cart -> db",
        "cart -> web: async",
        "web",
        "cart: not defined here",
        "db: db",
    ]
    assert "prefers-color-scheme:dark" in svg
    assert "style" not in draw_svg(merged("web>cart"), is_standalone=False)


def test_names_from_outside_are_text(merged):
    """No name opens an element, and no control comes through."""
    svg = draw_svg(merged("<script>alert(1)</script>>b\x07", ["x" * 40]))

    assert "<script" not in svg
    assert "b " in titles(svg)[1]
    assert f"{'x' * 23}…" in svg


def test_call_that_was_never_seen_is_dotted(part):
    """And told from one that nobody waits for."""
    graph = merge([part("declared", "web>old web>cart", ["web"]), part("measured", "web>cart")])

    svg = draw_svg(graph)

    assert svg.count('stroke-dasharray="1 4"') == 1
    assert "web -> old: never seen" in titles(svg)


def test_large_graph_has_no_labels_that_would_overlap(merged):
    """They stay in the titles."""
    calls = " ".join(f"a>b{number}" for number in range(151))

    svg = draw_svg(merged(calls, facts={"a>b0": {"rate_rps": 7.0}}))

    assert svg.count("7/s") == 1


def test_empty_graph_is_an_empty_drawing():
    """And no error."""
    assert titles(draw_svg(merge([]))) == ["Service graph: 0 services, 0 calls"]


def test_call_that_passes_a_layer_goes_round_its_boxes(merged):
    """Level through a lane, and never through a box; in a large graph there is no room for lanes."""
    small = draw_svg(merged("web>cart cart>db web>db"))
    large = draw_svg(merged("web>cart cart>db web>db " + " ".join(f"web>s{number}" for number in range(400))))

    assert len(re.findall(r'<path d="[^"]*H', small)) == 1
    assert "H" not in "".join(re.findall(r'<path d="([^"]*)"', large))
