"""What is missing before a supervisord can be read: what needs no real one."""

from types import SimpleNamespace

import pytest

from fermata.integrations.supervisor.client import ProcessInfo
from fermata.integrations.supervisor.doctor import check_site
from fermata.kit.errors import OperationalError


class Client:
    """Speaks for a supervisord with one process."""

    is_unix, url = True, "unix:///run/supervisor.sock"

    async def call(self, method):
        """Give a version."""
        return {"getAPIVersion": "3.0", "getSupervisorVersion": "4.3.0"}[method]

    async def fetch_processes(self):
        """Give the process."""
        return (ProcessInfo("shop", "orders", "RUNNING", 0, 0, 60, 7, "", 0, "", ""),)


class Dead(Client):
    """Does not answer."""

    async def call(self, method):
        """Fail."""
        raise OperationalError("supervisord does not answer")

    async def fetch_processes(self):
        """Fail."""
        raise OperationalError("supervisord does not answer")


@pytest.mark.parametrize("names", [(), ("orders",), ("shop:orders",)])
async def test_health_url_of_a_process_that_runs_is_no_finding(names):
    """By its name, or by its group's and its own."""
    found = await check_site(SimpleNamespace(client=Client(), config_path=None), names)

    assert not any("health" in finding.name for finding in found)


async def test_health_url_of_a_name_that_nothing_has_is_a_finding():
    """A typing error means that the URL is no part of what counts as healthy."""
    site = SimpleNamespace(client=Client(), config_path=None)

    (finding,) = [item for item in await check_site(site, {"orderz": "http://x", "orders": "http://y"}) if not item.ok]

    assert "health_urls names orderz, and no process is called so" in finding.text


async def test_supervisord_that_does_not_answer_is_said_once():
    """What cannot be compared is not blamed."""
    found = await check_site(SimpleNamespace(client=Dead(), config_path=None), ("orderz",))

    assert [finding.text for finding in found if not finding.ok] == ["supervisord does not answer."]
