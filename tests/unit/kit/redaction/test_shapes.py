"""Shapes: what a pattern alone cannot tell from a word."""

import pytest

from fermata.kit.redaction import redact

KEY = "-----BEGIN " + "PRIVATE KEY-----"
END = "-----END " + "PRIVATE KEY-----"
LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"


@pytest.mark.parametrize(
    "text",
    [
        "https://user@example.com/path",
        "https://example.com:8443/a@b",
        "http://[::1]:8080/a@b",
        "http://127.0.0.1:9090/graph?g0.expr=up",
        "postgres://shop:${DB_PASSWORD}@db/shop",
        "postgres://shop:$PASS@db/shop",
        "https://user:<password>@example.com",
        "https://user:****@example.com",
        "jdbc:oracle:thin:scott/${PW}@//db:1521/xe",
        "shop:$PASS@tcp(db:3306)/shop",
        "git@git.example.com:shop/checkout.git",
        "GET /failed?code=invalid-request-parameter",
        "GET /failed?code=payment-method-3ds-v2-required",
        "GET /failed?id=7&code=ERR_HTTP2_STREAM_CANCEL_24",
        "GET /failed?code=4040400000000000000000",
        "docker run -u 1000:1000 shop",
        "docker run -p 8080:8080 shop",
        "curl -u $USER:$PASS https://api.example.com",
        "mysql -p shop",
        "mysql -u root -p$PASS shop",
        "ls -a /tmp",
        "Basic usage: run it",
        "basic authentication-required",
        "Bearer accessDenied",
        "bearer authentication failed",
        "identified by 'id'",
        "requests are identified by user id",
        "CREATE USER ada IDENTIFIED BY EXTERNALLY",
        "GRANT SELECT ON orders TO ada; rows are identified by number",
        "CREATE USER ada IDENTIFIED BY $PASS",
        "https://deployservice2024@example.com/shop.git",
        "https://oauth2@example.com/shop.git",
        "token=${TOKEN:0:4}",
        "password=${PASSWORD:?no password was set}",
        "region: ${REGION:-not set yet}",
        "WITH PASSWORD '${PW}'",
        "sk-learn-pipeline-worker-deployment-7d9f8b6c5d-x2x4z",
        "task-sk-words-that-go-on-and-on-and-on",
        "re_match_something_long_enough_here",
        "SKU12345",
        "GET /api/deploy_hooks/latest 200",
        "POST /build_hooks/nightly-of-the-shop 404",
        "removed sdk-8.0.100 and access-production-logs",
        "napi_create_function failed",
        "rnd_generator_for_all_of_the_tests",
        "vck_is_the_clock_of_the_verifier",
        "sb_secret_store",
        f'if text.startswith("{KEY}"):',
        f'PEM = re.compile(r"{KEY}(.*){END}")',
        KEY,
    ],
)
def test_word_of_the_same_shape_stays(text):
    """References, ports, users, options of other programs, and code that speaks of keys."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "postgres://shop:p@ss1/w@db/shop",
        "postgres://shop:%40%2F@db/shop",
        "https://f81d4fae7dec81d4fae7@o0.example/1",
        "shop:hunter2@unix(/run/mysql.sock)/shop",
        "https://hunter2d81d4f@git.example.com/shop.git",
        "CREATE USER ada IDENTIFIED BY hunter2",
        "GRANT ALL PRIVILEGES ON shop.* TO ada IDENTIFIED BY hunter2;",
        "password: ${spring.datasource.password:hunter2}",
        'PASSWORD="${P:-hunter2 and more}"',
        'echo "${PASSWORD:-more than hunter2}"',
        "GET /cb?code=4/0AX4XfWh_abcdefghijk&scope=mail",
        "GET /cb?state=x&code=f81d4fae-7dec-11d0-a765-00a0c91e6bf6.f81d4fae",
        "GET /cb?code=2b0f4a6c81d4e7a09c3e",
        "db.internal:5432:shop:ada:hunter2",
        "x Bearer aBcDeFgHiJkLmN",
        "bad header Bearer abcdefghijklmnop",
        "x basic Zq8xT2mPv7LkR4s.Wn1YcB6dHj~3Fg5Ea9",
        'authorization: Digest username="ada", response="9f86d081884c7d65", nc=00000001',
        "Authorization: AWS4-HMAC-SHA256 Credential=x/2026, SignedHeaders=host, Signature=9f86d081884c7d65",
        "POST https://api.netlify.com/build_hooks/9f86d081884c7d659a2feaa0",
        "POST /client/v4/pages/webhooks/deploy_hooks/9f86d081-884c-4d65-9a2f-eaa0c55ad015",
        "ldapsearch -D cn=admin -w hunter2 -b dc=x",
        "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 2\n" + LINE[:64] + "\n" + LINE[:10] + "\n",
    ],
)
def test_secret_of_a_rarer_shape_goes(text):
    """What is not encoded as it should be, and what only some programs write."""
    cleaned = redact(text).text

    for secret in (
        "p@ss1",
        "%40%2F",
        "hunter2",
        "f81d4fae7dec81d4fae7",
        "aBcDeFgH",
        "abcdefgh",
        "Zq8xT2mP",
        "9f86d081",
        LINE[:20],
    ):
        assert secret not in cleaned


@pytest.mark.parametrize("prefix", ["rnd_", "sb_secret_", "vcp_", "vci_", "vca_", "vcr_", "vck_"])
def test_key_of_a_platform_is_told_by_its_prefix(prefix):
    """Render, Supabase and Vercel begin their keys so that scanners find them."""
    secret = prefix + "Xk29dlPq8s" * 3

    assert secret not in redact(f"deploy refused: {secret}").text


def test_key_goes_with_its_marks():
    """Nothing tells where it stood but the mark."""
    assert redact(f"a {KEY}\n{LINE}\n{END} b").text.count("PRIVATE") == 0
    assert redact(f"a {KEY}\n{LINE}\n{END} b").text.startswith("a [redacted:pem:")


def test_two_keys_are_two():
    """What stands between them stays."""
    text = f"{KEY}\n{LINE}\n{END}\nbetween\n{KEY}\n{LINE}\n{END}"

    assert redact(text).count == 2
    assert "between" in redact(text).text


def test_cut_key_goes_as_far_as_it_goes():
    """Without an end, what looks like a key goes, and the log behind it stays."""
    cleaned = redact(f"{KEY}\nProc-Type: 4,ENCRYPTED\n\n{LINE}\n{LINE[:30]}==\n\nnext line of the log").text

    assert LINE[:20] not in cleaned
    assert cleaned.endswith("next line of the log")


def test_key_inside_a_cut_key_is_found():
    """A second beginning ends the first."""
    cleaned = redact(f"{KEY}\n{LINE}\n{KEY}\n{LINE}\n{END}\nafter").text

    assert LINE[:20] not in cleaned
    assert cleaned.endswith("after")


@pytest.mark.parametrize(
    "text",
    [
        "the password is hunter2{}",
        "password was {}x9",
        "changed the password to Summer{}24!",
        "the secret is {}7",
        'token is "{}7"',
        "passwd Hunter{}9",
        "login with passcode Hunter{}9",
        "ERROR x ansible_ssh_pass: hunterGMzJ{}jzK",
    ],
)
def test_told_secret_is_hidden(text):
    """People write to each other without a colon or an equals sign."""
    secret = "ab" + "cdef"

    assert secret not in redact(text.format(secret)).text


@pytest.mark.parametrize(
    "text",
    [
        "The vault password is `{}`.",
        "the password was '{}', and is changed",
        "The password for the vault user is now: `{}`",
        '{{"text": "the passphrase is \\"{}\\" today"}}',
        "The API key is `{}`",
    ],
)
def test_secret_told_in_quotes_is_hidden_whatever_it_looks_like(text):
    """In quotes or backticks it is no word of the sentence, though it may be written like a name of several parts."""
    secret = "s3cr3t-vault" + "-pw"

    redacted = redact(text.format(secret))

    assert secret not in redacted.text
    assert redacted.count == 1


@pytest.mark.parametrize(
    "text",
    [
        "the password is `expired`",
        "the password is 'weak'",
        "the password is `$DB_PASSWORD`",
        "the password is `DB_PASSWORD`",
        "the password is `secret/data/shop`",
        "the password is `vault kv get shop`",
        "if the password is `None`",
        "the secret is `db-credentials-7`",
        "the primary key is `id-1234`",
    ],
)
def test_word_in_quotes_about_a_secret_stays(text):
    """States, references, places, commands and names of objects are none in quotes, either."""
    assert redact(text).count == 0


@pytest.mark.parametrize(
    "text",
    [
        "the password is expired",
        "password is sha256",
        "the secret is db-creds-2",
        "passwd 1:4.8.1-1ubuntu5",
        "password to v2.1.0-rc1 was bumped",
        "secret Checkout7Tls not found",
        "token Checkout7Tls not found",
        "the token is 12345678",
    ],
)
def test_sentence_about_a_secret_stays(text):
    """States, kinds, names and versions are none."""
    assert redact(text).count == 0


@pytest.mark.parametrize("between", ["\x1b[0m", "\u200b", "\u00ad", "\ufeff", "\x1b[1;31m"])
def test_name_in_invisible_halves_is_a_name(between):
    """Colours and characters without width part no name for the person who reads it."""
    secret = "f81d4fae" + "7dec11d0a765"

    assert secret not in redact(f"pass{between}word={secret}").text
    assert secret not in redact(f"token{between}: {secret}").text


def test_invisible_characters_stay_where_nothing_is_hidden_by_them():
    """An emoji of several characters is held together by one."""
    text = "done \U0001f469\u200d\U0001f4bb \x1b[32mok\x1b[0m"

    assert redact(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "component for the reload, dual control: comp1 = 5B77 02CE A9F1 6634 comp2 = 7C1F 90AA 3E52 D418",
        "key component: 5B77-02CE-A9F1-6634-7C1F-90AA-3E52-D418",
        "share 2 is 5b77 02ce a9f1 6634 7c1f 90aa 3e52 d418, read twice",
    ],
)
def test_component_of_a_key_goes_in_its_groups(text):
    """As people read them to each other when a security module is loaded."""
    cleaned = redact(text).text

    assert "02ce" not in cleaned.lower()
    assert "d418" not in cleaned.lower()


@pytest.mark.parametrize(
    "text",
    [
        "Key fingerprint = 4E1F 799A A4FF 2279 B1A5",
        "share: 1234 5678 9012 3456",
        "key: face cafe bead deed",
        "comp2 = 7C1F",
    ],
)
def test_groups_that_are_no_component_stay(text):
    """A fingerprint is public, digits alone are a number, letters alone are words, and one group is too few."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:${X:-{}}@db/shop",
        "postgres://app:${X:{}}@db/shop",
        "postgres://app:$(A){}$(B)@db/shop",
        "postgres://app:$(A)$(B){}@db/shop",
        "run --password=${X:-{}}",
        "password: ${X-{}}",
        'curl -H "Authorization: Bearer ${T:-{}}"',
        "CREATE USER shop IDENTIFIED BY '${X:-{}}'",
        "args: [--password, {}, --port, 8080]",
        "jdbc:x?user\\u003dshop\\u0026password\\u003d{}\\u0026ssl\\u003dtrue",
        "# public key: age1x, AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    ],
)
def test_secret_that_stands_where_a_reference_does_goes(text):
    """A variable that brings its own default is no reference; an escape of JSON is the sign it stands for."""
    secret = "Tr0ub4dor-x9" if "{}" in text else "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"

    assert secret not in redact(text.replace("{}", secret)).text


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:${env:X}@db/shop",
        "postgres://app:${X:-}@db/shop",
        "postgres://app:${X:?no password}@db/shop",
        "postgres://app:$(X)@db/shop",
        "postgres://app:$(X)$(Y)@db/shop",
        "run --password=${X:-none}",
        "replicas: ${REPLICAS:-3} --retries=${RETRIES:-5000}",
        "args: [--port, 8080, --password, $(X)]",
    ],
)
def test_reference_without_a_secret_stays(text):
    """What only names where a secret comes from gives nothing away."""
    assert redact(text).text == text
