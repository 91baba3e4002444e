import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.kubernetes.kubectl.probes import read_probe

TIMES = "delay=5s timeout=1s period=10s #success=1 #failure=3"


@pytest.mark.parametrize(
    ("text", "handler"),
    [
        ("http-get http://:8080/_healthz", {"httpGet": {"scheme": "HTTP", "path": "/_healthz", "port": 8080}}),
        ("http-get https://host:web/", {"httpGet": {"scheme": "HTTPS", "path": "/", "port": "web", "host": "host"}}),
        ("http-get http://:8080", {"httpGet": {"scheme": "HTTP", "path": "/", "port": 8080}}),
        ("exec [cat /run/ok]", {"exec": {"command": ["cat", "/run/ok"]}}),
        ("tcp-socket :6379", {"tcpSocket": {"port": 6379}}),
        ("tcp-socket host:redis", {"tcpSocket": {"port": "redis", "host": "host"}}),
        ("grpc <pod>:9555 ", {"grpc": {"port": 9555}}),
        ("grpc <pod>:9555 cart", {"grpc": {"port": 9555, "service": "cart"}}),
    ],
)
def test_probe_is_read_with_its_times(text, handler):
    """How it asks, and when: the API's fields in seconds and counts."""
    assert read_probe(f"{text} {TIMES}") == {
        **handler,
        "initialDelaySeconds": 5,
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def test_probe_without_times_is_read():
    """A line cut off behind the target still tells the target."""
    assert read_probe("tcp-socket :6379") == {"tcpSocket": {"port": 6379}}


@pytest.mark.parametrize("text", ["", "unknown", "http-get ftp://x", "delay=0s"])
def test_what_is_no_probe_is_none(text):
    """A handler that is not known is not guessed at."""
    assert read_probe(text) is None


@given(st.text(max_size=80))
def test_any_text_is_taken(text):
    """Garbled text is no probe, or one with garbled parts."""
    read_probe(text)
    read_probe(f"http-get {text}")
