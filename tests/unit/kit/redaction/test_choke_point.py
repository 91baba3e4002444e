"""The guard as a whole: nothing secret passes, what is ordinary passes whole, and no text makes it slow."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kit.redaction.canaries import CANARIES
from tests.unit.kit.redaction.ordinary import ORDINARY

from fermata.kit.redaction import Redacted, choke_point, redact
from fermata.kit.redaction.cards import hide_cards
from fermata.kit.redaction.marks import Tally

MEGABYTE = 1_000_000
_BEGIN = "-----BEGIN " + "PRIVATE KEY-----"
# Short pieces that, repeated, made or could make some pattern or loop run over the same text again and again.
HOSTILE = [
    *("a", "A1b2", "aB3/", "\\", '"', "\n", "=", "é"),
    *(
        "token",
        "token=",
        "token: ",
        "token=a,",
        "token='",
        'token="\\"',
        'token=\\\\"',
        "token=[",
        "token=('",
        "token=)",
    ),
    *("token=)", "token: |\n a\n", "token:\n - a\n", "token: a b c d e f g h = ", "token string = ", '"key":'),
    *("%22token%22%3A", "&quot;token&quot;:", "--password ", "<a ", "<password>", 'name: "TOKEN"\n value'),
    *("eyJa.", "sk-", "SG.a.", "://", "://a:", "://a:/", "a:b@tcp", "bearer ", "cookie=a", "cookie: a=b;"),
    *('authorization: digest a="b", ', " -u a:", "mysql -p ", "login a password ", "identified by "),
    *(
        "htpasswd -b 1 ",
        "htpasswd -b a b ",
        "config set ",
        "config set -a ",
        "net use \\\\a ",
        "echo a | ",
        "echo a|sudo -S",
    ),
    *(
        "secret --from-literal",
        "secret --from-literal=a=b ",
        "sqlplus a/",
        "http -a ",
        "smbclient -U ",
        "PASS ",
        "> PASS ",
    ),
    *("334 UGFzc3dvcmQ6\n", "plain AAAA", "AUTH ", "a1 LOGIN a ", "community a ", "$6$a", "$argon2id$a=1", "{SHA}a"),
    *("pass: a b=", "pass: a[b]|", "user=a pass=b ", "password'", "password(", "-pass pass:", "-pass 'pass:a"),
    *(_BEGIN, f"{_BEGIN}\nAAAA", "-----BEGIN CERTIFICATE-----", "Private-Lines: 3\nabc\n", "[redacted:"),
]
PIECES = [
    *("password", "token", "secret", "api_key", "cookie", "session", "name", "value", "Authorization", "Bearer "),
    *(
        "Basic ",
        "=",
        ":",
        ": ",
        " = ",
        " ",
        "\n",
        "\t",
        '"',
        "'",
        "`",
        "\\",
        '\\"',
        ",",
        ";",
        "&",
        "|",
        "- ",
        "-",
        "--",
    ),
    *("#", "!", "$", "{", "}", "[", "]", "(", ")", "<", ">", "/", "//", "://", "@", "%22", "%3A", "&quot;", "${X}"),
    *(
        "null",
        "true",
        "é",
        "hunter2",
        "abc",
        "X9",
        "user:",
        "u:p@h",
        "a=b; c=d",
        "login a password ",
        "IDENTIFIED BY '",
    ),
    *(
        "curl -u a:b1c ",
        "@tcp(",
        _BEGIN,
        "-----END " + "PRIVATE KEY-----",
        "AAAA" * 10,
        "AK" + "IA" + "ABCDEFGHIJKLMNOP",
    ),
    *("[redacted:entropy:abcd]", "<redacted 12345678>", "[redacted:", "Zq8xT2mPv7LkR4sWn1YcB6dHj3Fg5Ea9"),
]


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.kind.replace(" ", "-"))
def test_canary_does_not_pass(canary):
    """Of no secret of any kind, in any notation, are eight characters in a row left."""
    cleaned = redact(canary.text)

    pieces = {canary.secret[at : at + 8] for at in range(max(1, len(canary.secret) - 7))}
    assert [piece for piece in pieces if piece in cleaned.text] == []
    assert cleaned.count >= 1
    assert "[redacted:" in cleaned.text


def test_canaries_are_of_many_kinds():
    """What is written above is worth as much as the canaries are many."""
    assert len({canary.kind for canary in CANARIES}) >= 60
    assert len(CANARIES) >= 300


def test_all_canaries_in_one_text_do_not_pass():
    """Neighbours do not hide one another."""
    cleaned = redact("\n\n".join(canary.text for canary in CANARIES)).text

    assert [canary.kind for canary in CANARIES if len(canary.secret) > 10 and canary.secret in cleaned] == []


def test_ordinary_lines_pass_whole():
    """At most one line in a thousand of ordinary logs is touched: a false alarm costs an approval."""
    touched = [line for line in ORDINARY if redact(line) != Redacted(line, 0)]

    assert len(set(ORDINARY)) >= 400
    assert len(touched) * 1000 <= len(ORDINARY), touched


def test_ordinary_text_passes_whole():
    """The same when the lines come as one text, where one line could be read into the next."""
    text = "\n".join(ORDINARY)

    assert redact(text) == Redacted(text, 0)


@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_hostile_megabyte_is_read_in_linear_time(piece):
    """No text makes it slow: a pattern that goes back and forth would take minutes here, and a test has 2 s."""
    text = piece * (MEGABYTE // len(piece)) + "!"

    assert isinstance(redact(text).count, int)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_redacting_again_changes_nothing(text):
    """What was redacted can pass once more, on a card that is refreshed, and stays what a person approved."""
    once = redact(text)

    assert redact(once.text) == Redacted(once.text, 0)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_redacting_cut_canaries_again_changes_nothing(data):
    """The same for secrets cut anywhere and put together: logs are cut to length before they are redacted."""
    first, second = (data.draw(st.sampled_from(CANARIES)).text for _ in range(2))
    cut, taken = data.draw(st.integers(0, len(first))), data.draw(st.integers(0, len(second)))
    once = redact(first[:cut] + data.draw(st.sampled_from(PIECES)) + second[taken:])

    assert redact(once.text) == Redacted(once.text, 0)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text):
    """Whatever characters come, it answers, and touches nothing it counts not."""
    cleaned = redact(text)

    assert (cleaned.text == text) is (cleaned.count == 0)


def test_each_replacement_is_counted():
    """The number is what collectors report beside the evidence."""
    assert redact("password=hunter2 token=f81d4fae7dec").count == 2
    assert redact("").count == 0


def test_equal_secrets_stay_comparable():
    """Two marks tell whether two secrets are one, and nothing else."""
    one, same, other = (redact(f"password={secret}").text for secret in ("hunter2", "hunter2", "hunter3"))

    assert one == same != other
    assert one == "password=[redacted:assignment:f52f]"


@given(st.text("0123456789.", max_size=60))
def test_digits_and_dots_are_no_secret_by_any_shape(text):
    """What is spared all looks but that for cards would have passed each of them."""
    tally = Tally()
    expected = Redacted(hide_cards(text, tally), tally.count)

    assert choke_point._redact_as_it_is(text) == redact(text) == expected
