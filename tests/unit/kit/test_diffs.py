import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.kit.diffs import hide_diff, hide_settings, is_changed, list_added, split_lines, write_diff
from fermata.kit.hiding import LONGEST_LINE
from fermata.kit.redaction import describe_secret
from fermata.kit.redaction.marks import mark_secret

DIFF = """\
diff --git a/services/checkout.py b/services/checkout.py
--- a/services/checkout.py
+++ b/services/checkout.py
@@ -1,3 +1,4 @@ def total():
 one
-two
+2
++++ b/not/a/header
 three
@@ -10 +11,2 @@
-ten
+10
+eleven
\\ No newline at end of file
diff --git a/gone.py b/gone.py
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/new file.py b/new file.py
--- /dev/null
+++ b/new file.py\t
@@ -0,0 +1 @@
+x
"""


@pytest.mark.parametrize(
    ("line", "is_one"), [("-two", True), ("+2", True), ("---", True), ("+-- x", True), ("-++ x", True), (" one", False)]
)
def test_line_that_went_or_came_is_changed(line, is_one):
    """Its sign says so."""
    assert is_changed(line) is is_one


@pytest.mark.parametrize("line", ["--- a/services/checkout.py", "+++ b/services/checkout.py", "@@ -1,3 +1,4 @@"])
def test_header_of_a_diff_is_not_changed(line):
    """It names a file or a place."""
    assert not is_changed(line)


def test_added_lines_are_numbered_in_the_new_file():
    """Content that looks like a header is content; a deleted file has no lines."""
    assert list_added(DIFF) == {"services/checkout.py": (2, 3, 11, 12), "new file.py": (1,)}


def test_secret_names_are_hidden_in_settings_only():
    """In code, `auth = login()` is what the incident may be about; in settings it is a secret."""
    lines = ["+++ b/app.py", "+auth = login()", "+++ b/app.env", "+AUTH=s3cret", " export TOKEN='x y'", "-PORT=80"]

    hidden = hide_diff(lines)

    assert hidden.lines[1] == "+auth = login()"
    assert hidden.lines[3] == f"+AUTH={describe_secret('s3cret')}"
    assert hidden.lines[4] == f" export TOKEN={describe_secret('x y')}"
    assert hidden.lines[5] == "-PORT=80"
    assert hidden.redactions == 2


def test_declared_file_is_one_of_settings_whatever_its_name():
    """The settings say so."""
    assert "s3cret" in hide_diff(["+++ b/conf/live", "+AUTH=s3cret"]).lines[1]
    assert "s3cret" not in hide_diff(["+++ b/conf/live", "+AUTH=s3cret"], {"conf/live"}).lines[1]


def test_private_key_keeps_its_signs():
    """A diff without its signs could not be read."""
    key = ["+-----BEGIN PRIVATE KEY-----", "+MIIEpAIBAAKCAQEA", "+-----END PRIVATE KEY-----", "+after"]

    assert hide_diff(key).lines == (*(f"+{mark_secret('pem', line[1:])}" for line in key[:3]), "+after")


