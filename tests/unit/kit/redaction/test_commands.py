"""Commands and protocols: where the place of a word alone says that it is a password."""

import base64

import pytest

from fermata.kit.redaction import redact
from fermata.kit.redaction.names import Strength, judge_name

# Made of parts, so that no scanner takes them for real.
WORD = "Gehe" + "im123"
PLAIN = base64.b64encode(b"\0admin\0" + WORD.encode()).decode()
ANSWER = base64.b64encode(WORD.encode()).decode()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"openssl -passin pass:{WORD}", WORD),
        ("openssl pkcs12 -in a.p12 -passout pass:sesame -nodes", "sesame"),
        ("openssl enc -aes-256-cbc -pass pass:sesame -in x", "sesame"),
        ("openssl rsa -passin 'pass:two words'", "two words"),
        ("openssl enc -d -k sesame -in x", "sesame"),
        (f"htpasswd -b /etc/nginx/.htpasswd bob {WORD}", WORD),
        ("htpasswd -bnBC 10 bob sesame", "sesame"),
        ("Set SECRET_KEY_BASE to 0a1b2c3d4e5f60718293a4b5c6d7e8f9", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        ("bob rotated 'DB_PASSWORD' to 'x91-kestrel'", "x91-kestrel"),
        ("htpasswd -nb bob sesame failed", "sesame"),
        ("mysqldump -u root -p'two words' shop", "two words"),
        ("sshpass -psesame ssh root@web-1", "sesame"),
        (f"mongo -u root -p {WORD} --host db", WORD),
        (f"sqlcmd -S db -U sa -P {WORD}", WORD),
        ("sqlplus app/sesame@//db:1521/x", "sesame"),
        ("rabbitmqctl -q add_user bob sesame", "sesame"),
        ("podman login -u bob -p 'two words' r.example.com", "two words"),
        ("http -a bob:sesame https://api.example.com", "sesame"),
        ("smbclient //srv/share -U bob%sesame", "sesame"),
        (r"net use \\srv\share sesame /user:bob", "sesame"),
        (r"net use x: \\srv\share /user:corp\bob sesame", "sesame"),
        ("echo sesame | docker login -u bob --password-stdin", "sesame"),
        ("echo 'bob:sesame' | chpasswd", "sesame"),
        ("kubectl create secret generic x --from-literal=pin=sesame", "sesame"),
        ("aws configure set aws_secret_access_key sesame9x", "sesame9x"),
        ("CONFIG SET requirepass sesame", "sesame"),
        (f"replica: masterauth {WORD} was read", WORD),
        (f"redis AUTH {WORD}", WORD),
        (f'"AUTH" "default" "{WORD}"', WORD),
        ("snmpwalk -v2c -c sesame web-1", "sesame"),
        ("snmp-server community sesame RO", "sesame"),
        ("username bob password 7 0822455D0A16", "0822455D0A16"),
        (f"username bob privilege 15 secret {WORD}", WORD),
        (f"SMTP AUTH PLAIN {PLAIN}", PLAIN),
        (f"C: AUTHENTICATE PLAIN {PLAIN}", PLAIN),
        (f"334 UGFzc3dvcmQ6\n10:00:01 C: {ANSWER}\n235 ok", ANSWER),
        (f"USER bob\nPASS {WORD}", WORD),
        ("---> PASS sesame", "sesame"),
        (f"a1 LOGIN bob {WORD}", WORD),
        ('CREATE USER bob IDENTIFIED BY "sesame"', "sesame"),
        ("SET PASSWORD FOR bob = PASSWORD('sesame')", "sesame"),
    ],
)
def test_password_is_hidden_where_its_place_says_so(text, secret):
    """No name and no sign stands before it; the command or the word of the protocol does."""
    cleaned = redact(text)

    assert secret not in cleaned.text
    assert cleaned.count == 1


