"""The restart and the memory limit on services as they fail: loops, limits of starts, kills, dependents, old files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.integrations.systemd import acting
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.action_contract import KEY

CHECKOUT = Entity.parse("systemd:unit/checkout.service")
WORKER = Entity.parse("systemd:unit/worker.service")
MIB = 1024**2
CRASH = "import sys\nsys.exit('no such table: orders')\n"
GREEDY = "import time\nkept = bytearray(48 << 20)\nprint('ready', flush=True)\ntime.sleep(600)\n"


async def test_restart_stops_and_starts_the_service(shop):
    """Another process runs after it, and the result tells the one before and the one after."""
    before = shop.read_pid()
    action, planned = await shop.plan("systemd.restart", {}, CHECKOUT)

    result = await action.execute(planned, KEY)

    after = shop.read_pid()
    assert result.outcome is Outcome.DONE
    assert result.detail == (
        f"checkout.service was restarted (it was active (running) as pid {before}) and is active (running) as pid "
        f"{after}"
    )
    assert (
        planned.dry_run.blast_radius.text == "1 service restarts: checkout.service answers nothing until it runs again"
    )
    assert planned.dry_run.diff == ""
    assert "it is stopped and started: systemctl restart checkout.service" in planned.dry_run.note


async def test_restart_forgives_a_service_that_was_given_up(shop):
    """What failed too often may not be started, until its failures are forgiven."""
    shop.write("worker", CRASH, service="Restart=always\nRestartSec=50ms", unit="StartLimitBurst=3")
    shop.rig.systemctl("start", "worker.service")
    shop.rig.wait_property("worker.service", "ActiveState", ("failed",))
    action, planned = await shop.plan("systemd.restart", {}, WORKER)
    assert "worker.service is failed" in planned.dry_run.note
    (shop.root / "worker.py").write_text("import time\ntime.sleep(600)\n")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert "is active (running) as pid" in result.detail
    assert shop.rig.show("worker.service", "ActiveState") == "active"


async def test_restart_that_fails_again_says_how_the_service_is(shop):
    """The restart was done; that it did not help is told, not hidden."""
    shop.write("worker", CRASH)
    shop.rig.systemctl("start", "worker.service")
    shop.rig.wait_property("worker.service", "ActiveState", ("failed",))
    action, planned = await shop.plan("systemd.restart", {}, WORKER)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    shop.rig.wait_property("worker.service", "ActiveState", ("failed",))


async def test_plan_outlives_the_next_round_of_a_crash_loop(shop):
    """A loop begins a new run every moment; the restart that is proposed for the loop stays good for all of them."""
    shop.write("worker", CRASH, service="Restart=always\nRestartSec=300ms", unit="StartLimitIntervalSec=0")
    shop.rig.systemctl("start", "worker.service")
    shop.rig.wait_property("worker.service", "NRestarts", ("1", "2"))
    action, planned = await shop.plan("systemd.restart", {}, WORKER)
    intended_at = datetime.now(UTC)
    shop.rig.wait_property("worker.service", "NRestarts", ("4", "5"))

    version = await action.observe_version(WORKER, {})
    told_before = await action.probe(planned, KEY, intended_at)
    result = await action.execute(planned, KEY)
    told_after = await action.probe(planned, KEY, intended_at)

    assert version == planned.dry_run.observed_version
    assert told_before.outcome in (Outcome.FAILED, Outcome.UNKNOWN), told_before.detail
    assert result.outcome is Outcome.DONE, result.detail
    assert told_after.outcome is not Outcome.FAILED, told_after.detail


async def test_restart_that_no_journal_tells_of_is_unknown_after_a_crash(shop):
    """A systemd that logs little does not write who started what: no order in the journal is no proof of none."""
    action, planned = await shop.plan("systemd.restart", {}, CHECKOUT)
    intended_at = datetime.now(UTC)
    shop.rig.systemctl("log-level", "warning")
    try:
        untouched = await action.probe(planned, KEY, intended_at)
        await action.execute(planned, KEY)
        told = await action.probe(planned, KEY, intended_at)
    finally:
        shop.rig.systemctl("log-level", "info")

    assert untouched.outcome is Outcome.FAILED
    assert told.outcome is Outcome.UNKNOWN, told.detail
    assert "the journal does not tell why" in told.detail


async def test_restart_names_what_goes_down_with_the_service(shop):
    """What requires the service stops with it, and so does what requires that; what only wants it does not."""
    shop.start("worker", unit="Requires=checkout.service\nAfter=checkout.service")
    shop.start("mailer", unit="BindsTo=worker.service\nAfter=worker.service")
    shop.start("shipper", unit="Wants=checkout.service")

    _, planned = await shop.plan("systemd.restart", {}, CHECKOUT)

    radius = planned.dry_run.blast_radius
    assert radius.count == 3
    assert radius.entities == (CHECKOUT.ref, WORKER.ref, "systemd:unit/mailer.service")
    assert radius.text == "3 units restart: checkout.service, and with it worker.service, mailer.service"


async def test_restart_goes_on_through_a_target(shop):
    """What is part of a target that requires the service restarts with it, though the target itself runs nothing."""
    (shop.rig.units / "shop.target").write_text("[Unit]\nRequires=checkout.service\n")
    shop.write("worker", unit="PartOf=shop.target\nAfter=shop.target")
    shop.rig.systemctl("start", "shop.target", "worker.service")
    before = shop.read_pid("worker")
    action, planned = await shop.plan("systemd.restart", {}, CHECKOUT)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert shop.read_pid("worker") != before
    assert planned.dry_run.blast_radius.entities == (CHECKOUT.ref, WORKER.ref)
    shop.rig.systemctl("stop", "shop.target")
    (shop.rig.units / "shop.target").unlink()


async def test_restart_names_what_its_start_stops(shop):
    """What excludes a service (`Conflicts=`) is stopped for its start, and started no more."""
    shop.write("worker", unit="Conflicts=checkout.service")
    shop.rig.systemctl("daemon-reload")
    action, planned = await shop.plan("systemd.restart", {}, WORKER)

    await action.execute(planned, KEY)

    radius = planned.dry_run.blast_radius
    assert (radius.count, radius.entities) == (2, (WORKER.ref, CHECKOUT.ref))
    assert radius.text == "1 service starts: worker.service. Its start stops checkout.service (Conflicts=)"
    assert shop.rig.show("checkout.service", "ActiveState") == "inactive"


async def test_restart_names_what_its_start_starts(shop):
    """What it is bound to and what that wants were stopped, perhaps on purpose, and would run again."""
    shop.write("tunnel", unit="Wants=route.service")
    shop.write("route")
    shop.write("worker", unit="BindsTo=tunnel.service checkout.service\nAfter=tunnel.service")
    action, planned = await shop.plan("systemd.restart", {}, WORKER)

    await action.execute(planned, KEY)

    radius = planned.dry_run.blast_radius
    assert (radius.count, radius.entities[1:]) == (3, ("systemd:unit/tunnel.service", "systemd:unit/route.service"))
    more = "It needs or wants tunnel.service, route.service: down now, and started with it"
    assert radius.text == f"1 service starts: worker.service. {more}"
    assert shop.rig.show("route.service", "ActiveState") == "active"


async def test_restart_that_would_stop_more_than_approved_is_refused(shop):
    """What began to depend on the service after the card was made is on no card."""
    shop.write("worker", unit="Requires=checkout.service\nAfter=checkout.service")
    before = shop.read_pid()
    action, planned = await shop.plan("systemd.restart", {}, CHECKOUT)
    shop.rig.systemctl("start", "worker.service")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "It would stop or start more than what was approved: worker.service came to depend on" in result.detail
    assert shop.read_pid() == before


async def test_fermata_does_not_restart_what_takes_it_down(shop, monkeypatch):
    """Its own unit may require the service, and systemd would stop it in the middle of the action."""
    shop.start("worker", unit="Requires=checkout.service\nAfter=checkout.service")
    listed = shop.root / "cgroup"
    listed.write_text("1:name=systemd:/system.slice/worker.service\n0::/\n")
    monkeypatch.setattr(acting, "OWN_GROUPS", listed)

    with pytest.raises(UserError, match=r"Fermata itself runs in worker\.service, which systemd stops with it"):
        await shop.plan("systemd.restart", {}, CHECKOUT)


async def test_service_that_forbids_it_is_not_restarted(shop):
    """`RefuseManualStop=` is the word of whoever wrote the unit."""
    shop.start("worker", unit="RefuseManualStop=yes")

    with pytest.raises(UserError, match=r"worker\.service cannot be restarted"):
        await shop.plan("systemd.restart", {}, WORKER)


async def test_alias_is_not_acted_on(shop):
    """A guardrail for `web-*` is none for the service that a link of such a name points to."""
    (shop.rig.units / "web-shop.service").symlink_to("checkout.service")
    shop.rig.systemctl("daemon-reload")
    alias = Entity.parse("systemd:unit/web-shop.service")

    for name, parameters in (("systemd.restart", {}), ("systemd.set_memory_limit", {"limit_bytes": 96 * MIB})):
        with pytest.raises(UserError, match=r"web-shop\.service is another name of checkout\.service"):
            await shop.plan(name, parameters, alias)
    (shop.rig.units / "web-shop.service").unlink()


async def test_fermata_does_not_restart_what_it_runs_in(shop, monkeypatch):
    """It would end in the middle of the action, and nobody would see how it went."""
    listed = shop.root / "cgroup"
    listed.write_text("1:name=systemd:/system.slice/checkout.service/worker\n0::/\n")
    # The test's own process runs outside of the rig.
    monkeypatch.setattr(acting, "OWN_GROUPS", listed)

    with pytest.raises(UserError, match="Fermata itself runs in it"):
        await shop.plan("systemd.restart", {}, CHECKOUT)


async def test_restart_says_that_the_file_on_disk_is_not_what_starts(shop):
    """What starts is what systemd read: a file changed since waits for daemon-reload, and a reload is drift."""
    path = shop.rig.units / "checkout.service"
    path.write_text(path.read_text() + "Environment=RETRIES=3\n")
    action, planned = await shop.plan("systemd.restart", {}, CHECKOUT)

    shop.rig.systemctl("daemon-reload")
    result = await action.execute(planned, KEY)

    assert "Its files on disk were changed, and systemd has not read them" in planned.dry_run.note
    assert "`systemctl daemon-reload` first" in planned.dry_run.note
    assert result.outcome is Outcome.FAILED
    assert "Nothing was done to checkout.service. It would not be what was approved" in result.detail


async def test_restart_without_systemd_is_told_as_not_done(shop):
    """Where no call can be made, certainly nothing happened."""
    action, planned = await shop.plan("systemd.restart", {}, CHECKOUT)
    before = shop.read_pid()
    shop.door.unlink()

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "Nothing was done to checkout.service" in result.detail
    assert shop.read_pid() == before
    with pytest.raises(OperationalError):
        await action.observe_version(CHECKOUT, {})


@pytest.mark.parametrize("name", ["systemd.restart", "systemd.set_memory_limit"])
async def test_user_without_rights_changes_nothing_and_is_told(shop, name):
    """What Fermata may not do is told as not done, in systemd's words."""
    action, planned = await shop.plan(name, {"limit_bytes": 96 * MIB} if "limit" in name else {}, CHECKOUT)
    before = shop.read_pid()
    inside = " ".join(shop.rig.prefix)
    verbs = "*\\ restart\\ *|*reset-failed*|*set-property*"
    nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    shop.door.write_text(f'#!/bin/sh\ncase "$*" in {verbs}) exec {inside} {nobody} "$@";; esac\nexec {inside} "$@"\n')

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED, result.detail
    assert result.detail.startswith("Nothing was ")
    assert shop.read_pid() == before
    assert shop.rig.show("checkout.service", "MemoryMax") == str(64 * MIB)


