"""Requests and wire models against the description that Datadog publishes, where it is at hand.

`FERMATA_TEST_DATADOG_OPENAPI` names the file: `.generator/schemas/v1/openapi.yaml` of the GitHub repository
DataDog/datadog-api-client-python, as JSON. It is never part of this repository.
"""

import json
import os
from pathlib import Path

import pytest

from fermata.integrations.datadog import wire
from fermata.testing.records import make_scope

FILE = os.environ.get("FERMATA_TEST_DATADOG_OPENAPI", "")
pytestmark = pytest.mark.skipif(not FILE, reason="FERMATA_TEST_DATADOG_OPENAPI names no description")


@pytest.fixture(scope="module")
def published():
    """Give the description."""
    return json.loads(Path(FILE).read_text())


async def test_every_request_of_v1_is_one_that_datadog_describes(make, server, published):
    """Path, required parameters, no unknown one, whole numbers where these are asked for."""
    system = make(events_api="v1")
    for collector in system.list_collectors():
        await collector.collect(make_scope("service/checkout"))
    await system.check()

    for request in server.requests:
        described = {one["name"]: one for one in published["paths"][request.path]["get"].get("parameters", ())}
        required = {name for name, one in described.items() if one.get("required")}
        assert required <= set(request.query) <= set(described), request.path
        numbers = {name for name, one in described.items() if one.get("schema", {}).get("type") == "integer"}
        assert all(request.get_query(name).isdecimal() for name in numbers & set(request.query))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (wire.QueryAnswer, "MetricsQueryResponse"),
        (wire.QuerySeries, "MetricsQueryMetadata"),
        (wire.MetricsAnswer, "MetricsListResponse"),
        (wire.EventsV1, "EventListResponse"),
        (wire.EventV1, "Event"),
    ],
)
def test_every_field_of_v1_that_is_read_is_one_that_datadog_sends(published, model, name):
    """By the same name."""
    known = published["components"]["schemas"][name]["properties"]

    assert {field.alias or own for own, field in model.model_fields.items()} <= set(known)
