"""Messages are cut where they end, however their bytes arrive."""

import pytest

from fermata.integrations.faultproxy.framing import LONGEST_HEAD, Framer, NotHttp

GET = b"GET /pay HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /pay HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /pay HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n"


def cut(data, step, *, is_request=True, no_body=False):
    """Feed bytes in steps; give (data, ends) of each whole message, and what stands open."""
    framer = Framer(is_request=is_request)
    framer.no_body = no_body
    messages, present = [], b""
    for at in range(0, len(data), step):
        for piece in framer.feed(data[at : at + step]):
            assert (piece.head is not None) == (present == b"")
            present += piece.data
            if piece.ends:
                messages.append(present)
                present = b""
    return messages, present


@pytest.mark.parametrize("step", [1, 2, 3, 7, 50, 10_000])
def test_requests_are_cut_where_they_end(step):
    """Bytes are passed on unchanged, whatever pieces they come in."""
    messages, rest = cut(GET + POST + CHUNKED + GET, step)

    assert messages == [GET, POST, CHUNKED, GET]
    assert rest == b""


@pytest.mark.parametrize("step", [1, 4, 10_000])
@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
    ],
)
def test_responses_are_cut_where_they_end(response, step):
    """Those without a body by their status end with their head."""
    messages, rest = cut(response * 2, step, is_request=False)

    assert messages == [response, response]
    assert rest == b""


def test_response_to_a_head_request_has_no_body():
    """Its length is that of a body that never comes."""
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n"

    assert cut(response, 9, is_request=False, no_body=True) == ([response], b"")


def test_response_without_a_length_runs_to_the_end():
    """Only the end of the connection ends it."""
    framer = Framer(is_request=False)

    (piece,) = framer.feed(b"HTTP/1.0 200 OK\r\n\r\nhello")

    assert not piece.ends
    assert [piece.data for piece in framer.feed(GET)] == [GET]


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"GET /x HTTP/3.0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\n",
        b"GET /" + b"x" * (LONGEST_HEAD + 1),
    ],
)
def test_what_is_no_http_is_handed_back_whole(data):
    """Not a byte is lost when a connection turns out to be something else."""
    with pytest.raises(NotHttp) as told:
        Framer(is_request=True).feed(GET + data)

    assert told.value.data == GET + data


def test_response_that_is_none_is_handed_back():
    """A server may speak anything."""
    with pytest.raises(NotHttp):
        Framer(is_request=False).feed(b"220 smtp.example.com ESMTP\r\n")


def test_head_tells_what_a_relay_needs():
    """An upgrade, a wait for leave, the runner's own probe, a HEAD request."""
    head = b"HEAD / HTTP/1.1\r\nUpgrade: websocket\r\nexpect: 100-continue\r\nX-Fermata-Probe: exp-1\r\n\r\n"

    (piece,) = Framer(is_request=True).feed(head)

    assert piece.head.upgrades
    assert piece.head.expects
    assert piece.head.is_probe
    assert piece.head.is_head_request
    (tunnel,) = Framer(is_request=True).feed(b"CONNECT a:1 HTTP/1.1\r\n\r\n")
    assert tunnel.head.upgrades
