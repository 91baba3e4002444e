"""Long lines of fields: what every line has is left out, what tells stays as it is."""

import json

import pytest

from fermata.rules.condense.excerpting import Excerpts
from fermata.rules.condense.reading import GAP

ENVELOPE = {
    "@timestamp": "2026-03-14T09:25:28.441Z",
    "ecs": {"version": "1.12.0"},
    "kubernetes": {"pod": {"name": "checkout-8f78c88b21-ef026", "uid": "ac801c7c-3532-d2f5-4768-e0971f20a329"}},
    "trace": {"id": "771f6b4c-fccc-4954-a714-9d6b6d334171"},
    "log": {"level": "info", "logger": "app.handler"},
}


def line(message, **fields):
    """Write one line of 300 characters and more."""
    return json.dumps(ENVELOPE | {"message": message} | fields, separators=(",", ":"))


def shorten(text, *, budget=800, others=("cart loaded", "flags refreshed", "mail sent")):
    """Shorten a line of a log that has other kinds too."""
    return Excerpts([line(other) for other in others], budget).shorten(text)


def test_envelope_of_a_long_line_is_left_out():
    """Time, level and sentence stay, each as it was written, and a mark says where something was."""
    text = line("db auth failed for role checkout-rw")

    assert shorten(text) == (
        '{"@timestamp":"2026-03-14T09:25:28.441Z" [...] "log":{"level":"info" [...] '
        '"message":"db auth failed for role checkout-rw"}'
    )


def test_every_part_stands_in_the_line():
    """Nothing is put in other words."""
    text = line("quota reached", tags=["a", "b"], took=12)

    assert all(part in text for part in shorten(text).split(GAP))


def test_word_at_the_end_of_a_joined_name_tells():
    """Logs of Cloudflare's edge write all their names so."""
    envelope = {
        "ClientRequestHost": "shop.example.com",
        "RayID": "8f1c2ab00d",
        "ClientCountry": "de",
        "Zone": "z" * 200,
    }
    lines = [json.dumps(envelope | {"EdgeResponseStatus": status, "Estatus": "x" * 20}) for status in (200, 526)]

    shown = Excerpts(lines, 700).shorten(lines[1])

    assert '"EdgeResponseStatus": 526' in shown
    assert "RayID" not in shown
    assert "Estatus" not in shown


def test_line_of_which_no_field_tells_stays():
    """An empty page tells less than one that is cut."""
    lines = [json.dumps({"a": name, "b": "x", "c": "y", "d": "z" * 250}) for name in ("p", "q")]

    assert Excerpts(lines, 700).shorten(lines[0]) == lines[0]


def test_page_with_room_shows_the_line_whole():
    """Only what would take more than its share of a page is shortened."""
    text = line("db auth failed")

    assert shorten(text, budget=4_000) == text
    assert shorten('{"msg":"x","a":"1","b":"2","c":"3"}') == '{"msg":"x","a":"1","b":"2","c":"3"}'


def test_field_that_few_kinds_have_stays():
    """It is what this line has to say beside its sentence."""
    assert '"holder":"node-7"' in shorten(line("gone", holder="node-7"))


def test_what_is_measured_stays_though_all_lines_have_it():
    """A drifting number must be seen; an id that begins with a digit need not."""
    others = [
        line(text, queueDepth=3, sid=170_812_345_678_901) for text in ("cart loaded", "mail sent", "flags refreshed")
    ]

    shown = Excerpts(others, 800).shorten(line("cart loaded", queueDepth=48_211, sid=170_812_345_678_901))

    assert '"queueDepth":48211' in shown
    assert "sid" not in shown


def test_sentence_stays_whatever_its_field_is_called():
    """Loggers name it in a hundred ways."""
    others = [line("x", said=text) for text in ("cart was loaded", "mail was sent", "flags were refreshed")]

    assert '"said":"lease was lost"' in Excerpts(others, 800).shorten(line("x", said="lease was lost"))


def test_pairs_of_logfmt_are_shortened_alike():
    """Words around them stay."""
    tail = " ".join(f"{name}={name * 5}-81f2c7" for name in ("host", "pod", "zone", "image", "build", "trace", "span"))
    others = [f'ts=2026-03-14 level=info msg="{text}" {tail}' for text in ("cart loaded", "mail sent", "flags read")]

    shown = Excerpts(others, 800).shorten(f'web-1 | ts=2026-03-14 level=warn msg="lease lost" {tail} end of it')

    assert shown == 'web-1 | ts=2026-03-14 level=warn msg="lease lost" [...] end of it'


def test_few_characters_are_not_worth_a_mark():
    """What would be left out is hardly longer than what says so."""
    others = [line(text, k=1) for text in ("cart loaded", "mail sent", "flags refreshed")]
    text = line("gone", k=1, holder="node-7")

    assert '"message":"gone","k":1,"holder":"node-7"' in Excerpts(others, 800).shorten(text)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 60,
        "x" * 300 + ' a="b',
        '{"a":"' * 60,
        '{"message":"' + "y" * 400,
        '{"a":{' * 100,
    ],
)
def test_what_has_few_fields_is_cut_as_ever(text):
    """Prose and rubbish have no envelope; and nothing is read into a string without an end."""
    assert shorten(text, budget=1_000) == text[:750]


def test_gigantic_line_is_cut_beside():
    """Its head stays, and what lies around its first words of a fault."""
    text = line("x" * 5_000 + " connection refused " + "y" * 2_000)

    shown = shorten(text)

    assert len(shown) <= 600
    assert "connection refused" in shown


def test_many_kinds_are_not_all_asked():
    """What the first of them have is known, and time is bounded."""
    asked = []

    def kinds():
        for number in range(2_000):
            asked.append(number)
            yield line(f"kind {number}")

    shown = Excerpts(kinds(), 800).shorten(line("gone"))

    assert "uid" not in shown
    assert len(asked) < 1_000


def test_length_is_that_of_what_is_shown():
    """A line is judged by the room it takes."""
    excerpts = Excerpts([line("cart loaded"), line("mail sent"), line("flags refreshed")], 800)
    text = line("gone")

    assert excerpts.measure(text.encode()) == len(excerpts.shorten(text)) < 200
    assert excerpts.measure(b"short") == 5


@pytest.mark.parametrize(
    "told",
    [
        {"@t": "2026-03-14T09:25:28.4410000Z", "@mt": "Pool exhausted", "@l": "Error", "@x": "Timeout"},
        {"PRIORITY": "3", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": "Out of memory"},
    ],
)
def test_names_of_serilog_and_the_journal_tell(told):
    """When it was, how severe it is and who says it, by names that nobody else has; what only begins so does not."""
    more = {
        "@tr": "0af7651916cd43dd8448eb211c80319c",
        "_BOOT_ID": "5f1d1a8c0d5b4d0a9d4b2cf5f1a2b3c4",
        "host": "web-1" * 30,
    }
    lines = [json.dumps(told | more | {"n": str(place)}) for place in range(3)]

    shown = Excerpts(lines, 800).shorten(lines[0])

    assert all(json.dumps({name: value})[1:-1] in shown for name, value in told.items())
    assert "@tr" not in shown
    assert "_BOOT_ID" not in shown
