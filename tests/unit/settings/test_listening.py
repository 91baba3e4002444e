"""Where Fermata listens: no door is opened by mistake."""

import pytest

from fermata.kit.errors import UserError
from fermata.settings import load_settings
from fermata.settings.listening import check_host


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0.0.0.0",
        "::",
        "::1",
        "fe80::1%eth0",
        "localhost",
        "ops_1.example.com.",
        "1.ops",
        "0x1g",
        "bücher.example",
    ],
)
def test_address_or_host_name_is_taken_as_it_is(host):
    """Whatever the system can resolve is its business."""
    assert check_host(host) == host


@pytest.mark.parametrize("host", ["", " ", "\t"])
def test_empty_host_is_refused(host):
    """The system takes an empty address for every network, and a variable that nobody set is empty."""
    with pytest.raises(ValueError, match="would be every network"):
        check_host(host)


@pytest.mark.parametrize("host", ["http://0.0.0.0", "0.0.0.0/0", "*", "a b", ":", "a..b"])
def test_what_is_no_address_is_refused(host):
    """Better now than as a failure of `fermata up`."""
    with pytest.raises(ValueError, match="alone is wanted"):
        check_host(host)


@pytest.mark.parametrize("host", ["0", "0x0", "0.0", "00.0.0.0", "0.", "0X00", "127.1"])
def test_number_is_no_name_to_listen_at(host):
    """The system takes `0` for every network, and nobody reads that in it."""
    with pytest.raises(ValueError, match="alone is wanted"):
        check_host(host)


@pytest.mark.parametrize("host", ["127.0.0.1:8714", "localhost:8714"])
def test_port_in_the_host_is_sent_where_it_belongs(host):
    """Most programs take both in one; here they are two settings."""
    with pytest.raises(ValueError, match=r"server\.port"):
        check_host(host)


def test_brackets_are_for_urls():
    """`[::1]` is how an address stands in a URL."""
    with pytest.raises(ValueError, match="without brackets"):
        check_host("[::1]")


def test_empty_variable_does_not_open_every_network(tmp_path):
    """`FERMATA_SERVER__HOST: ${HOST}` of a compose file is empty where HOST is not set."""
    (tmp_path / "fermata.yaml").write_text("{}")

    with pytest.raises(UserError, match=r"server\.host: it is empty"):
        load_settings(tmp_path / "fermata.yaml", {"FERMATA_SERVER__HOST": ""})
