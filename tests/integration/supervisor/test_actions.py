import asyncio
import os
import subprocess
import sys

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.integrations.supervisor import config_action
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.action_contract import KEY, OTHER_KEY, plan_action

CHECKOUT = Entity.parse("supervisor:process/checkout")
DOUBLED = {"limit_bytes": 128 * 1024**2}
TIMEOUT = {"name": "PAYMENT_TIMEOUT_MS", "value": "500"}


async def test_raised_limit_is_in_force(shop):
    """The edit is taken up: the new process has the new limit, the neighbour is not touched."""
    profile = shop.read_pid("profile")
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)

    result = await action.execute(planned, KEY)

    limits = shop.read_proc("limits")
    assert result.outcome is Outcome.DONE
    assert "64 MiB -> 128 MiB" in result.detail
    assert "134217728" in next(line for line in limits.splitlines() if line.startswith("Max data size"))
    assert shop.read_pid("profile") == profile


async def test_undo_restores_every_byte_but_the_mark(shop):
    """The undo that the card offers is an action like any other, and brings the file back."""
    ini = shop.root / "conf.d" / "checkout.ini"
    before = ini.read_text()
    action, planned = await shop.plan("supervisor.set_env", TIMEOUT)
    await action.execute(planned, KEY)
    undo = planned.dry_run.undo

    action, planned = await shop.plan(undo.name, undo.parameters)
    result = await action.execute(planned, OTHER_KEY)

    assert result.outcome is Outcome.DONE
    assert ini.read_text() == before.replace("]\n", f"]\n; fermata: {OTHER_KEY.mark}\n", 1)


async def test_crash_loop_is_cured_by_its_plan(rig):
    """A process that never stays up keeps its version, so that a plan for it can be approved at all."""
    rig.write_program("checkout", "x = bytearray(100 * 1024**2)\n" + rig.SERVE, startsecs=1, startretries=99)
    rig.start()
    rig.wait_state("checkout", "BACKOFF")
    action, planned = await rig.plan("supervisor.set_memory_limit", {"limit_bytes": 256 * 1024**2})
    await asyncio.sleep(1.5)
    assert await action.observe_version(CHECKOUT, DOUBLED) == planned.dry_run.observed_version

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "checkout is RUNNING" in result.detail


async def test_diff_hides_secrets(shop):
    """The changed line holds a password too: the card shows its digest, the file keeps its value."""
    action, planned = await shop.plan("supervisor.set_env", TIMEOUT)

    await action.execute(planned, KEY)

    diff = planned.dry_run.diff
    assert shop.SECRET not in diff
    assert '-environment=PAYMENT_TIMEOUT_MS="250"' in diff
    assert '+environment=PAYMENT_TIMEOUT_MS="500"' in diff
    text = (shop.root / "conf.d" / "checkout.ini").read_text()
    assert f'environment=PAYMENT_TIMEOUT_MS="500",DB_PASSWORD="{shop.SECRET}",RATE="5%%"  ; as declared\n' in text


async def test_secret_variable_is_refused_by_its_old_value(shop):
    """An innocent name with a secret value would put that value on the card as the undo."""
    ini = shop.root / "conf.d" / "checkout.ini"
    ini.write_text(ini.read_text().replace('RATE="5%%"', 'RATE="https://me:pa55word@rates"'))

    with pytest.raises(UserError, match="secret"):
        await shop.plan("supervisor.set_env", {"name": "RATE", "value": "5"})


async def test_variable_is_added_and_removed(shop):
    """A new variable reaches the process; its undo removes it."""
    action, planned = await shop.plan("supervisor.set_env", {"name": "FLAG", "value": "100% 'on' duty"})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "FLAG=100% 'on' duty" in shop.read_proc("environ").split("\0")
    assert dict(planned.dry_run.undo.parameters) == {"name": "FLAG", "value": None}


async def test_whole_group_is_named_in_the_blast_radius(rig):
    """Supervisord takes up a group as a whole: what restarts with the target is counted before."""
    rig.write_program("checkout")
    rig.write_program("profile", extra="autostart=false\n[group:shop]\nprograms=checkout,profile\n")
    rig.start()
    rig.wait_state("shop:checkout", "RUNNING")
    target = Entity.parse("supervisor:process/shop/checkout")
    action, planned = await rig.plan("supervisor.set_memory_limit", DOUBLED, target)

    result = await action.execute(planned, KEY)

    radius = planned.dry_run.blast_radius
    assert (radius.count, len(radius.entities)) == (2, 2)
    assert "shop:checkout, shop:profile" in radius.text
    assert "not running now" in planned.dry_run.note
    assert result.outcome is Outcome.DONE
    assert "STOPPED" in rig.ctl("status", "shop:profile")


