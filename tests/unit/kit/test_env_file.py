from fermata.kit.env_file import parse_env_file


def test_declarations_are_read_with_their_lines():
    """Quotes and `export` are dropped, nothing is expanded, anything else is skipped."""
    text = '# note\nA=1\n export B = "two words" \nC=\'3\'\n\nnot a line\nD=\nE=a=b#c\n1F=x\nG="\nA=2\n'

    found = {item.name: (item.line, item.value) for item in parse_env_file(text)}

    assert found == {
        "A": (11, "2"),
        "B": (3, "two words"),
        "C": (4, "3"),
        "D": (7, ""),
        "E": (8, "a=b#c"),
        "G": (10, '"'),
    }
