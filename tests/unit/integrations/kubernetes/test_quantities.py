import pytest

from fermata.integrations.kubernetes.quantities import parse_quantity, write_quantity


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1024Mi", "1Gi"),
        ("1536Mi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("1000M", "1G"),
        ("128974848", "128974848"),
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1500m", "1500m"),
        ("0.1", "100m"),
        ("0", "0"),
        ("0Mi", "0"),
        ("1.5Ki", "1536"),
    ],
)
def test_amount_is_written_as_the_server_stores_it(text, written):
    """Otherwise a dry run would show a change that is none."""
    assert write_quantity(text) == written
    assert parse_quantity(written) == parse_quantity(text)


@pytest.mark.parametrize("text", ["", "Mi", "-1Mi", "1mi", "1 Mi", "1e3", "1.2.3", "٣", "1MiB", "0x10"])
def test_what_is_no_amount_is_refused(text):
    """Signs, exponents and unknown suffixes are somebody's slip."""
    with pytest.raises(ValueError, match="is no amount"):
        parse_quantity(text)


def test_amount_finer_than_the_server_counts_is_refused():
    """Nano is the smallest unit; the server would round up."""
    with pytest.raises(ValueError, match="finer"):
        write_quantity("0.0001n")