@pytest.mark.parametrize(
    "text",
    [
        "openssl -passin env:PW",
        "openssl -passin file:/etc/pw",
        "openssl -passin pass:$PW",
        'openssl -passin "pass:${PW}"',
        "htpasswd -c /etc/nginx/.htpasswd bob",
        "htpasswd: using /etc/nginx/.htpasswd of bob",
        "sqlplus app/@db",
        "rsync -P file1 web-1",
        "scp -P 2222 web-1",
        "tar -c Makefile2 web-1",
        "snmpwalk -v2c -c public web-1",
        "snmp-server community public RO",
        "kubectl create configmap x --from-literal=mode=sesame",
        "git config set user.name bob",
        "echo hello | grep sesame",
        "requirepass yes",
        "# requirepass foobared is commented out",
        "250-AUTH PLAIN LOGIN CRAM-MD5",
        "AUTH PLAIN authentication failed",
        "AUTH LOGIN PLAIN XOAUTH2",
        "ERR AUTH <password> called without any password configured",
        "AUTH SCRAM-SHA-256",
        "USER bob logged in",
        "530 Please login with USER and PASS.",
        "PASS command received",
        "> PASS src/app.spec.ts",
        "--- PASS: TestLogin2024",
        "PASS tests/unit/login.test.js",
        "a1 LOGIN failed",
        "password 3 times wrong",
        "secret 5 days old",
        "username bob password expired",
        "identified by 'id'",
        "plain text/html; charset",
        "text/plain YWJjZGVmZ2g=",
    ],
)
def test_word_in_another_place_stays(text):
    """References, other programs' options of the same letter, and sentences about passwords."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("env DB_PASS=kj3h4k5jh x='ab cd ef'", "kj3h4k5jh"),
        ('DB_PASS: kj3h4k5jh role="ab cd"', "kj3h4k5jh"),
        ("TOKEN=abc123def99 msg='not found'", "abc123def99"),
        ('{"user":"x","pass":"sesame"}', "sesame"),
        ('{"pass": "kj3h4k5jh"}', "kj3h4k5jh"),
        ("pass=kj3h4k5jh user=x", "kj3h4k5jh"),
        ("pass=hunter2", "hunter2"),
        ("level=info msg=connect pass=hunter2 tries=3", "hunter2"),
        ("deploy --pass=hunter2", "hunter2"),
        ("user: app\npass: sesame", "sesame"),
        ("<user>app</user><pass>sesame</pass>", "sesame"),
        ("db.pass=sesame", "sesame"),
        (f":pass => '{WORD}'", WORD),
        (f"auth: {base64.b64encode(b'bob:sesame').decode()}", "Ym9i"),
        ("DB_PW=sesame", "sesame"),
        ("bindpw: sesame", "sesame"),
        ("Kennwort=sesame", "sesame"),
        ("mot_de_passe=sesame", "sesame"),
        ("keytool -storepass sesame -list", "sesame"),
        ("REDISCLI_AUTH=sesame redis-cli", "sesame"),
        (f'psk="{WORD}"', WORD),
    ],
)
def test_value_is_hidden_whatever_stands_behind_it(text, secret):
    """Another setting on the line is no value of this one, and `pass` beside an account is its password."""
    assert secret not in redact(text).text


@pytest.mark.parametrize(
    "text",
    [
        "env DB_PASS=$PW x='ab cd ef'",
        "password: str | None = None",
        'token: Optional[str] = ""',
        "pass: 12, fail: 1",
        "pass=12 fail=0 skip=3",
        '{"user": "bob", "pass": "ok"}',
        "login=bob2 pass=no",
        "pass: first",
        "pass=2/3 failed",
        "pass=phase2 took=12ms",
        "pass=gvn2",
        "pass = gcse22",
        "pass=geometry",
        "optimizer pass: LoopUnroll2",
        "pass: gcse2",
        '"pass": "instcombine", "time": 12',
        "all tests pass: Checkout2024",
        "user: app, pass: yes",
        "pass = pass + 1",
        "compass: n42w5",
        "auth: SCRAM-SHA-256",
        "auth=ScramSha256",
        "httpw=on",
        "pwd=/srv/app",
    ],
)
def test_word_of_two_meanings_stays_where_it_is_no_password(text):
    """A test that passed, a compiler's pass, a kind of authentication."""
    assert redact(text).text == text


def test_harmless_neighbour_of_a_password_stays():
    """What was hidden in the secret's place before: the text in quotes behind it."""
    assert redact("env DB_PASS=kj3h4k5jh x='ab cd ef'").text.endswith(" x='ab cd ef'")


@pytest.mark.parametrize("name", ["pw", "DB_PW", "rootpw", "keypass", "dbKennwort", "mot_de_passe", "psk"])
def test_name_of_a_password_is_known_in_short_and_in_other_languages(name):
    """Short forms that no other word has."""
    assert judge_name(name) is Strength.STRONG


@pytest.mark.parametrize(
    "text",
    [
        "sentinel auth-pass mymaster {}",
        "user default on >{} ~* +@all",
        "+user shop resetpass >other1 >{} on",
        "ACL SETUSER shop on >{} ~*",
        "user shop on allkeys allchannels allcommands sanitize-payload >{}",
        "user shop on clearselectors (+GET ~key1 ~key2) >{}",
        "7z a -p{} dump.7z dump.sql",
        "unrar x -p{} dump.rar",
        "zip -P {} dump.zip dump.sql",
    ],
)
def test_password_of_a_user_of_redis_or_of_an_archive_goes(text):
    """Their own commands and files say by the place what it is."""
    assert "S3cretPw" not in redact(text.format("S3cretPw")).text


@pytest.mark.parametrize(
    "text",
    ["user shop uploaded >300MB today", "user default off nopass", "7z a dump.7z dump.sql", "acl setuser shop on ~*"],
)
def test_user_without_a_password_stays(text):
    """What is merely called so, or takes none."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Set LOG_LEVEL to debug4everyone",
        "Set SECRET_KEY_BASE to ${OTHER_SECRET_9}",
        "Set SECRET_KEY_BASE to something",
        "Changed MAX_TOKENS to 1000000000",
        "changed the password to 20 characters at least",
    ],
)
def test_variable_that_is_told_and_holds_no_secret_is_shown(text):
    """A level, a reference, a word or an amount is none."""
    assert redact(text).text == text