async def test_restart_that_is_not_answered_is_unknown(shop):
    """A command that was sent and not answered may have had its effect: that is not told as failed."""
    action, planned = await shop.plan("systemd.restart", {}, CHECKOUT)
    inside = " ".join(shop.rig.prefix)
    shop.door.write_text(
        f'#!/bin/sh\ncase "$*" in *restart*) {inside} "$@"; exec sleep 30;; esac\nexec {inside} "$@"\n'
    )
    action._site = shop.site(timeout_s=1)  # A short end, for a short test.

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert "checkout.service was told to restart, and then: systemctl restart did not end within 1 s" in result.detail


async def test_service_that_does_not_stop_in_time_is_told_as_it_is(shop, monkeypatch):
    """A service that ignores the signal is not waited for without end."""
    shop.start(
        "worker",
        f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{shop.SERVE}",
        service="TimeoutStopSec=60",
    )
    shop.wait_said("worker", "ready")
    monkeypatch.setattr(acting, "SETTLED_WITHIN_S", 0.5)
    action, planned = await shop.plan("systemd.restart", {}, WORKER)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN, result.detail
    assert "no new run of it began" in result.detail


async def test_limit_is_raised_on_what_runs(shop):
    """The process goes on, the kernel's limit is the new one, and it survives a reload."""
    pid = shop.read_pid()
    action, planned = await shop.plan("systemd.set_memory_limit", {"limit_bytes": 128 * MIB}, CHECKOUT)

    result = await action.execute(planned, KEY)

    shop.rig.systemctl("daemon-reload")
    group = Path("/sys/fs/cgroup/memory") / shop.rig.show("checkout.service", "ControlGroup").lstrip("/")
    assert result.detail.startswith("memory limit of checkout.service 64 MiB -> 128 MiB. checkout.service is active")
    assert shop.read_pid() == pid
    assert shop.rig.show("checkout.service", "MemoryMax") == str(128 * MIB)
    assert shop.rig.run("cat", str(group / "memory.limit_in_bytes")).stdout.strip() == str(128 * MIB)
    assert planned.dry_run.undo.parameters == {"limit_bytes": 64 * MIB}
    kept = "/etc/systemd/system.control/checkout.service.d/50-MemoryMax.conf"
    assert f"it stands in {kept}" in planned.dry_run.note
    assert f"MemoryMax={128 * MIB}" in shop.rig.run("cat", kept).stdout
    assert "-MemoryMax=67108864 (64 MiB)\n+MemoryMax=134217728 (128 MiB)" in planned.dry_run.diff


