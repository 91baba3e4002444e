"""What systemd's own messages amount to: ends, who asked for them, and what the kernel did."""

from datetime import timedelta

import pytest

from fermata.integrations.systemd.client import JournalEntry
from fermata.integrations.systemd.unit_log import list_kernel_lines, read_unit_log
from fermata.testing.records import NOON

UNIT = "checkout.service"
EXIT = "98e322203f7a4ed290d09fe03c09fe15"
RESTART = "5eb03494b6584870a536b337290809b3"
OOM = "fe6faa94e7774663a0da52717891d8ef"
RESULT = "d9b373ed55a64feb8242e02dbe79a49c"
STARTED = "39f53479d3a045ac8e11786248231fbf"
STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
STOPPED = "9d1aaa27d60140bd96365438aad20286"
SPAWN = "641257651c1b4ec9a8624d7a40a9e1e7"


def say(second, kind, message="", **fields):
    """One message of systemd, so many seconds after noon."""
    return JournalEntry(NOON + timedelta(seconds=second), message, 5, {"MESSAGE_ID": kind, **fields})


def exits(second, code="exited", status="1"):
    """The end of the main process."""
    text = f"{UNIT}: Main process exited, code={code}, status={status}/FAILURE"
    return say(second, EXIT, text, EXIT_CODE=code, EXIT_STATUS=status)


def kernel(second, text):
    """A line of the kernel."""
    return JournalEntry(NOON + timedelta(seconds=second), text, 3, {})


def killed(group=f"/system.slice/{UNIT}", pid=41):
    """How the kernel says whom it killed."""
    return (
        f"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg={group},task_memcg={group},task=app,pid={pid}"
    )


def read(*entries, kernel=()):
    """The history that these messages tell."""
    return read_unit_log(entries, kernel, UNIT)


def test_each_end_is_counted_with_its_code():
    """By a number, and by a signal as a negative one."""
    log = read(say(0, STARTED), exits(1), say(2, RESTART), say(2, STARTED), exits(3, "dumped", "11"))

    assert [ending.exit_code for ending in log.endings] == [1, -11]
    assert not log.was_stopped


def test_end_that_somebody_asked_for_is_none():
    """Java ends with 143 when it is told to stop, and systemd calls that a failure."""
    log = read(say(0, STARTED), say(1, STOPPING), exits(2, status="143"), say(3, STOPPED, JOB_TYPE="stop"))

    assert log.endings == ()
    assert log.was_stopped


def test_start_after_a_stop_begins_anew():
    """A restart is a stop and a start."""
    log = read(say(0, STOPPING), say(1, STOPPED, JOB_TYPE="restart"), say(1, STARTED), exits(2))

    assert len(log.endings) == 1
    assert not log.was_stopped


def test_loop_that_somebody_stopped_while_it_waited_is_stopped():
    """There is no process to stop: only the job says so."""
    assert read(exits(1), say(2, STOPPED, JOB_TYPE="stop")).was_stopped


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Watchdog timeout (limit 6s)!", "Watchdog timeout (limit 6s)"),
        ("start-pre operation timed out. Terminating.", "start-pre operation timed out"),
        ("Service reached runtime time limit. Stopping.", "Service reached runtime time limit"),
        ("Killing process 78 (python3) with signal SIGABRT.", ""),
    ],
)
def test_end_that_systemd_itself_brought_is_told_with_why(said, told):
    """The signal alone looks like a crash. An end of its own after that is about something else."""
    history = [say(0, STARTED), say(6, "", f"{UNIT}: {said}"), exits(7, "killed", "6"), say(8, STARTED)]

    assert read(*history).ended_for == told
    assert read(*history, exits(9)).ended_for == ""


def test_end_without_an_error_shows_in_the_restart_it_brings():
    """An exit with 0 is nothing that systemd writes of; with Restart=always it is started again all the same."""
    log = read(say(0, STARTED), say(1, RESTART, "Scheduled restart job, restart counter is at 1."))

    assert [ending.exit_code for ending in log.endings] == [None]


def test_end_of_another_process_of_the_unit_is_not_its_own():
    """A command that runs before the start has exits of its own."""
    assert read(say(1, EXIT, f"{UNIT}: Control process exited, code=exited, status=1/FAILURE")).endings == ()