def test_long_line_is_cut_for_evidence_and_kept_for_a_card():
    """What is approved is shown whole."""
    assert len(hide_diff(["+" + "x " * 9999]).lines[0]) == LONGEST_LINE
    assert len(hide_diff(["+" + "x " * 9999], (), 0).lines[0]) == 19_999


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=40)))
def test_number_of_lines_never_changes(lines):
    """Numbering is what citations rest on."""
    assert len(hide_diff(lines).lines) == len(lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb", "a\nb\n"),
        ("a\n", "a"),
        ("\x0cold\r\n" * 9, "\x0cold\r\n" * 4 + "new\n" + "\x0cold\r\n" * 5),
    ],
)
def test_written_diff_is_gits_own(before, after, tmp_path):
    """A person who asks git sees the same lines."""
    for folder, text in (("a", before), ("b", after)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_bytes(text.encode())
    command = ["git", "diff", "--no-index", "--no-prefix", "--", "a/file", "b/file"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    said = [line for line in done.stdout.decode().split("\n") if not line.startswith("index ")]

    assert write_diff("file", before, after).split("\n") == said


def test_diff_of_a_file_that_comes_or_goes_names_the_void():
    """An empty file has no lines, and its coming is told all the same."""
    assert write_diff("x", None, "one\n").split("\n")[1:4] == ["--- /dev/null", "+++ b/x", "@@ -0,0 +1 @@"]
    assert write_diff("x", "one\n", None).split("\n")[1:3] == ["--- a/x", "+++ /dev/null"]
    assert write_diff("x", None, "").endswith("+++ b/x\n")
    assert write_diff("x", None, "one\n", mode="100755").split("\n")[1] == "new file mode 100755"
    assert write_diff("x", "one\n", None, mode="100755").split("\n")[1] == "deleted file mode 100755"
    assert "mode" not in write_diff("x", "one\n", "two\n", mode="100755")
    assert write_diff("x", "same", "same") == ""


@given(st.text(max_size=200))
def test_lines_add_up_to_the_text(text):
    """Only a line feed ends a line, and nothing is lost."""
    assert "".join(split_lines(text)) == text
    list_added(text)


def test_line_that_begins_with_two_signs_names_no_file():
    """A comment of SQL or of Lua that goes away looks like a header: what follows is still a line of settings."""
    lines = [
        "diff --git a/.env b/.env",
        "--- a/.env",
        "+++ b/.env",
        "@@ -1,4 +1,3 @@",
        "--- old",
        "-DSN=first-quiet-river",
        "+++ app.py",
        "+DSN=second-quiet-river",
        "",
        "@@ -9 +8 @@",
        "-SALT=third-quiet-river",
        "+SALT=fourth-quiet-river",
        "\\ No newline at end of file",
        "diff --git a/app.py b/app.py",
        "--- a/app.py",
        "+++ b/app.py",
        "@@ -1,9 +1,9 @@",
        "+dsn = shown",
        "diff --git a/b.env b/b.env",
        "+++ b/b.env",
        "+DSN=fifth-quiet-river",
    ]

    shown = "\n".join(hide_diff(lines).lines)

    assert "quiet-river" not in shown
    assert "+dsn = shown" in shown


@pytest.mark.parametrize("longest", [0, 2000])
@pytest.mark.parametrize("sign", ["+", "-", " "])
def test_sign_of_a_line_that_looks_random_stays(sign, longest):
    """Some secrets may begin with one; evidence and cards would take the line for another."""
    lines = [f"{sign}{body}" for body in ("Qr3yIQbwhHdi8PPLTXZNxwcgURWaD4ny", "x" * 3000 + " AKIAOCIS2JHQWERTYUIO")]

    hidden = hide_diff(["@@ -1,9 +1,9 @@", *lines], (), longest).lines[1:]

    assert [line[:1] for line in hidden] == [sign, sign]
    assert "Qr3y" not in hidden[0]


def test_sign_that_is_put_back_brings_no_secret_along():
    """What the line above names a secret stays hidden, whatever it looks like by itself."""
    lines = ["@@ -1,9 +1,9 @@", "+docker login -u ci --password-stdin <<EOF", "+juniper-delta-cedar", "+EOF"]

    hidden = hide_diff(lines).lines

    assert "juniper" not in hidden[2]
    assert [line[:1] for line in hidden[1:]] == ["+", "+", "+"]


@pytest.mark.parametrize("head", ["--- # production", "+++ b/app.py", "@@ -1,9 +1,9 @@"])
def test_line_of_a_file_of_settings_names_no_other_file(head):
    """A document of YAML begins with three dashes: what stands below it is hidden by its name all the same."""
    hidden = hide_settings([head, "DSN: first-quiet-river", "PORT: 80"])

    assert hidden.lines == (head, f"DSN: {describe_secret('first-quiet-river')}", "PORT: 80")
    assert hidden.redactions == 1


def test_key_in_a_file_of_settings_is_hidden():
    """Line by line, as everywhere."""
    hidden = hide_settings(["-----BEGIN PRIVATE KEY-----", "MIIEpAIBAAKCAQEA", "-----END PRIVATE KEY-----"])

    assert "MIIEpAIBAAKCAQEA" not in "".join(hidden.lines)
    assert len(hidden.lines) == 3
