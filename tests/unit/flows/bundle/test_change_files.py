"""Change records: what they say, which diffs were read, and what is uncertain."""

from datetime import UTC, datetime

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts

DIFF = "--- a/app.py\n+++ b/app.py\n@@ -3,2 +3,3 @@\n x\n-old\n+new\n+more\n"
COMMIT = {
    "id": "9f1c2ab",
    "kind": "commit",
    "time": "2026-11-23T11:40:00Z",
    "repo": "shop",
    "title": "Try",
    "diff": DIFF,
}
MAIL = f"""\
From 77aa001c Mon Sep 17 00:00:00 2001
From: Ada <ada@example.org>
Date: Mon, 23 Nov 2026 12:20:00 +0100
Subject: [PATCH] Reword

---
{DIFF}"""
SHOW = f"commit 77aa001c\nAuthor: Ada\nDate:   Mon Nov 23 12:20:00 2026 +0100\n\n    Reword\n\n{DIFF}"


def read_facts(folder, content, name="changes/a.json"):
    """Give the facts of the changes of one file, read without a warning."""
    folder.write(name, content)
    bundle = folder.read()
    assert bundle.warnings == ()
    return [ChangeFacts.from_json(item.facts) for item in bundle.evidence if item.kind is EvidenceKind.CHANGE]


def test_commit_is_read_with_its_diff(folder, texts):
    """Facts for signatures; the lines hold who, when, the title and the diff."""
    (facts,) = read_facts(folder, COMMIT | {"author": "ada", "service": "cart"})
    item = folder.get_only(EvidenceKind.CHANGE)

    assert facts.diff_read
    assert [(file.path, file.added) for file in facts.files] == [("app.py", (4, 5))]
    assert facts.repository == item.entity.ref == "git:repository/shop"
    assert texts(item) == [
        "commit 9f1c2ab",
        "author ada",
        "date 2026-11-23T11:40:00.000Z",
        "service cart",
        "repository shop",
        "",
        "    Try",
        "",
        *DIFF.splitlines(),
    ]
    assert (item.title, item.query) == ("changes/a.json: commit 9f1c2ab Try", "changes/a.json#9f1c2ab")


@pytest.mark.parametrize(
    "content",
    [
        [COMMIT, COMMIT | {"id": "2"}],
        {"changes": [COMMIT, COMMIT | {"id": "2"}]},
        {"commits": [COMMIT], "deployments": [COMMIT | {"id": "2"}]},
        '{"id": "9f1c2ab", "time": 1795435200}\n{"id": "2", "time": 1795435200}\n',
    ],
)
def test_records_come_alone_in_lists_and_in_lines(folder, content):
    """One object, a list, lists under a name, JSON lines."""
    assert [facts.id for facts in read_facts(folder, content)] == ["9f1c2ab", "2"]


def test_deployment_says_what_it_carries(folder):
    """Head, commits, environment and state; without a diff of its own it was not read."""
    (facts,) = read_facts(
        folder,
        {
            "id": "dep-1",
            "kind": "deployment",
            "time": "2026-11-23T12:00:00Z",
            "service": "cart",
            "sha": "9f1c2ab",
            "commits": ["9f1c2ab", {"id": "77aa001"}],
            "environment": "production",
            "state": "success",
            "actor": "ci",
        },
    )

    assert (facts.sha, facts.commits, facts.environment, facts.state) == (
        "9f1c2ab",
        ("9f1c2ab", "77aa001"),
        "production",
        "success",
    )
    assert (facts.author, facts.service, facts.diff_read) == ("ci", "cart", False)


@pytest.mark.parametrize(
    ("changes", "state", "read"),
    [
        ({"kind": "flag", "state": "off->on"}, "off->on", True),
        ({"kind": "flag", "from": False, "to": True}, "false->true", True),
        ({"kind": "flag", "state": {"from": "a", "to": "b"}}, "a->b", True),
        ({"kind": "config", "state": "20 → 2"}, "20 → 2", True),
        ({"kind": "flag", "state": "on"}, "on", False),
        ({"kind": "flag", "state": "->on"}, "->on", False),
        ({"kind": "deployment", "state": "a->b"}, "a->b", False),
        ({"kind": "config", "before": "pool: 20", "after": "pool: 2"}, "", True),
        ({"kind": "commit", "diff": None}, "", False),
        ({"kind": "commit", "diff": "\n"}, "", False),
        ({"kind": "commit", "diff": "@@ pool.yml @@\n-a: 20\n+a: 2"}, "", True),
    ],
)
def test_change_counts_as_read_when_what_it_changed_is_known(folder, changes, state, read):
    """A diff, a fragment of one, before and after, or a switch's from and to; a title is not enough."""
    (facts,) = read_facts(folder, {"id": "1", "time": "2026-11-23T12:00:00Z", "title": "t", **changes})

    assert (facts.state, facts.diff_read) == (state, read)