def test_kill_for_memory_is_told_by_systemd():
    """With the unified control groups systemd hears of it, before the end or in the result."""
    before = read(say(0, STARTED), say(1, OOM), exits(1, "killed", "9"))
    after = read(say(0, STARTED), exits(1, "killed", "9"), say(1, RESULT, UNIT_RESULT="oom-kill"))

    assert before.endings[0].is_out_of_memory
    assert after.endings[0].is_out_of_memory
    assert before.kill_at is None


def test_kill_of_a_child_that_the_unit_got_over_is_told():
    """OOMPolicy=continue: a worker is gone, the service goes on."""
    assert read(say(0, STARTED), say(5, OOM)).kill_at == NOON + timedelta(seconds=5)


def test_kill_for_memory_is_told_by_the_kernel():
    """With control groups of the first version systemd sees a SIGKILL only."""
    end = exits(10, "killed", "9")

    assert read(end, kernel=[kernel(9, killed())]).endings[0].is_out_of_memory
    assert not read(end, kernel=[kernel(2, killed())]).endings[0].is_out_of_memory
    assert not read(end, kernel=[kernel(9, killed("/system.slice/my-checkout.service"))]).endings[0].is_out_of_memory
    assert not read(exits(10), kernel=[kernel(9, killed())]).endings[0].is_out_of_memory


def test_process_that_the_kernel_kills_while_the_service_goes_on_is_told():
    """A worker is not the main process: the kernel alone tells of it, and only of the present run."""
    lines = [kernel(2, killed()), kernel(5, killed()), kernel(6, killed("/system.slice/other.service"))]

    assert read(say(1, STARTED), kernel=lines).kill_at == NOON + timedelta(seconds=5)
    assert read(say(4, STARTED), kernel=lines[:1]).kill_at is None
    assert read(say(1, STARTED), exits(2, "killed", "9"), kernel=lines[:1]).kill_at is None
    assert read(kernel=lines).kill_at == NOON + timedelta(seconds=5)


def test_kernels_lines_about_the_unit_are_kept_together():
    """The line that names the control group, and the one that tells how much memory there was."""
    lines = [
        kernel(1, killed(pid=41)),
        kernel(1, "Memory cgroup out of memory: Killed process 41 (app) total-vm:1kB"),
        kernel(2, "Memory cgroup out of memory: Killed process 412 (other) total-vm:1kB"),
        kernel(3, "eth0: link up"),
    ]

    assert list_kernel_lines(lines, UNIT) == tuple(lines[:2])
    assert list_kernel_lines(lines[2:], UNIT) == ()


def test_service_that_was_given_up_is_told_until_it_is_started():
    """It is a crash loop that nobody goes round any more."""
    gave_up = say(9, "", f"{UNIT}: Start request repeated too quickly.")

    assert read(exits(1), gave_up).was_given_up
    assert not read(exits(1), gave_up, say(20, STARTED)).was_given_up


def test_why_a_program_could_not_be_started_is_kept():
    """Until its next start."""
    said = say(1, SPAWN, f"{UNIT}: Failed to locate executable /opt/app: No such file or directory")

    assert read(say(0, STARTED), said, exits(1, status="203")).spawn_error == said.message
    assert read(say(0, STARTED), exits(1)).spawn_error == ""


def test_nothing_in_the_journal_is_not_known():
    """It was rotated away, or may not be read."""
    assert not read().is_known
    assert read(exits(1)).is_known


def test_end_with_a_code_that_is_no_number_has_none():
    """Whatever another version writes there."""
    assert read(exits(1, status="abc")).endings[0].exit_code is None


def test_why_systemd_did_not_start_it_is_kept_until_the_next_start():
    """A dependency that failed, and a file of variables that is not there, are no ends of its program."""
    depends = say(0, "be02cf6855d2428ba40df7e9d022f03d", f"Dependency failed for {UNIT}.", JOB_RESULT="dependency")
    absent = say(0, "", f"{UNIT}: Failed to load environment files: No such file or directory")
    failed = say(0, "be02cf6855d2428ba40df7e9d022f03d", f"Failed to start {UNIT}.", JOB_RESULT="failed")

    assert read(depends).refusal == f"Dependency failed for {UNIT}."
    assert read(absent, failed).refusal == "Failed to load environment files: No such file or directory"
    assert read(absent, failed).was_begun
    assert read(absent, say(1, STARTED)).refusal == ""
