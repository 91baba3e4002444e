"""No process outlives its test; and a Chromium for those who decide in the page."""

import shutil
import sys
import time
from pathlib import Path

import pytest

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def list_processes(folder):
    """Return the command lines of all processes that run in a folder, or were told of something in it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            place = str((entry / "cwd").readlink())
        except OSError:  # It ended meanwhile.
            continue
        if command and (str(folder) in command or place.startswith(str(folder))):
            found.append(command)
    return found


@pytest.fixture
def leaves_nothing(tmp_path):
    """Fail when a process of the test's folder is still there a moment after it."""
    yield
    if not sys.platform.startswith("linux"):
        return
    deadline = time.monotonic() + 3
    while (left := list_processes(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


@pytest.fixture
async def page():
    """Give a page of a real Chromium; fails when the browser's console complains."""
    playwright = pytest.importorskip("playwright.async_api", reason="no playwright")
    complaints = []
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = await browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()
    assert complaints == []