def test_forge_commit_is_read_by_its_files(folder):
    """As the API of a forge gives it: a patch with each file."""
    record = {"sha": "abc1234", "time": "2026-11-23T12:00:00Z", "message": "t\n\nbody"}
    record["files"] = [{"filename": "a.py", "patch": "@@ -1 +1 @@\n-a\n+b"}, {"filename": "b.bin"}]

    (facts,) = read_facts(folder, record)

    assert (facts.id, facts.kind, facts.title) == ("abc1234", "commit", "t")
    assert [(file.path, file.added) for file in facts.files] == [("a.py", (1,)), ("b.bin", ())]


@pytest.mark.parametrize("text", [MAIL, SHOW])
def test_diff_file_tells_who_and_when(folder, text):
    """What `git format-patch` and `git show` write above a diff is read."""
    (facts,) = read_facts(folder, text, "changes/0001-reword.patch")

    assert (facts.id, facts.title, facts.kind) == ("77aa001c", "Reword", "commit")
    assert facts.changed_at == datetime(2026, 11, 23, 11, 20, tzinfo=UTC)
    assert facts.author.startswith("Ada")
    assert facts.diff_read


def test_diff_file_named_like_a_record_is_its_diff(folder):
    """By id, or by the beginning of a commit's; a record that has a diff keeps its own."""
    folder.write("changes/9f1c2ab.diff", DIFF)

    (facts,) = read_facts(folder, COMMIT | {"id": "c-1", "sha": "9f1c2abdeadbeef", "diff": None})

    assert facts.diff_read
    assert facts.files[0].path == "app.py"
    (facts,) = read_facts(folder, COMMIT | {"diff": "@@ other.py @@\n+x"})
    assert facts.files[0].path == "other.py"


def test_change_without_a_time_is_placed_and_says_so(folder):
    """The start of the window: before everything else that is known, and marked as uncertain."""
    folder.write("changes/fix.diff", DIFF)

    item = folder.get_only(EvidenceKind.CHANGE)

    assert item.facts["changed_at"] == "2026-11-23T11:00:00Z"
    assert "gives no time" in item.cut


def test_change_without_a_time_and_a_window_is_left_out(folder):
    """Nobody knows where to place it."""
    folder.write("bundle.yaml", "version: 1\n")
    folder.write("logs/a.log", "x\n")
    folder.write("changes/fix.diff", DIFF)

    assert "change fix has no time" in folder.read().warnings[0]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", "[", "a.json:1: it is not JSON"),
        ("a.json", "[3, {}]", "a change is an object, not a number"),
        ("a.json", "[3, {}]", "without id, sha, number, ref and title"),
        ("a.diff", "only words\n", "it holds no diff"),
        ("a.txt", "x", ""),
    ],
)
def test_what_is_no_change_is_named(folder, name, content, reason):
    """Left out with its reason, or listed as unknown; the others are read."""
    folder.write("changes/good.json", COMMIT)
    folder.write(f"changes/{name}", content)

    bundle = folder.read()

    assert [item.facts["id"] for item in bundle.evidence] == ["9f1c2ab"]
    assert any(reason in warning for warning in bundle.warnings) or bundle.unknown_files == (f"changes/{name}",)


def test_long_diff_is_cut_and_counts_as_unread(folder):
    """Nobody may be blamed for lines that were not looked at."""
    (facts,) = read_facts(folder, COMMIT | {"diff": DIFF + "+x\n" * 5000})

    assert not facts.diff_read
    assert "first 4,000 of 5,007 lines" in folder.get_only(EvidenceKind.CHANGE).cut


