"""Links that explain an error."""

import pytest

from fermata.rules.references import drop_references


@pytest.mark.parametrize(
    "text",
    [
        "QueuePool limit reached (Background on this error at: https://sqlalche.me/e/20/3o7r)",
        "cURL error 28: Operation timed out (see https://curl.haxx.se/libcurl/c/libcurl-errors.html)",
        "Some error numbers are described at http://dev.mysql.com/doc/refman/8.0/en/operating-system-error-codes.html",
        "rateLimited :: too many certificates, see https://letsencrypt.org/docs/rate-limits/",
        "For more information, see: https://kubernetes.io/docs/concepts",
        "For more details visit https://gradle.org/x",
        f"see https://gradle.org/{'x' * 300}/docs/503/failed",
    ],
)
def test_link_that_explains_is_dropped(text):
    """Nobody called what it names."""
    assert "://" not in drop_references(text)


@pytest.mark.parametrize(
    "text",
    [
        "POST https://api.taxrates.example/v1/quote timed out",
        "cannot connect to redis://cache:6379",
        'Get "http://stock:80/x": connection refused',
        "could not visit https://api.taxrates.example/v1: 503",
        "reference: https://api.taxrates.example/v1 returned 502",
        "docs https://docs.acme.example/api failed",
        "no address at all",
    ],
)
def test_address_that_was_called_stays(text):
    """Only the words before a link say that it explains."""
    assert drop_references(text) == text