async def test_killed_service_is_started_with_the_new_limit(shop):
    """It ran out of its limit and was given up: with more it is started again, and stays up."""
    shop.write("worker", GREEDY, service="MemoryMax=32M")
    shop.rig.systemctl("start", "worker.service")
    shop.rig.wait_property("worker.service", "ActiveState", ("failed",))
    action, planned = await shop.plan("systemd.set_memory_limit", {"limit_bytes": 96 * MIB}, WORKER)
    intended_at = datetime.now(UTC)

    result = await action.execute(planned, KEY)
    told = await action.probe(planned, KEY, intended_at)

    assert result.outcome is Outcome.DONE, result.detail
    assert "worker.service was started again and is active (running)" in result.detail
    assert told.outcome is Outcome.DONE, told.detail


async def test_service_that_was_stopped_by_hand_is_not_started_by_a_limit(shop):
    """Somebody wanted it down."""
    action, planned = await shop.plan("systemd.set_memory_limit", {"limit_bytes": 96 * MIB}, CHECKOUT)
    shop.rig.systemctl("stop", "checkout.service")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert shop.rig.show("checkout.service", "ActiveState") == "inactive"


@pytest.mark.parametrize(
    ("size", "words"),
    [(64 * MIB, "is 64 MiB already"), (2 * MIB, "are less than"), (1 << 50, "are more than the machine")],
)
async def test_limit_that_makes_no_sense_is_refused(shop, size, words):
    """The present one, less than is used, more than there is: each in words, with its numbers."""
    shop.start("worker", GREEDY, service="MemoryMax=64M")
    shop.wait_said("worker", "ready")

    with pytest.raises(UserError, match=words):
        await shop.plan("systemd.set_memory_limit", {"limit_bytes": size}, WORKER)


async def test_limit_of_a_service_without_one_has_no_undo_of_its_own(shop):
    """A limit can be given by the action and not taken away; the words say how."""
    shop.start("worker")

    _, planned = await shop.plan("systemd.set_memory_limit", {"limit_bytes": 96 * MIB}, WORKER)

    assert planned.dry_run.undo is None
    assert planned.dry_run.undo_text.endswith("systemctl set-property worker.service MemoryMax=infinity")
    assert "-MemoryMax=infinity" in planned.dry_run.diff
