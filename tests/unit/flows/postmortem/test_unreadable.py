import pytest

from fermata.flows.postmortem.unreadable import explain_unreadable


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "it is no text in UTF-8"),
        (FileNotFoundError(2, "No such file or directory"), "there is no such file"),
        (IsADirectoryError(21, "Is a directory"), "it is a folder"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (OSError(), "the system gives no reason"),
    ],
)
def test_reason_is_said_in_words(error, words):
    """Nobody at night reads a number of an error, or the name of a codec."""
    assert explain_unreadable(error) == words
