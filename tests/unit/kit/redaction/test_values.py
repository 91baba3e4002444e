"""Literals go; code, references, placeholders and sentences stay."""

import re

import pytest

from fermata.kit.redaction import redact

# One in a line, as it would stand in a diff, a log or a settings file.
KEPT = r"""
token = get_token()
token = get_token(request)
token=get_token(),
token = self.token
self.token = token
token: str
token: str = ""
token = a+len(self.tokens)
password: SecretStr = SecretStr("")
password: Optional[str] = None
def login(user: str, password: str) -> Token:
def __init__(self, token, secret=None):
if password == expected:
if token != other.token:
const token = await getToken();
const token = req.headers["authorization"];
let password = process.env.DB_PASSWORD;
TOKEN=process.env.TOKEN
let { token } = useAuth();
headers = {"Authorization": f"Bearer {token}"}
headers["Authorization"] = "Bearer " + token
Authorization: Bearer $TOKEN
Authorization: Bearer <token>
Authorization: Bearer xxxxxxxxxxxx
-H "Authorization: Bearer ${TOKEN}"
req.Header.Set("Authorization", "Bearer "+token)
password = os.environ["DB_PASSWORD"]
password = os.getenv("DB_PASSWORD", "")
token = secrets.token_urlsafe(32)
api_key=settings.api_key,
connect(user=user, password=password)
connect(user=user, password=db_password, port=1)
{token: accessToken, password: pwd}
token=Token{a64f992 Activity}
token: android.os.BinderProxy@2bd79ce
token: com.apple.xpc.activity/4505: 132: stale
password=$DB_PASSWORD
password=${DB_PASSWORD:-}
PASSWORD=$(cat /run/secrets/db)
password: ${{ secrets.DB_PASSWORD }}
password: {{ .Values.db.password }}
password: "{{ db_password }}"
password = "%(password)s"
password = var.db_password
password = random_password.db.result
password: !vault |
password: ENC[AES256_GCM,data:abc=,iv:x]
password: env:DB_PASSWORD
password: file:/run/secrets/db
tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
token = /run/secrets/token
secret: db-credentials
secret: default/db-credentials
arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf
"token": "refresh_token"
token="access_token"
password: ""
password: null
token: None
token=523
lease token: 0x1f
token: 2026-11-23T09:51:00Z
"password": "********"
password=****
password: <redacted f52fbd32>
password: [FILTERED]
"token": "[REDACTED]"
api_key: <your key>
api_key: your-api-key-here
password: required
token: expired
"token":"expired"
invalid token: signature is invalid
error: token: unexpected end of input
SyntaxError: Unexpected token: punc (})
Unexpected token: 'x1'
Unexpected token: '}'
pass: 12, fail: 3
session=closed
session: 8f14e45f-ceea-467f-a8d1-3b5c6e7f8a90
auth=basic
auth: enabled
credentials: "include"
signature: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
basic authentication required
Basic realm="Restricted"
bearer authentication failed
"forgotPassword": "Forgot your password?"
"password": "Password"
password_label: "Enter your password"
secret_hint = "Where were you born?"
<label for="password">Password</label>
<input type="password" name="password" placeholder="Password">
var token string
Token string `json:"token"`
let token: String,
this.token = token;
token => token.id
case "token": return x
return token ? token : null
Cookie: $cookie
cookies = request.cookies
Set-Cookie: <redacted>
token= user=ada
next_page_token=CAUQAA
""".strip("\n").split("\n")

HIDDEN = r"""
token = "f81d4fae7dec"
token = 'abc123'
token: abcdef
token=abcdefgh
password = hunter2
password: hunter2
password: my_secret_pw
password: my-secret-pw
password=1234
password = swordfish
PASSWORD=swordfish
PASSWORD=ab(cd
SECRET_TOKEN=get_it_now
secret = "mysecretvalue"
secret=swordfish
if token == "f81d4fae7dec":
"password": "secret"
"password": "correct horse battery staple"
password: "$ecret123"
password: "$2b$12$KIXbJ0Fv8mT1yq3Ue5Wc7u"
invalid token: f81d4fae7dec81d4fae
password: hunter2 is wrong
password="[redacted:jwt:abcd]hunter2"
session=f81d4fae7dec81d4fae7
auth="dXNlcjpodW50ZXIyaHVudGVyMg=="
mongo.password = tiger1
token: "abc.def1.ghi"
secret: /9j/Zq8xT2mPv7LkR4sWn1YcB6
api_key: f81d4fae-7dec-11d0-a765-00a0c91e6bf6
""".strip("\n").split("\n")


