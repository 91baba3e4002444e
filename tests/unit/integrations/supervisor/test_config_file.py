from configparser import RawConfigParser

from hypothesis import given
from hypothesis import strategies as st

from fermata.integrations.supervisor.config_file import find_mark, make_diff, scan, write_mark

TEXT = """\
; by hand
[program:checkout]
command=/bin/sh -c "a; b" ; run it
environment = A="1",   ; first
    ; between
    B="x;y",

    C='#3'
[program:profile]
Command: /bin/true
"""


def find(text, header, key):
    """Return one option of one section."""
    return next(section for section in scan(text) if section.header == header).find(key)


def test_value_stands_where_it_says():
    """Offsets point into the file's own text, so that an edit touches nothing else."""
    option = find(TEXT, "program:checkout", "command")

    assert TEXT[option.start : option.end] == '/bin/sh -c "a; b"' == option.value


def test_value_over_several_lines_keeps_its_offsets():
    """Comments inside a value are blanked out, never removed: places stay true."""
    option = find(TEXT, "program:checkout", "environment")

    assert len(option.raw) == option.end - option.start
    assert TEXT[option.start + option.raw.index("B=") :].startswith('B="x;y"')
    assert option.value.split() == ['A="1",', 'B="x;y",', "C='#3'"]
    assert TEXT[option.first_line : option.end_line].count("\n") == 5


def test_section_ends_where_the_next_begins():
    """What an edit of one program is compared on is its own section, nothing of its neighbour."""
    first, second = scan(TEXT)

    assert TEXT[first.start : first.end].endswith("C='#3'\n")
    assert TEXT[second.start : second.end].startswith("[program:profile]")
    assert second.find("command").value == "/bin/true"


def test_later_duplicate_wins():
    """As supervisord reads it."""
    assert find("[a]\nx=1\nx=2\n", "a", "x").value == "2"


def test_mark_goes_below_the_header_and_replaces_an_older_one():
    """One mark for each section, in a place where it can belong to nothing else."""
    marked = write_mark(TEXT, scan(TEXT)[0], "act-1.aa")
    again = write_mark(marked, scan(marked)[0], "act-2.bb")

    assert "[program:checkout]\n; fermata: act-1.aa\ncommand" in marked
    assert find_mark(marked, scan(marked)[0]) == "act-1.aa"
    assert find_mark(marked, scan(marked)[1]) is None
    assert again == marked.replace("act-1.aa", "act-2.bb")
    assert marked.replace("; fermata: act-1.aa\n", "") == TEXT


def test_mark_keeps_the_files_line_ends():
    """A file from Windows stays one."""
    text = "[a]\r\nx=1\r\n"

    assert write_mark(text, scan(text)[0], "m") == "[a]\r\n; fermata: m\r\nx=1\r\n"
    assert write_mark("[a]", scan("[a]")[0], "m") == "[a]\n; fermata: m\n"


def test_diff_says_when_the_last_line_does_not_end():
    """As git writes it, so that the diff can be applied."""
    diff = make_diff("a\nb", "a\nc", "x.ini")

    assert diff.splitlines()[:2] == ["--- a/x.ini", "+++ b/x.ini"]
    assert diff.endswith("-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n")
    assert make_diff("a", "a", "x.ini") == ""


_LINES = st.lists(
    st.sampled_from(
        [
            "[program:a]", "[b] ; c", "x=1", "x = 2 ; no", "y: a;b #c ;d", "y=", "  more", "\tmore ; c", "", "   ",
            "; c", "  ; c", "# c", "z=a # b", "  [d]", "Z=%(here)s", 'e=A="1",', '    B="2"',
        ]
    )
)  # fmt: skip


@given(_LINES, st.booleans())
def test_every_value_is_read_as_supervisord_reads_it(lines, ends):
    """The scanner agrees with Python's own parser as supervisord sets it up, on any mixture of odd lines."""
    text = "[first]\n" + "\n".join(lines) + "\n" * ends
    parser = RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"), allow_no_value=True)
    expected = {}
    try:
        parser.read_string(text)
    except Exception:  # noqa: BLE001 - whatever it refuses, supervisord refuses too
        return
    for header in parser.sections():
        for key, value in parser.items(header):
            if value is not None:
                expected[header, key] = [line for line in value.split("\n") if line.strip()]

    found = {
        (section.header, option.key): [line for line in option.value.split("\n") if line.strip()]
        for section in scan(text)
        for option in section.options
    }

    assert {place: value for place, value in found.items() if place in expected} == expected


LINES = st.sampled_from(
    ["[program:a]\n", "[b]\r\n", "command=x ; y\n", "K : v\n", "key = 1", "\tmore ; z\n", " ;\n", "#\n", "\n"]
)


@given(st.lists(LINES | st.text(max_size=3), max_size=12).map("".join))
def test_any_text_is_scanned_without_harm(text):
    """Whatever lies in the file, scanning ends and its offsets lie within it."""
    for section in scan(text):
        assert 0 <= section.start <= section.body <= section.end <= len(text)
        for option in section.options:
            assert section.body <= option.first_line <= option.start <= option.end <= option.end_line <= section.end
            written = text[option.start : option.end]
            assert [read for read, there in zip(option.raw, written, strict=True) if read not in (there, " ")] == []