async def test_started_by_hand_is_started_again(rig):
    """A process without autostart that runs must run afterwards too."""
    rig.write_program("checkout", extra="autostart=false\n")
    rig.start()
    rig.ctl("start", "checkout")
    action, planned = await rig.plan("supervisor.set_memory_limit", DOUBLED)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "RUNNING" in rig.ctl("status", "checkout")


async def test_config_that_supervisord_does_not_use_is_put_back(shop, tmp_path):
    """An edit of another supervisord's files would change nothing: the file is as before, and that is certain."""
    copy = tmp_path / "copy"
    (copy / "conf.d").mkdir(parents=True)
    for name in ("supervisord.conf", "conf.d/checkout.ini"):
        (copy / name).write_text((shop.root / name).read_text())
    before = (copy / "conf.d/checkout.ini").read_text()
    action = shop.action("supervisor.set_memory_limit", config_path=copy / "supervisord.conf")
    planned = plan_action(action, CHECKOUT, DOUBLED, await action.dry_run(CHECKOUT, DOUBLED))

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "no difference" in result.detail
    assert (copy / "conf.d/checkout.ini").read_text() == before


async def test_config_that_supervisord_refuses_is_put_back(shop):
    """Somebody else's broken file stops the reread: ours is put back, and nothing was restarted."""
    ini = shop.root / "conf.d" / "checkout.ini"
    before, pid = ini.read_text(), shop.read_pid()
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)
    (shop.root / "conf.d" / "broken.ini").write_text("[program:broken]\nstartsecs=soon\ncommand=/bin/true\n")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "soon" in result.detail
    assert (ini.read_text(), shop.read_pid()) == (before, pid)


async def test_without_config_path_only_restarts_are_possible(shop):
    """Read-only until told otherwise."""
    with pytest.raises(UserError, match="config_path"):
        await shop.action("supervisor.set_env", config_path=None).dry_run(CHECKOUT, TIMEOUT)

    await shop.action("supervisor.restart", config_path=None).dry_run(CHECKOUT, {})


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("/srv/run.sh", "names no number"),
        ('sh -c "ulimit -d $LIMIT; exec x"', "names no number"),
        ('sh -c "ulimit -d 1000; ulimit -v 2000; exec x"', "2 limits"),
        ("prlimit --data=1000:2000 x", "soft and a hard"),
    ],
)
async def test_limit_that_is_not_one_plain_number_is_refused(shop, command, why):
    """Where there is nothing to edit, the refusal says where limits can stand."""
    ini = shop.root / "conf.d" / "checkout.ini"
    ini.write_text(f"[program:checkout]\ncommand={command}\n")

    with pytest.raises(UserError, match=why) as caught:
        await shop.plan("supervisor.set_memory_limit", DOUBLED)

    assert "ulimit -d" in caught.value.do


async def test_stopped_process_is_started_by_a_restart(shop):
    """A restart of what does not run is a start, and the card says so."""
    shop.ctl("stop", "checkout")
    action, planned = await shop.plan("supervisor.restart", {})

    result = await action.execute(planned, KEY)

    assert "only started" in planned.dry_run.note
    assert result.outcome is Outcome.DONE
    assert "RUNNING" in shop.ctl("status", "checkout")


async def test_restart_that_does_not_stay_up_is_told(rig):
    """The restart happened; that it did not help is the verification's business."""
    rig.write_program("checkout", rig.CRASH, startsecs=1, startretries=0)
    rig.start()
    rig.wait_state("checkout", "FATAL")
    action, planned = await rig.plan("supervisor.restart", {})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "Exited too quickly" in result.detail


async def test_program_that_is_gone_leaves_it_stopped_and_says_so(shop):
    """Stopped and not startable is half done: a person must know."""
    ini = shop.root / "conf.d" / "checkout.ini"
    script = shop.root / "run.sh"
    script.write_text("#!/bin/sh\nexec sleep 600\n")
    script.chmod(0o755)
    ini.write_text(f"[program:checkout]\ncommand={script}\nstartsecs=0\n")
    shop.ctl("update")
    shop.wait_state("checkout", "RUNNING")
    action, planned = await shop.plan("supervisor.restart", {})
    script.unlink()

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert "was stopped and could not be started" in result.detail


async def test_restart_version_follows_the_process(shop):
    """A process that was restarted meanwhile is another one than the plan spoke of."""
    action, planned = await shop.plan("supervisor.restart", {})
    await asyncio.sleep(1.1)
    assert await action.observe_version(CHECKOUT, {}) == planned.dry_run.observed_version

    shop.ctl("restart", "checkout")

    assert await action.observe_version(CHECKOUT, {}) != planned.dry_run.observed_version


