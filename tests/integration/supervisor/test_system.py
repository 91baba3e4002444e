import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError

from fermata.domain.entity import Entity
from fermata.integrations.supervisor.system import Supervisor
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock

CHECKOUT = Entity.parse("supervisor:process/checkout")


async def check(rig, **settings):
    """Return the doctor's findings: ok and text by name."""
    return {finding.name: (finding.ok, finding.text) for finding in await rig.system(**settings).check()}


async def test_working_supervisord_is_found_well(shop):
    """Reachable, of a known API, with its own files, which may be replaced."""
    findings = await check(shop)

    assert all(ok for ok, _ in findings.values()), findings
    assert set(findings) == {f"supervisor: {what}" for what in ("socket", "API", "configuration", "writable")}


async def test_each_fault_is_said_with_what_to_do(shop, tmp_path):
    """A missing socket, a missing file, another supervisord's file, and the choice to stay read-only."""
    findings = await check(shop, url=f"unix://{tmp_path}/none.sock")
    assert findings["supervisor: socket"][0] is False
    assert "start supervisord" in findings["supervisor: socket"][1]

    findings = await check(shop, config_path=tmp_path / "none.conf")
    assert findings["supervisor: configuration"][0] is False
    assert "config_path" in findings["supervisor: configuration"][1]

    other = tmp_path / "other.conf"
    other.write_text("[supervisord]\n[program:else]\ncommand=/bin/true\n")
    findings = await check(shop, config_path=other)
    assert findings["supervisor: configuration"][0] is False
    assert "checkout" in findings["supervisor: configuration"][1]

    findings = await check(shop, config_path=None)
    assert findings["supervisor: configuration"][0] is True
    assert "read-only" in findings["supervisor: configuration"][1]


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "unix://relative.sock"},
        {"url": "ftp://host"},
        {"url": "unix:///" + "x" * 200},
        {"url": "unix:///a", "timeout_s": 0},
        {"url": "unix:///a", "colour": "red"},
        {},
    ],
)
def test_settings_that_cannot_work_are_refused(settings):
    """All at the start, never in the middle of an incident."""
    with pytest.raises(ValidationError):
        Supervisor.Settings(**settings)


def test_building_the_system_does_no_io_and_keeps_the_password():
    """A socket that is not there is found by the doctor; a password is in no printout of the settings."""
    settings = Supervisor.Settings(url="unix:///nowhere.sock", username="me", password="s3cret")

    system = Supervisor(settings, FakeClock())

    assert "s3cret" not in repr(settings)
    assert len(system.list_collectors()) == 4
    assert len(system.list_actions()) == 3


async def read(rig, seconds, **settings):
    """Return one health reading."""
    (probe,) = rig.system(**settings).list_probes()
    assert probe.handles(CHECKOUT)
    return await probe.read(CHECKOUT, timedelta(seconds=seconds))


async def test_health_needs_running_for_long_enough(shop):
    """A process that came up a moment ago has not recovered yet."""
    young = await read(shop, 60)
    await asyncio.sleep(0.3)
    stable = await read(shop, 0.2)

    assert (young.healthy, young.severity) == (False, 1)
    assert (stable.healthy, stable.severity) == (True, 0)
    assert "RUNNING for" in stable.text


async def test_uptime_in_whole_seconds_is_taken_at_its_shortest(shop, monkeypatch):
    """Without /proc the second that may not have passed is not counted."""
    system = shop.system()
    monkeypatch.setattr(system._site.proc, "is_supervisord", lambda _: False)
    (probe,) = system.list_probes()
    info = await system._site.client.find_process("checkout")

    uptime = await probe._measure_uptime(info)

    assert uptime == timedelta(seconds=max(0, info.now - info.start - 1))


async def test_health_knows_worse_from_bad(rig):
    """Backoff is bad, given up on is worse, gone is as bad as it gets."""
    rig.write_program("checkout", rig.CRASH, startsecs=1, startretries=1)
    rig.start()
    rig.wait_state("checkout", "BACKOFF", "STARTING")
    trying = await read(rig, 1)
    rig.wait_state("checkout", "FATAL")
    fatal = await read(rig, 1)
    rig.ctl("remove", "checkout")
    gone = await read(rig, 1)

    assert [reading.severity for reading in (trying, fatal, gone)] == [2, 3, 3]
    assert "Exited too quickly" in fatal.text


async def test_health_url_must_answer_well(shop):
    """A process may run and serve nothing."""
    answers = [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"]

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/healthz"

    well = await read(shop, 0, health_urls={"checkout": url})
    busy = await read(shop, 0, health_urls={"checkout": url})
    server.close()
    await server.wait_closed()
    closed = await read(shop, 0, health_urls={"checkout": url})

    assert (well.healthy, busy.healthy, closed.healthy) == (True, False, False)
    assert "answers HTTP 503" in busy.text
    assert "does not answer" in closed.text


async def test_health_of_an_unreachable_supervisord_is_not_guessed(shop):
    """The caller counts it as not healthy and says so."""
    shop.kill()

    with pytest.raises(OperationalError):
        await read(shop, 1)


async def test_numbered_processes_are_edited_as_one_program(rig):
    """Numprocs makes several processes of one section: an action on one names all that restart."""
    rig.write_program("web", extra="numprocs=2\nprocess_name=%(program_name)s_%(process_num)02d\n")
    rig.start()
    rig.wait_state("web:web_01", "RUNNING")
    action = rig.action("supervisor.set_env")

    dry_run = await action.dry_run(
        Entity.parse("supervisor:process/web/web_01"), {"name": "PAYMENT_TIMEOUT_MS", "value": "9"}
    )

    assert dry_run.blast_radius.entities == ("supervisor:process/web/web_00", "supervisor:process/web/web_01")


async def test_programs_are_the_services_it_looks_after(shop):
    """By these names an alert may call them."""
    assert "checkout" in await shop.system().list_services()