def test_secret_in_a_diff_is_hidden(folder):
    """A diff passes redaction like everything else."""
    diff = "--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-DB_PASSWORD=correct-horse-7\n+DB_PASSWORD=battery-staple-8\n"
    folder.write("changes/a.json", COMMIT | {"diff": diff})

    item = folder.get_only(EvidenceKind.CHANGE)

    assert "correct-horse-7" not in str(item.to_json())
    assert "battery-staple-8" not in str(item.to_json())
    assert item.redactions == 2


@pytest.mark.parametrize(
    "record",
    [
        {"ref": "DB_PASSWORD", "state": "plainword -> otherword"},
        {"key": "DB_PASSWORD", "from": "plainword", "to": "otherword"},
        {"ref": "DB_PASSWORD", "status": {"from": "plainword", "to": "otherword"}},
        {"name": "API_TOKEN", "before": "plainword", "after": {"x": "otherword"}},
        {"ref": "DB_PASSWORD", "diff": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-plainword\n+value: otherword"},
        {"ref": "DB_PASSWORD", "diff": ["-plainword", "+otherword"]},
        {"ref": "DB_PIN_PASSWORD", "old": "plainword", "new": "otherword", "value": 12},
    ],
)
def test_value_of_what_is_named_like_a_secret_is_hidden(folder, record):
    """By the name: the value looks like a word."""
    folder.write("changes/a.json", {"id": "c1", "kind": "config", "time": "2026-11-23T11:40:00Z", **record})

    shown = str([item.to_json() for item in folder.read().evidence])

    assert "redacted" in shown
    assert "plainword" not in shown
    assert "otherword" not in shown


def test_switch_named_like_a_secret_keeps_its_states(folder, texts):
    """`on` and `off` are no secret, whatever is switched."""
    folder.write(
        "changes/a.json",
        {"id": "F", "kind": "flag", "ref": "rotate-session-key", "time": "2026-11-23T11:40:00Z", "state": "off->on"},
    )

    assert "state off->on" in texts(folder.get_only(EvidenceKind.CHANGE))


@pytest.mark.parametrize("ref", ["session-redis/redis.conf", "auth/tokens.py", "rotate the session key", "TOKEN_TTL"])
def test_change_of_what_only_speaks_of_a_secret_is_shown(folder, texts, ref):
    """A file and a limit are none: what changed in them is what a reader must see."""
    diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-maxmemory-policy allkeys-lru\n+maxmemory-policy noeviction"
    folder.write(
        "changes/a.json",
        {"id": "c1", "kind": "config", "ref": ref, "time": "2026-11-23T11:40:00Z", "state": "applied", "diff": diff},
    )

    lines = texts(folder.get_only(EvidenceKind.CHANGE))

    assert {"state applied", "+maxmemory-policy noeviction"} <= set(lines)


@pytest.mark.parametrize(
    ("kind", "title", "expected"),
    [("flag", "", "new-tax"), ("config", "Tune it", "Tune it"), ("deployment", "", "deployment 55")],
)
def test_switch_without_a_title_is_called_by_what_it_sets(folder, kind, title, expected):
    """Its id is a number of the system that keeps it; the `ref` of a release is a branch."""
    record = {"id": "55", "kind": kind, "ref": "new-tax", "time": "2026-11-23T12:00:00Z", "title": title}

    (facts,) = read_facts(folder, record)

    assert facts.title == expected


def _write_log(form):
    """Write two commits, the newest first, as `git log -p` or `git format-patch --stdout` do."""
    other = DIFF.replace("app.py", "README.md")
    if form == "log":
        first = f"commit 88bb0022\nAuthor: Bob\nDate:   Mon Nov 23 12:30:00 2026 +0100\n\n    Typo\n\n{other}"
        merge = (
            "commit 99cc0033\nMerge: 88bb002 77aa001\nAuthor: Cy\nDate:   Mon Nov 23 12:40:00 2026 +0100\n\n    Merge"
        )
        return f"{merge}\n\n{first}\n{SHOW}"
    sha = "88bb0022" * 5
    first = MAIL.replace("77aa001c", sha).replace("Ada", "Bob").replace("Reword", "Typo").replace(DIFF, other)
    return f"{first}-- \n2.39.2\n\n{MAIL.replace('77aa001c', '77aa001c' * 5)}-- \n2.39.2\n\n"


@pytest.mark.parametrize("form", ["log", "mail"])
def test_file_of_several_commits_gives_each_its_own(folder, form):
    """Whose diff it is decides who is asked: none goes under the first one's name; a mail's end is no line of it."""
    facts = read_facts(folder, _write_log(form), "changes/log.patch")

    assert {one.author.partition(" ")[0]: [file.path for file in one.files] for one in facts} == {
        "Bob": ["README.md"],
        "Ada": ["app.py"],
    }
    assert {one.title for one in facts} == {"Typo", "Reword"}
    assert all(file.added == (4, 5) for one in facts for file in one.files)
    assert not any(line.text.startswith(("-- ", "2.39")) for item in folder.read().evidence for line in item.lines)


def test_commit_of_a_file_completes_its_record_and_no_deployment(folder):
    """A deployment of the commit says when it went out; the diff stays the commit's."""
    folder.write(
        "changes/a.json", [{"id": "d-1", "kind": "deployment", "time": "2026-11-23T11:50:00Z", "sha": "77aa001c"}]
    )
    folder.write(
        "changes/b.json", [{"sha": "88bb0022", "kind": "commit", "title": "Typo", "time": "2026-11-23T11:30:00Z"}]
    )

    facts = read_facts(folder, _write_log("log"), "changes/log.patch")

    assert {one.id: one.diff_read for one in facts} == {"d-1": False, "88bb0022": True, "77aa001c": True}


def _write_forge(sha, message, **more):
    people = {"author": {"name": "Ada", "date": "2026-11-23T11:20:00Z"}, "committer": {"date": "2026-11-23T11:21:00Z"}}
    return {"sha": sha, "commit": {**people, "message": message}, **more}


PATCHES = [{"filename": "app.py", "patch": "@@ -3,2 +3,3 @@\n x\n-old\n+new\n+more"}]


def test_commit_as_a_forge_nests_it_is_read(folder):
    """Its message, author and time stand a level deeper."""
    (facts,) = read_facts(folder, [_write_forge("77aa001c", "Reword\n\nbody", files=PATCHES)])

    assert (facts.title, facts.author, facts.kind, facts.diff_read) == ("Reword", "Ada", "commit", True)
    assert facts.changed_at == datetime(2026, 11, 23, 11, 21, tzinfo=UTC)


def test_comparison_of_two_versions_is_one_change(folder):
    """Which of its commits changed a file is not told, so that none is blamed alone; of a single one it is."""
    commits = [_write_forge("88bb0022", "Typo"), _write_forge("77aa001c", "Reword")]
    url = "https://forge.example/shop/compare/v1...v2"

    (facts,) = read_facts(folder, {"url": url, "commits": commits, "files": PATCHES})

    assert (facts.id, facts.sha, facts.commits) == ("v1...v2", "77aa001c", ("88bb0022", "77aa001c"))
    assert (facts.title, facts.author, facts.diff_read) == ("2 commits: Typo; Reword", "Ada", True)


def test_comparison_of_one_commit_is_that_commit(folder):
    """The patches of all are its own."""
    (facts,) = read_facts(folder, {"commits": [_write_forge("77aa001c", "Reword")], "files": PATCHES})

    assert (facts.id, facts.title, facts.diff_read) == ("77aa001c", "Reword", True)


def test_change_without_a_time_is_placed_where_an_alerts_window_begins(folder):
    """An alert tells the window where nobody states it: an hour before it fires."""
    folder.write("alerts/a.json", {"title": "slow", "started_at": "2026-11-23T12:00:00Z"})
    folder.write("changes/a.json", {"id": "c1", "title": "Size", "diff": "@@ a @@\n-size: 1\n+size: 2"})

    bundle = folder.read()

    assert bundle.warnings == ()
    changed = [item.facts["changed_at"] for item in bundle.evidence if item.kind is EvidenceKind.CHANGE]
    assert changed == ["2026-11-23T11:00:00Z"]


@pytest.mark.parametrize("text", ["-a\n+b\n", "4c4\n< a\n---\n> b\n"])
def test_text_that_only_looks_like_a_diff_is_named(folder, text):
    """Nothing that somebody put there goes without a word."""
    folder.write("logs/a.log", "2026-11-23T11:30:00Z x\n")
    folder.write("changes/a.diff", text)

    bundle = folder.read()

    assert bundle.warnings == ("changes/a.diff: it looks like a diff, and in no form that is read",)
