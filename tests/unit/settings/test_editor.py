import pytest

from fermata.kit.errors import UserError
from fermata.settings.editor import find_editor


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({}, ("vi",)),
        ({"EDITOR": "nano"}, ("nano",)),
        ({"EDITOR": "nano", "VISUAL": "code --wait"}, ("code", "--wait")),
        ({"EDITOR": "'/opt/my editor/run' -n", "VISUAL": " "}, ("/opt/my editor/run", "-n")),
    ],
)
def test_editor_is_the_one_of_the_environment(environment, command):
    """`VISUAL` first, as git has it; with its arguments."""
    assert find_editor(environment) == command


def test_editor_that_is_no_command_line_is_named():
    """A quote that never ends starts no program."""
    with pytest.raises(UserError, match="EDITOR is no command line"):
        find_editor({"EDITOR": "'nano"})
