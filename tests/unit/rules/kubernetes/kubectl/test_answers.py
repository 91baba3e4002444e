import pytest

from fermata.rules.kubernetes.kubectl.answers import find_absent, is_empty_list, is_refusal

NOT_FOUND = """\
Error from server (NotFound): pods "web-1" not found
Error from server (NotFound): secrets "db" not found
"""


@pytest.mark.parametrize(
    "text",
    [
        'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"',
        'error: the server doesn\'t have a resource type "widgets"',
        "Unable to connect to the server: dial tcp: i/o timeout",
        "\nThe connection to the server 10.0.0.1:6443 was refused",
    ],
)
def test_refusal_is_no_answer(text):
    """What was refused is unknown, neither there nor absent."""
    assert is_refusal(text)
    assert not is_empty_list(text)


def test_absent_object_is_an_answer():
    """The server's word that there is no such object is knowledge."""
    assert not is_refusal(NOT_FOUND)
    assert [(word, name) for word, name, _ in find_absent(NOT_FOUND)] == [("pods", "web-1"), ("secrets", "db")]
    assert find_absent("NAME READY\n") == []


def test_table_is_no_refusal():
    """A pod in error is a row, not an error of the server."""
    assert not is_refusal("NAME    READY   STATUS\nweb-1   0/1     Error\n")


@pytest.mark.parametrize("text", ["", "\n \n", "No resources found in shop namespace.\n", "No resources found\n"])
def test_empty_answer_is_an_empty_list(text):
    """Either nothing is printed, or it says that there is nothing."""
    assert is_empty_list(text)
