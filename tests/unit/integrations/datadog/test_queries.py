"""Which of a service's metrics tell how it does."""

import pytest
from pydantic import ValidationError

from fermata.integrations.datadog.queries import find_operations, make_tag
from fermata.integrations.datadog.settings import DatadogSettings


@pytest.mark.parametrize(
    ("names", "operations"),
    [
        (["trace.redis.command.hits", "trace.flask.request.hits", "trace.grpc.server.hits"],
         ["flask.request", "grpc.server"]),
        (["trace.kafka.consume.hits", "trace.a.b.hits"], ["kafka.consume", "a.b"]),
        (["trace.web.request.hits", "trace.web.request.hits.by_http_status", "system.cpu"], ["web.request"]),
        ([], []),
    ],
)  # fmt: skip
def test_what_serves_requests_goes_first(names, operations):
    """Two operations at most; a breakdown of one is none of its own."""
    assert find_operations(names) == operations


def test_name_becomes_a_tag_as_datadog_keeps_it():
    """What comes from an alert cannot end the braces."""
    assert make_tag("Check Out},env:*") == "check_out__env:_"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"site": "datadoghq.org"}, "site"),
        ({"env": "a}"}, "cannot be a tag's value"),
        ({"services": {"a": {"service": "b c"}}}, "cannot be a tag's value"),
        ({"url": "datadog"}, "write it like"),
    ],
)
def test_setting_that_cannot_work_is_refused_at_the_start(given, words):
    """An incident is no time to learn of it."""
    with pytest.raises(ValidationError, match=words):
        DatadogSettings(**({"api_key": "a", "app_key": "b"} | given))
