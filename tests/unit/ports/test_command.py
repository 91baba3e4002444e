"""Commands of outside tools: with an end, and with the environment they are given."""

import asyncio
import gc
import os
import signal

import pytest

from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.command import run_command, start_process


def run(script, timeout_s=5, **environment):
    """Run a shell script."""
    return run_command(["sh", "-c", script], environment=environment, timeout_s=timeout_s)


async def test_command_gets_the_environment_it_is_given(monkeypatch):
    """Nothing else reaches it but a path."""
    monkeypatch.setenv("SECRET_OF_FERMATA", "x")

    said = await run("env; exit 3", OWN="1")

    names = {line.partition("=")[0] for line in said.out.decode().splitlines()}
    assert (said.code, names - {"PWD", "SHLVL", "_", "OLDPWD"}) == (3, {"OWN", "PATH"})


async def test_words_of_a_failure_are_redacted():
    """On one line, since they go into a sentence."""
    said = await run("echo 'password=hunter2hunter2' >&2; echo more >&2; exit 1")

    assert "hunter2" not in said.error
    assert said.error.endswith("more")


async def test_command_that_hangs_is_ended(tmp_path):
    """Also one that does not listen."""
    with pytest.raises(TransientError, match=r"did not end within 0\.5 s"):
        await run(f"echo $$ > {tmp_path}/pid; trap '' TERM; while true; do sleep 0.05; done", timeout_s=0.5)

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_pipe_that_a_child_holds_keeps_nobody_waiting(tmp_path):
    """Of one that does not listen and has a child that does not either: asyncio tells its end when both are gone."""
    script = f"trap '' TERM; sleep 30 & echo $! > {tmp_path}/child; wait"

    with pytest.raises(TransientError, match=r"did not end within 0\.2 s"):
        async with asyncio.timeout(5):
            await run(script, timeout_s=0.2)

    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)
    await asyncio.sleep(0.1)  # The loop sees the pipes' end, and closes its own.
    gc.collect()  # What is left of them is told here, and not in the test that comes next.


async def test_command_that_says_too_much_is_ended():
    """Its beginning is what is left; one that stays below the bound is whole, with its exit code and its error."""
    cut = await run_command(["yes"], environment={}, timeout_s=5, most_bytes=7)
    whole = await run_command(
        ["sh", "-c", "echo well; echo bad >&2; exit 2"], environment={}, timeout_s=5, most_bytes=7
    )

    assert (cut.out, cut.is_cut) == (b"y\ny\ny\ny", True)
    assert (whole.out, whole.error, whole.code, whole.is_cut) == (b"well\n", "bad", 2, False)


async def test_cancelled_command_is_ended(tmp_path):
    """A deadline above it leaves nothing behind."""
    os.mkfifo(tmp_path / "pid")
    task = asyncio.create_task(run(f"echo $$ > {tmp_path}/pid; exec sleep 60"))
    pid = int(await asyncio.to_thread((tmp_path / "pid").read_text))

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_command_that_is_not_there_is_told():
    """It may not be installed."""
    with pytest.raises(OperationalError, match="no-such-tool cannot be run"):
        await run_command(["no-such-tool"], environment={}, timeout_s=1)


# asyncio's own start leaves the pipes to the collector of garbage that it had not joined when it was cancelled.
@pytest.mark.filterwarnings("ignore:.*unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("turns", range(8))
async def test_start_that_is_cancelled_comes_to_an_end(turns):
    """At whatever turn of its start, and with every task beside it, as a command's end cancels all of them."""
    others = asyncio.all_tasks()
    work = asyncio.ensure_future(run("exec sleep 30"))
    for _ in range(turns):
        await asyncio.sleep(0)

    for task in asyncio.all_tasks() - others:
        task.cancel()
    done, _ = await asyncio.wait((work,), timeout=1.5)

    assert done
    assert work.cancelled()
    gc.collect()


@pytest.mark.filterwarnings("ignore:.*unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("turns", range(1, 8))
async def test_start_that_is_cancelled_twice_leaves_nothing_behind(turns):
    """A deadline cancels it, and then the end of the whole command does."""
    ours, its = os.pipe()
    work = asyncio.ensure_future(start_process("sleep", "30", stdout=asyncio.subprocess.PIPE, pass_fds=(its,)))
    for _ in range(turns):
        await asyncio.sleep(0)

    work.cancel()
    await asyncio.sleep(0)
    work.cancel()
    await asyncio.wait((work,), timeout=1.5)

    # Nothing comes, and an end, once nobody has the other end any more.
    os.close(its)
    assert await asyncio.wait_for(asyncio.to_thread(os.read, ours, 1), 1.5) == b""
    assert work.cancelled()
    os.close(ours)
    gc.collect()
