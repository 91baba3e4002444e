import pytest
from hypothesis import given
from hypothesis import strategies as st
from supervisor.datatypes import dict_of_key_value_pairs
from supervisor.options import UnhosedConfigParser, expand

from fermata.integrations.supervisor.config_file import scan
from fermata.integrations.supervisor.variables import find_variable, parse_variables, set_variable
from fermata.kit.errors import UserError

TEXT = """\
[program:checkout]
command=/bin/true
environment=A="1",B='two, "2" or',C=three,RATE="5%%"  ; as declared
startsecs=0
"""
LINES = """\
[program:checkout]
command=/bin/true
environment=
    A="1",  ; first
    ; the second
    B="2",
startsecs=0
"""


def change(text, name, value):
    """Set one variable of the only section."""
    return set_variable(text, scan(text)[0], name, value)


def read_as_supervisord(text):
    """Return the variables as supervisord itself would give them to the process."""
    parser = UnhosedConfigParser()
    parser.read_string(text)
    return dict_of_key_value_pairs(expand(parser.get("program:checkout", "environment"), {}, "environment"))


def test_value_is_replaced_in_place_in_its_own_quotes():
    """One value changes; quotes, comment and spacing stay."""
    assert change(TEXT, "A", "9") == TEXT.replace('A="1"', 'A="9"')
    assert change(TEXT, "B", "two") == TEXT.replace("""'two, "2" or'""", "'two'")
    assert change(TEXT, "C", "four") == TEXT.replace("C=three", "C=four")
    assert change(TEXT, "C", "fo ur") == TEXT.replace("C=three", 'C="fo ur"')
    assert change(TEXT, "RATE", "7%") == TEXT.replace("5%%", "7%%")


def test_variable_is_added_at_the_end():
    """Before the comment, after the last pair, with a comma where one is missing."""
    assert change(TEXT, "D", "4") == TEXT.replace('RATE="5%%"  ;', 'RATE="5%%",D="4"  ;')
    assert change(LINES, "D", "4") == LINES.replace('B="2",', 'B="2",D="4"')


def test_variable_is_added_to_a_program_without_any():
    """A new option goes below the command."""
    text = "[program:checkout]\ncommand=/bin/true\nstartsecs=0\n"

    assert change(text, "A", "1") == text.replace("true\n", 'true\nenvironment=A="1"\n')
    assert change(text.replace("startsecs=0", "environment="), "A", "1").endswith('environment=A="1"\n')


def test_removing_undoes_adding():
    """The undo of an added variable leaves the bytes as they were."""
    bare = "[program:checkout]\ncommand=/bin/true\nstartsecs=0\n"
    for text in (TEXT, bare):
        assert change(change(text, "D", "4"), "D", None) == text
    assert read_as_supervisord(change(TEXT, "A", None)).keys() == {"B", "C", "RATE"}
    assert read_as_supervisord(change(LINES, "B", None)) == {"A": "1"}
    assert change(TEXT, "MISSING", None) == TEXT


def test_value_is_found_unexpanded():
    """Percent signs are as the file has them; the caller knows what an expansion would mean."""
    section = scan(TEXT)[0]

    assert find_variable(section, "RATE") == "5%%"
    assert find_variable(section, "B") == 'two, "2" or'
    assert find_variable(section, "X") is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("both ' and \" in it", "both kinds of quotes"),
        ("a ; b", "something else"),
        ("a # b", "something else"),
        ("'quoted'", "something else"),
    ],
)
def test_value_that_would_not_read_back_is_refused(value, why):
    """Supervisord's format has no escapes: rather refused than silently another value."""
    with pytest.raises(UserError, match=why):
        change(TEXT, "A", value)


@pytest.mark.parametrize("environment", ['A="1" B="2"', "A", "A=%(ENV_HOME)s", 'A="1",=2', "A=1=2", 'A="x'])
def test_option_that_is_not_understood_is_not_edited(environment):
    """What cannot be read cannot be edited safely."""
    with pytest.raises(UserError, match="cannot be edited safely"):
        change(TEXT.replace('A="1",B=\'two, "2" or\',C=three,RATE="5%%"', environment), "A", "9")


def test_twice_written_variable_is_not_edited():
    """Which of the two was meant is for a person to say."""
    with pytest.raises(UserError, match="twice"):
        change(TEXT.replace("C=three", 'A="3"'), "A", "9")


_NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,5}", fullmatch=True)
_VALUES = st.text(st.characters(codec="ascii", min_codepoint=0x20, max_codepoint=0x7E), max_size=12)


@given(st.dictionaries(_NAMES, _VALUES, max_size=4), _NAMES, _VALUES)
def test_supervisord_reads_back_exactly_what_was_set(others, name, value):
    """Whatever is accepted reaches the process as given, and nothing else changes; the rest is refused."""
    text = "[program:checkout]\ncommand=/bin/true\n"
    try:
        for key, other in others.items():
            text = change(text, key, other)
        changed = change(text, name, value)
    except UserError:
        return

    assert read_as_supervisord(changed) == others | {name: value}
    assert change(changed, name, value) == changed
    if name not in others:
        assert change(changed, name, None) == text


@given(st.text(max_size=60))
def test_reading_agrees_with_supervisord(text):
    """Both read the same, or both refuse."""
    try:
        expected = dict_of_key_value_pairs(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"\w"):
            parse_variables(text)
    else:
        assert parse_variables(text) == expected