async def test_file_edited_at_the_same_moment_is_left_alone(shop, monkeypatch):
    """The file is compared once more right before it is replaced: a colleague's edit is never lost."""
    ini = shop.root / "conf.d" / "checkout.ini"
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)
    replace = config_action.replace_file

    def edit_first(path, expected, content):
        ini.write_text(ini.read_text() + "; by a colleague\n")
        replace(path, expected, content)

    monkeypatch.setattr(config_action, "replace_file", edit_first)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert ini.read_text().endswith("; by a colleague\n")
    assert list(ini.parent.glob(".*")) == []


async def test_file_keeps_its_mode_owner_and_link(shop):
    """A replaced file is the same to everybody who may read it, and a link stays a link."""
    ini = shop.root / "conf.d" / "checkout.ini"
    real = shop.root / "real.ini"
    ini.rename(real)
    ini.symlink_to(real)
    real.chmod(0o640)
    if os.getuid() == 0:
        os.chown(real, 1, 1)
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)
    owner = real.stat()

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert ini.is_symlink()
    after = real.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (owner.st_mode, owner.st_uid, owner.st_gid)
    assert "131072" in real.read_text()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
async def test_folder_that_is_not_writable_fails_without_a_trace(shop):
    """A user without the right to write learns it from the doctor and from a clean failure."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from fermata.integrations.supervisor.atomic_file import replace_file\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "path = Path(sys.argv[1])\n"
        "try: replace_file(path, path.read_bytes(), b'x')\n"
        "except PermissionError: print('refused')\n"
    )
    ini = shop.root / "conf.d" / "checkout.ini"
    folder = shop.root
    while folder != folder.parent and folder.owner() == "root" and folder.name != "tmp":
        folder.chmod(0o755)
        folder = folder.parent
    before = ini.read_text()

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code, str(ini)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
        check=False,
    )

    assert done.stdout == "refused\n", done.stderr
    assert ini.read_text() == before


async def test_version_of_a_vanished_section_cannot_be_observed(shop):
    """A target that is gone is an operational error to the drift check, which fails closed."""
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)
    (shop.root / "conf.d" / "checkout.ini").unlink()

    with pytest.raises(OperationalError, match="declares checkout"):
        await action.observe_version(planned.target, planned.parameters)


def write_group(rig):
    """Declare checkout and profile as one group, and start it."""
    rig.write_program("checkout")
    path = rig.write_program("profile", extra="\n[group:shop]\nprograms=checkout,profile\n")
    rig.start()
    rig.wait_state("shop:checkout", "RUNNING")
    rig.wait_state("shop:profile", "RUNNING")
    return Entity.parse("supervisor:process/shop/checkout"), path


def replace_in(path, old, new):
    """Edit a file as a colleague does."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


async def test_neighbour_of_the_group_edited_since_the_card_is_drift(rig):
    """Supervisord takes up a group as a whole: what nobody saw would come into force with what was approved."""
    target, path = write_group(rig)
    action, planned = await rig.plan("supervisor.set_memory_limit", DOUBLED, target)
    replace_in(path, "exec ", f"touch {rig.root}/unseen; exec ")

    version = await action.observe_version(target, planned.parameters)
    result = await action.execute(planned, KEY)

    assert version != planned.dry_run.observed_version
    assert result.outcome is Outcome.FAILED
    assert result.detail.startswith("Nothing was changed. Group shop has edits")
    assert not (rig.root / "unseen").exists()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("exec ", "true; exec ", "the command of profile is another one"),
        ("programs=checkout,profile", "programs=checkout", "profile is gone"),
    ],
)
async def test_edit_that_is_seen_not_to_be_in_force_is_refused(rig, old, new, why):
    """It would come into force with the change, and stands in no diff."""
    target, path = write_group(rig)
    replace_in(path, old, new)

    with pytest.raises(UserError, match=why) as caught:
        await rig.plan("supervisor.set_memory_limit", DOUBLED, target)
    assert "supervisorctl update shop" in caught.value.do


@pytest.mark.parametrize("is_read", [False, True])
async def test_edit_that_is_not_in_force_is_refused_before_anything_is_written(shop, is_read):
    """A variable that supervisord has not taken up is told by nobody before it is asked to read its files."""
    ini = shop.root / "conf.d" / "checkout.ini"
    replace_in(ini, 'RATE="5%%"', 'RATE="9%%"')
    if is_read:
        shop.ctl("reread")
    before, pid = ini.read_text(), shop.read_pid()
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "edits that are not in force yet" in result.detail
    assert (ini.read_text(), shop.read_pid()) == (before, pid)
