import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from tests.unit.rules.plots.test_drawing import NOON, make_facts

from fermata.rules.plots.drawing import draw
from fermata.rules.plots.svg import write_svg

SPACE = "{http://www.w3.org/2000/svg}"


def read(plot, title="checkout errors"):
    """Write the file and parse it as XML."""
    return ET.fromstring(write_svg(plot, title))  # noqa: S314 - it is our own file


def list_texts(root):
    """Give the words of a file in their order."""
    return [element.text for element in root.iter(f"{SPACE}text")]


def test_file_shows_the_curve_its_axes_and_its_moments():
    """Title, values, times, unit and the marks of onset and mitigation are all words in it."""
    plot = draw(make_facts([1, 9, 3], unit="/s"), NOON, {"mitigated": NOON + timedelta(seconds=60)})

    root = read(plot)

    texts = list_texts(root)
    assert texts[0] == "checkout errors"
    assert {"UTC", "/s", "began", "mitigated", "0", "10"} <= set(texts)
    assert root.find(f"{SPACE}desc").text == plot.description
    line = next(path for path in root.iter(f"{SPACE}path") if path.get("class") == "series s1")
    assert line.get("d") == plot.lines[0].path


def test_words_from_outside_are_never_markup():
    """A metric's name closes no element, runs no script, and holds nothing that XML forbids."""
    labels = [{"pod": "a</text><script>alert(1)</script>"}, {"pod": "\x00\ufffeb"}]
    plot = draw(make_facts([1, 2], [2, 1], labels=labels), NOON)

    text = write_svg(plot, '"><script>alert(2)</script>\x1b[31m')

    root = ET.fromstring(text)  # noqa: S314 - it is our own file
    assert "<script" not in text
    assert "a</text><script>alert(1)</script>" in list_texts(root)
    assert "\\x00\ufffdb" in list_texts(root)


def test_file_fetches_nothing_and_knows_both_schemes():
    """It is shown by forges, editors and browsers alike, by day and at night."""
    text = write_svg(draw(make_facts([1, 2]), NOON), "errors")

    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"href|url\(|@import", text)
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_lines_are_named_below_when_there_are_several():
    """One without a name needs no legend; a long name is cut, and stands whole in the description."""
    several = draw(make_facts([1, 2], [3, None], [3, 4], labels=[{"pod": "p" * 80}, {"pod": "b"}, {}]), NOON)
    single = draw(make_facts([1, 2], labels=[{}]), NOON)

    texts = list_texts(read(several))

    assert texts[-3].endswith("\u2026")
    assert len(texts[-3]) < 80
    assert texts[-2:] == ["b", "without labels"]
    assert int(read(several).get("height")) > int(read(single).get("height"))


def test_moment_at_the_right_end_is_written_inside():
    """Its word ends at the mark instead of leaving the drawing; a lonely point is a dot."""
    plot = draw(make_facts([1, None, None, None, 2], labels=[{}]), NOON + timedelta(seconds=240))

    root = read(replace(plot, onset=369.0))

    began = next(element for element in root.iter(f"{SPACE}text") if element.text == "began")
    assert began.get("text-anchor") == "end"
    assert [path.get("class") for path in root.iter(f"{SPACE}path")].count("series s1 dots") == 1


def test_drawing_without_an_onset_marks_none():
    """Where it began lies outside of the points, so nothing is marked."""
    plot = draw(make_facts([1] * 5), datetime(2026, 1, 1, tzinfo=UTC))

    assert "began" not in list_texts(read(plot))
