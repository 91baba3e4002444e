"""Forms with files."""

import pytest

from fermata.ports.publishing.multipart import FormPart, write_form
from fermata.testing.publishing.forms import Part, read_parts
from fermata.testing.web_server import Request


def send(form):
    """Give the request that carries a form."""
    return Request("POST", "/", {}, {"content-type": form.content_type}, form.body)


def test_form_is_read_as_it_was_written():
    """Named fields and files; bytes of every kind."""
    content = bytes(range(256)) + b"\r\n--\r\n"
    form = write_form([FormPart(content, "image/svg+xml", "file", "a.svg"), FormPart(b"true", name="minor")])

    parts = read_parts(send(form), "form-data")

    assert parts == [Part(content, "image/svg+xml", "file", "a.svg"), Part(b"true", "", "minor", "")]
    with pytest.raises(AssertionError, match="content type"):
        read_parts(send(form), "related")


def test_parts_without_names_keep_their_order():
    """As uploads of two parts have it."""
    form = write_form([FormPart(b"{}", "application/json"), FormPart(b"<p>", "text/html")], "related")

    assert [part.type for part in read_parts(send(form), "related")] == ["application/json", "text/html"]


def test_boundary_is_of_the_content():
    """The same form is the same bytes, and content cannot know its own boundary."""
    first, again, other = (write_form([FormPart(text)]) for text in (b"a", b"a", b"b"))

    assert first == again
    assert first.content_type != other.content_type