@pytest.mark.parametrize("line", KEPT)
def test_line_without_a_literal_stays(line):
    """A false alarm takes a line out of a diff, and nobody may approve what they do not see."""
    assert redact(line).text == line


@pytest.mark.parametrize("line", [f"{sign}{line}" for line in KEPT[:20] for sign in "+- "])
def test_line_of_a_diff_without_a_literal_stays(line):
    """The sign before it changes nothing."""
    assert redact(line).text == line


@pytest.mark.parametrize("line", HIDDEN)
def test_line_with_a_literal_loses_it(line):
    """Alone, in a diff, and in the middle of a file."""
    assert redact(line).count == 1
    assert redact(f"+{line}").count == 1
    assert redact(f"port: 80\n{line}\nmode: prod").count == 1


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("DB_PASSWORD=hunter2,PORT=80", "DB_PASSWORD=#,PORT=80"),
        ("Password=hunter2;Database=shop", "Password=#;Database=shop"),
        ("?token=abc123&page=2", "?token=#&page=2"),
        ("(password=hunter2)", "(password=#)"),
        ("{password=hunter2}", "{password=#}"),
        ("[password: hunter2]", "[password: #]"),
        ("password=hunter2.", "password=#."),
        ('say "password=hunter2" now', 'say "password=#" now'),
        ("password=hunter2\\nuser=ada", "password=#\\nuser=ada"),
        ("PASSWORD=a(1)b", "PASSWORD=#"),
        ("<password>hunter2</password>", "<password>#</password>"),
        ('"password": "a\\"b1", "x": 1', '"password": "#", "x": 1'),
        ('{\\"token\\": \\"a1\\\\\\"b\\"}', '{\\"token\\": \\"#\\"}'),
        ("password: 'hunter2' # old", "password: '#' # old"),
        ('password = """hunter2\nand more"""', 'password = """#"""'),
        ("password: |\n  hunter2\n  more\nuser: ada", "password: |\n  #\nuser: ada"),
        ("tokens:\n  - abc123\n  - 'def456'\nuser: ada", "tokens:\n  - #\n  - '#'\nuser: ada"),
        ('tokens: ["abc123", "def456"], x', 'tokens: ["#", "#"], x'),
        ("tokens: [abc, def]", "tokens: [abc, def]"),
        ("token: !!str abc123", "token: !!str #"),
        ("password='hunter2", "password='#"),
        ("mysql --password hunter2 shop", "mysql --password # shop"),
        ("tool --token-file x --token abc123", "tool --token-file x --token #"),
        (
            "- name: DB_PASSWORD\n  value: hunter2\n- name: PORT\n  value: 80",
            "- name: DB_PASSWORD\n  value: #\n- name: PORT\n  value: 80",
        ),
        ('name = "DB_PASSWORD"\nvalue = "hunter2"\n', 'name = "DB_PASSWORD"\nvalue = "#"\n'),
        (
            '+    name  = "adminPassword"\n+    value = "hunter2"\n+    type  = "string"',
            '+    name  = "adminPassword"\n+    value = "#"\n+    type  = "string"',
        ),
        ('name  = "adminPassword"\nvalue = var.password', 'name  = "adminPassword"\nvalue = var.password'),
        ('name  = "timeout"\nvalue = "30"', 'name  = "timeout"\nvalue = "30"'),
        ('<add key="Timeout" value="30"/>', '<add key="Timeout" value="30"/>'),
        ("login.setPassword('hunter2')", "login.setPassword('#')"),
        ("getPassword('hunter2')", "getPassword('hunter2')"),
    ],
)
def test_only_the_value_goes(text, cleaned):
    """What stands around it stays readable, whatever closes it."""
    marks = re.sub(r"\[redacted:[a-z]+:[0-9a-f]{4}\]", "#", redact(text).text)

    assert marks == cleaned


def test_endless_value_goes_whole():
    """A value longer than any word is hidden without being read, to its very end."""
    long = "ab-" * 5000

    assert len(redact(f"token={long} x").text) < 60
    assert len(redact(f'token="{long}" x').text) < 60
    assert redact(f"session={long} x").text.endswith("] x")


def test_endless_list_ends():
    """The fiftieth item is the last that is looked at; what looks like a secret by itself goes all the same."""
    text = redact("tokens: [" + ", ".join(f'"pw{number}"' for number in range(60)) + "]").text

    assert "pw10" not in text
    assert "pw59" in text
