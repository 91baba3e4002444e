"""What is said to whoever waits."""

import io

import pytest

from fermata.cli.waiting import show_waiting


class Terminal(io.StringIO):
    """Somebody watches."""

    def isatty(self):
        """Answer that somebody does."""
        return True


def test_long_wait_is_told_and_wiped():
    """Every two seconds, in a place of its own."""
    terminal, answers = Terminal(), iter([False, False, True])

    with show_waiting("drafting", terminal, wait_for_end=lambda _: next(answers)):
        pass

    assert terminal.getvalue() == f"\rdrafting: 2 s\rdrafting: 4 s\r{' ' * 13}\r"


def test_short_wait_is_not_worth_a_word():
    """Nothing has to be wiped either."""
    terminal = Terminal()

    with show_waiting("drafting", terminal):
        pass

    assert terminal.getvalue() == ""


def test_nothing_is_said_without_a_terminal():
    """Files of errors want none of it."""
    file = io.StringIO()

    with show_waiting("drafting", file, wait_for_end=lambda _: False):
        pass

    assert file.getvalue() == ""


def test_failure_of_the_block_ends_the_words():
    """And is the caller's."""
    with pytest.raises(ValueError, match="broken"), show_waiting("drafting", Terminal()):
        raise ValueError("broken")
