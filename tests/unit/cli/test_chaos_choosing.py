"""What is rehearsed is chosen by the same options wherever it is chosen."""

import inspect

from fermata.cli.chaos_choosing import Choice, choosing
from fermata.cli.chaos_run import propose, run


def test_commands_share_the_options_of_a_choice():
    """In the same order, before their own."""
    shared = list(inspect.signature(Choice).parameters)

    assert list(inspect.signature(run).parameters) == [*shared, "as_json"]
    assert list(inspect.signature(propose).parameters) == [*shared, "until", "as_json"]


def test_command_is_given_what_was_chosen_and_its_own():
    """The name and the docstring, which the help shows, stay."""
    given = []

    @choosing
    def look(choice: Choice, *, loud: bool = False) -> None:
        """Look."""
        given.append((choice, loud))

    look(**dict.fromkeys(inspect.signature(Choice).parameters) | {"item": 7}, loud=True)

    ((choice, loud),) = given
    assert (choice.item, loud, look.__doc__) == (7, True, "Look.")
