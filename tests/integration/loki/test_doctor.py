"""What `fermata check` says of a Loki."""

import pytest

from fermata.testing.web_server import Answer


async def test_loki_in_order_shows_version_and_labels(make):
    """A person sees which labels can be selected by."""
    server, lines = await make().check()

    assert server.ok
    assert "Loki 3.2.0" in server.text
    assert "labels: app, namespace, pod, stream" in server.text
    assert lines.ok
    assert "the newest of app=cart is 5s old" in lines.text


async def test_empty_loki_points_at_the_tenant(make, loki):
    """A wrong tenant is answered with nothing, not with an error."""
    loki.streams.clear()

    (server,) = await make(tenant="shpo").check()

    assert not server.ok
    assert "for tenant shpo; set loki.tenant to yours" in server.text


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        (Answer({"status": "success"}), False, "has no value"),
        (Answer({"message": "no"}, 403), False, "the right to read its logs"),
    ],
)
async def test_lines_that_cannot_be_asked_for_are_told(make, server, loki, answer, ok, words):
    """Labels may be readable where lines are not."""
    server.respond = lambda request: answer if request.path.endswith("/values") else loki(request)

    findings = await make().check()

    assert (findings[1].ok, words in findings[1].text) == (ok, True)


async def test_silence_is_no_fault(make, server, loki):
    """A label whose value wrote nothing within the hour is readable all the same."""
    empty = {"status": "success", "data": {"resultType": "streams", "result": []}}
    server.respond = lambda request: Answer(empty) if request.path.endswith("query_range") else loki(request)

    findings = await make().check()

    assert findings[1].ok
    assert "there is none within the last hour" in findings[1].text


async def test_gateway_that_hides_the_version_is_no_fault(make, server, loki):
    """The version is a nicety."""
    server.respond = lambda request: Answer({}, 403) if "buildinfo" in request.path else loki(request)

    findings = await make().check()

    assert "of unknown version" in findings[0].text
    assert findings[0].ok
