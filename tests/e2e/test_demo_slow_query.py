"""`fermata demo --scenario slow-query` as its users see it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.e2e.company import ENVIRONMENT
from tests.e2e.conftest import list_processes

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("leaves_nothing")]
DEMO = [sys.executable, "-m", "fermata", "demo", "--scenario", "slow-query"]
# Some 25 s on an idle machine of two cores; a hang is what this is for.
AT_MOST_S = 120


@pytest.fixture
def folder():
    """Give a temporary directory that the server's own user can pass through, as /tmp is."""
    with tempfile.TemporaryDirectory(prefix="fmdemo-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.parametrize("options", [[], ["--no-prometheus"]], ids=["prometheus", "alone"])
def test_scripted_demo_leads_a_slow_checkout_back_to_a_migration(folder, options):
    """A latency alert, the statement, the migration that dropped its index, the exact cure, and latency back."""
    env = ENVIRONMENT | {"TMPDIR": str(folder)}

    done = subprocess.run([*DEMO, "--yes", "--json", *options], env=env, capture_output=True, check=False)

    story = done.stderr.decode()
    assert done.returncode == 0, story
    report = json.loads(done.stdout)
    assert (report["cause"], report["verification"]) == ("slow_query_missing_index", "restored")
    assert "CheckoutSlow" in report["incident"]["title"]
    (action,) = report["plan"]["actions"]
    assert (action["name"], action["target"]) == ("postgres.create_index_concurrently", "postgres:database/shop")
    assert action["parameters"]["columns"] == ["order_id"]
    assert "+CREATE INDEX fermata_order_lines_order_id_btree ON public.order_lines" in action["diff"]
    assert report["guilty_change"][:7] in story
    assert "'Drop an index that nothing seems to use'" in story
    assert "CREATE INDEX CONCURRENTLY fermata_order_lines_order_id_btree" in " ".join(story.replace("│", " ").split())
    assert (report["decision"], report["incident"]["state"]) == ({"state": "executed", "by": "dana"}, "resolved")
    assert list(report["seconds"]) == ["stage", "fermata", "alert", "plan", "decision", "fix", "total"]
    assert report["seconds"]["total"] < AT_MOST_S
    assert "The hash chain holds" in story
    assert list(folder.iterdir()) == []
    assert list_processes(folder) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PATH and the usual place are Debian's")
def test_machine_without_the_server_is_told_before_anything_starts(tmp_path):
    """No initdb to be found: exit status 2, one sentence with what to install, and no stage."""
    script = (
        "import sys, fermata.testing.postgres as p; p.find_binaries = lambda: None; "
        "from fermata.cli.main import main; sys.argv = ['fermata', 'demo', '--scenario', 'slow-query', '--yes']; main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        env=ENVIRONMENT | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 2
    assert b"initdb and pg_ctl are not installed" in done.stderr
    assert b"apt-get install postgresql" in done.stderr
