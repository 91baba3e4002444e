"""One cause that is no change."""

import pytest

from fermata.rules.changes.outside_cause import Outside, quote_metric, quote_telling


@pytest.mark.parametrize(("service", "name"), [("S3 eu: west", "S3-eu-west"), ("**", "unknown")])
def test_subject_has_a_name_that_an_entity_may_bear(service, name):
    """Providers name their services as they like."""
    cause = Outside("provider_outage", service, "", 0.9, (), "")

    assert cause.subject.name == name


def test_metric_is_quoted_by_the_line_of_its_series(incident):
    """The evidence keeps a line for each series."""
    (moved,) = incident.metric("edge", "rps", 10, 90, since=-4).read().moved

    quote = quote_metric(moved)

    assert (quote.line, quote.text) == (1, "edge:rps")


def test_telling_is_quoted_by_its_first_line(incident):
    """The first one shows when it began."""
    telling = incident.calm("shop").log("shop", (-3, 5, "ERROR boom")).read().tellings[0]

    assert quote_telling(telling).text == telling.text
