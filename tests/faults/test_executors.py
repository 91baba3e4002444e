"""Two `fermata up` on one PostgreSQL under one executor id: the second says why it does not serve."""

import os
import signal
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.kill, pytest.mark.postgres]


@pytest.fixture
def serve(tmp_path, postgres_url):
    """Give a function that starts `fermata up` on one store, each in a folder of its own."""
    processes = []

    def serve(name):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        file = folder / "fermata.yaml"
        file.write_text("store: {url: env:STORE}\nserver: {port: 0}\nengine: {lease: 2s}\n")
        command = [sys.executable, "-m", "fermata", "--config", file, "up"]
        environment = {**os.environ, "STORE": postgres_url}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, cwd=folder, stderr=log, stdout=log)
        processes.append(process)
        return process, folder / "log"

    yield serve
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_second_process_of_one_executor_id_does_not_serve(serve, wait_until, number):
    """It ends with the words for it, and serves once the first has ended, however that ended."""
    first, log = serve("first")
    wait_until(lambda: "Fermata serves on" in log.read_text(), timeout_s=30)
    second, refused = serve("second")
    status = second.wait(30)
    first.send_signal(number)
    first.wait(30)
    third, log = serve("third")
    wait_until(lambda: "Fermata serves on" in log.read_text(), timeout_s=30)

    assert status == 4, refused.read_text()
    assert "Another process works as 'local'" in refused.read_text()
    assert "engine.executor_id" in refused.read_text()
    assert "Fermata serves on" not in refused.read_text()
    assert "Traceback" not in refused.read_text()
    assert third.poll() is None
