"""Everything is looked at at once, and what is slow keeps nobody waiting."""

import asyncio
from datetime import timedelta

from fermata.flows.setup import detect as module
from fermata.flows.setup.detect import detect


async def test_empty_machine_still_has_a_way_in_and_a_way_out(around):
    """Alerts can come in, and cards can be shown: the first card needs nothing else."""
    detected = await detect(around())

    assert [one.system for one in detected.found] == ["alertmanager", "webhook", "console"]
    assert detected.gaps == ()


async def test_all_there_is_comes_in_one_order(around, tmp_path):
    """What runs, what is measured, what changes, what is written down."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "a.md").touch()
    (tmp_path / "main.tf").touch()
    (tmp_path / "units").mkdir()
    (tmp_path / "units" / "checkout.service").touch()
    (tmp_path / "kube").write_text("contexts: [{name: dev, context: {cluster: c}}]")
    (tmp_path / "s.conf").write_text("[unix_http_server]\nfile=/s.sock\n")

    detected = await detect(
        around(
            kubeconfigs=(tmp_path / "kube",),
            supervisor_files=(tmp_path / "s.conf",),
            unit_folders=(tmp_path / "units",),
            database_variables=("DATABASE_URL", "OTHER_DATABASE_URL"),
        )
    )

    assert [one.system for one in detected.found] == [
        *("alertmanager", "webhook", "console", "kubernetes", "supervisor", "systemd", "postgres", "git"),
        *("terraform", "runbooks"),
    ]
    (postgres,) = [one for one in detected.found if one.system == "postgres"]
    assert postgres.section == {"dsn": "env:DATABASE_URL"}
    assert "also OTHER_DATABASE_URL" in postgres.title


async def test_look_that_crashes_is_told_and_takes_nothing_along(around, monkeypatch):
    """A bug of one look, on a machine nobody thought of, is no reason to write no settings at all."""

    async def crash(_):
        raise ValueError

    monkeypatch.setattr(module, "find_repository", crash)

    detected = await detect(around())

    assert [one.system for one in detected.found] == ["alertmanager", "webhook", "console"]
    assert detected.gaps == (
        "the repository: not looked at to the end: it crashed (ValueError); the trace is in Fermata's log",
    )


async def test_look_that_hangs_is_given_up_and_told(around, monkeypatch):
    """A share that does not answer is a gap, and the rest is there."""

    async def hang(_):
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "find_repository", hang)

    detected = await detect(around(), deadline=timedelta(milliseconds=200))

    assert [one.system for one in detected.found] == ["alertmanager", "webhook", "console"]
    (gap,) = detected.gaps
    assert gap.startswith("the repository: not looked at to the end")
