"""What a run of Ansible changed, by the differences that it prints."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.ansible_runs import read_ansible

RUN = """\
PLAY [pgbouncer] ****************

TASK [Gathering Facts] **********
ok: [db-1]

TASK [pgbouncer : Write the settings] *****
--- before: /etc/pgbouncer/pgbouncer.ini
+++ after: /root/.ansible/tmp/x/pgbouncer.ini.j2
@@ -7,3 +7,3 @@
 [pgbouncer]
-default_pool_size = 40
+default_pool_size = 4

changed: [db-1]
--- before: /etc/pgbouncer/pgbouncer.ini
+++ after: /root/.ansible/tmp/x/pgbouncer.ini.j2
@@ -7,3 +7,3 @@
 [pgbouncer]
-default_pool_size = 40
+default_pool_size = 4

changed: [db-2]

TASK [pgbouncer : Add a file] *****
--- before
+++ after: /etc/new.ini
@@ -0,0 +1 @@
+a = 1
changed: [db-1]

TASK [pgbouncer : Touch] *****
--- before: /etc/same
+++ after: /etc/same
ok: [db-1]

PLAY RECAP ****
db-1 : ok=3    changed=2    unreachable=0    failed=0
"""
DIFF = """\
--- a/etc/pgbouncer/pgbouncer.ini
+++ b/etc/pgbouncer/pgbouncer.ini
@@ -7,3 +7,3 @@
 [pgbouncer]
-default_pool_size = 40
+default_pool_size = 4
--- a/etc/new.ini
+++ b/etc/new.ini
@@ -0,0 +1 @@
+a = 1"""


def test_differences_of_tasks_are_the_diff():
    """Each once, however many hosts have it, with the path on the host."""
    change = read_ansible(RUN, "a.txt", "a")

    assert (change.diff, change.state, change.note) == (DIFF, "applied", "")
    assert change.title == "Ansible run a: pgbouncer : Write the settings, pgbouncer : Add a file"


def test_check_only_says_what_it_would_do():
    """By the command above it."""
    assert read_ansible(f"$ ansible-playbook site.yml --check --diff\n{RUN}", "a", "a").state == UNCONFIRMED
    assert read_ansible(f"$ ansible-playbook site.yml -C\n{RUN}", "a", "a").state == UNCONFIRMED
    assert read_ansible(f"$ ansible-playbook site.yml --diff\n{RUN}", "a", "a").state == "applied"


def test_log_tells_when_it_was_written():
    """Before each record."""
    stamp = "2026-11-23 11:58:0{},123 p=71 u=root n=ansible INFO| "
    lines = [f"{stamp.format(at)}{line}" for at, line in enumerate(RUN.split("\n")[5:7])]

    change = read_ansible("\n".join([*lines, *RUN.split("\n")[7:]]), "a.log", "a")

    assert change.at.isoformat() == "2026-11-23T11:58:01+00:00"
    assert "-default_pool_size = 40" in change.diff


def test_run_without_differences_is_unread(folder):
    """It changed something, and says not what."""
    folder.write("bundle.yaml", "version: 1\nwindow: {start: 2026-11-23T11:00:00Z, end: 2026-11-23T12:00:00Z}\n")
    folder.write("changes/site.txt", "TASK [nginx : Reload] *****\nchanged: [web-1]\n")

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["kind"], item.facts["diff_read"]) == ("ansible", False)
    assert item.cut.startswith("it does not tell what it changed: --diff would have")


@pytest.mark.parametrize("text", ["", "TASK [a] ***\nok: [b]\n", "changed: [b]\n", DIFF])
def test_other_text_is_no_run(text):
    """Nor is one that changed nothing."""
    assert read_ansible(text, "a", "a") is None


def test_log_of_ci_tells_when(folder):
    """Of what does not tell it itself."""
    lines = [f"2026-11-23T11:58:00.0000000Z {line}" for line in RUN.split("\n")]
    folder.write("changes/site.txt", "\n".join(lines))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["changed_at"], item.facts["diff_read"]) == ("2026-11-23T11:58:00Z", True)


def test_run_behind_its_check_is_what_was_done():
    """As careful people do it: first with --check, then without; the options may stand on lines of their own."""
    tried = RUN.replace("default_pool_size = 4\n", "default_pool_size = 5\n")

    run = read_ansible(
        f"$ ansible-playbook site.yml \\\n  --check --diff\n{tried}$ ansible-playbook site.yml --diff\n{RUN}", "r", "r"
    )

    assert (run.state, run.diff) == ("applied", DIFF)


def test_task_that_says_that_it_is_a_check_is_not_known_to_be_done():
    """`check_mode_markers` of the settings: no command has to be there."""
    run = read_ansible("TASK [Write] [CHECK MODE] ****\nchanged: [db-1]\n", "r", "r")

    assert (run.title, run.state) == ("Ansible run r: Write", UNCONFIRMED)


def test_command_in_a_difference_is_none_that_ran():
    """A crontab has some."""
    run = read_ansible(
        "TASK [Cron] ****\n--- before: /etc/cron.d/x\n+++ after: /etc/cron.d/x\n@@ -0,0 +1 @@\n"
        "+0 3 * * * root ansible-playbook --check site.yml\nchanged: [db-1]\n",
        "r",
        "r",
    )

    assert run.state == "applied"
    assert "--check site.yml" in run.diff


def test_time_of_a_log_is_said_to_have_no_zone():
    """It is the control node's own: nobody knows how far it is from the alert's."""
    head = "2026-11-23 09:51:00,123 p=1 u=a n=ansible | "

    run = read_ansible(f"{head}TASK [Write] ****\n{head}changed: [db-1]\n", "r", "r")

    assert run.at.hour == 9
    assert run.note.endswith("its time states no zone, and is taken as UTC")
