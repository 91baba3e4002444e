"""Secrets that are none: made of parts here, so that no scanner of this repository takes one for real.

Each canary is a kind, the secret itself, and a text that carries it as a real system would write it.
"""

import base64
import json
import random
import string
from dataclasses import dataclass

_LETTERS = string.ascii_letters + string.digits
_DICE = random.Random(20261123)  # noqa: S311 - canaries must be the same in every run


@dataclass(frozen=True)
class Canary:
    """One secret in one place."""

    kind: str
    secret: str
    text: str


def _pick(length, alphabet=_LETTERS):
    """Draw a run in which every class of characters of the alphabet stands."""
    while True:
        run = "".join(_DICE.choices(alphabet, k=length))
        if all(any(c in group for c in run) or not set(group) & set(alphabet) for group in _GROUPS):
            return run


_GROUPS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
_HEX = string.digits + "abcdef"
_URL_SAFE = _LETTERS + "_-"
_BASE32 = string.ascii_uppercase + "234567"


def _hex(length):
    while True:
        run = "".join(_DICE.choices(_HEX, k=length))
        if any(c.isdigit() for c in run) and any(c.isalpha() for c in run):
            return run


def _base64(text):
    return base64.b64encode(text.encode()).decode()


def _key(label, lines=6):
    """Make a private key of some lines."""
    body = "\n".join(_pick(64, _LETTERS + "+/") for _ in range(lines))
    return f"-----BEGIN {label}PRIVATE KEY-----\n{body}\n{_pick(22)}==\n-----END {label}PRIVATE KEY-----"


def _jwt():
    header = _base64(json.dumps({"alg": "HS256", "typ": "JWT"})).rstrip("=")
    claims = _base64(json.dumps({"sub": "1234567890", "name": "Ada", "iat": 1516239022})).rstrip("=")
    return f"{header}.{claims}.{_pick(43, _URL_SAFE)}"


def _uuid():
    return f"{_hex(8)}-{_hex(4)}-4{_hex(3)}-8{_hex(3)}-{_hex(12)}"


_TOKENS = {
    "aws access key id": "AK" + "IA" + _pick(16, _BASE32),
    "aws temporary key id": "AS" + "IA" + _pick(16, _BASE32),
    "google api key": "AI" + "za" + _pick(35, _URL_SAFE),
    "google oauth token": "ya" + "29." + _pick(60, _URL_SAFE),
    "google client secret": "GOC" + "SPX-" + _pick(28, _URL_SAFE),
    "azure client secret": _pick(3) + "8" + "Q~" + _pick(34),
    "github token": "gh" + "p_" + _pick(36),
    "github app token": "gh" + "s_" + _pick(36),
    "github fine-grained token": "github" + "_pat_" + _pick(22) + "_" + _pick(59),
    "gitlab token": "gl" + "pat-" + _pick(20, _URL_SAFE),
    "gitlab runner token": "gl" + "rt-" + _pick(20, _URL_SAFE),
    "slack bot token": "xo" + "xb-" + _pick(12, string.digits) + "-" + _pick(12, string.digits) + "-" + _pick(24),
    "slack app token": "xa" + "pp-1-A" + _pick(10, string.digits) + "-" + _hex(64),
    "stripe key": "sk" + "_live_" + _pick(24),
    "stripe restricted key": "rk" + "_test_" + _pick(24),
    "stripe webhook secret": "wh" + "sec_" + _pick(32),
    "openai key": "sk" + "-" + _pick(48),
    "openai project key": "sk" + "-proj-" + _pick(48, _URL_SAFE),
    "anthropic key": "sk" + "-ant-api03-" + _pick(93, _URL_SAFE) + "AA",
    "deepseek-like key": "sk" + "-" + _hex(32),
    "hugging face token": "hf" + "_" + _pick(34),
    "groq key": "gs" + "k_" + _pick(52),
    "jwt": _jwt(),
    "npm token": "np" + "m_" + _pick(36),
    "pypi token": "py" + "pi-" + _pick(80, _URL_SAFE),
    "docker token": "dckr" + "_pat_" + _pick(27, _URL_SAFE),
    "rubygems key": "ruby" + "gems_" + _hex(48),
    "twilio key": "S" + "K" + _hex(32),
    "sendgrid key": "S" + "G." + _pick(22, _URL_SAFE) + "." + _pick(43, _URL_SAFE),
    "mailgun key": "ke" + "y-" + _hex(32),
    "mailchimp key": _hex(32) + "-us" + "12",
    "digitalocean token": "dop" + "_v1_" + _hex(64),
    "databricks token": "da" + "pi" + _hex(32),
    "vault token": "hv" + "s." + _pick(24),
    "terraform token": _pick(14) + ".atlas" + "v1." + _pick(67),
    "grafana token": "gl" + "sa_" + _pick(32) + "_" + _hex(8),
    "new relic key": "NR" + "AK-" + _pick(27, string.ascii_uppercase + string.digits),
    "linear key": "lin" + "_api_" + _pick(40),
    "atlassian token": "AT" + "ATT3" + _pick(60, _URL_SAFE),
    "shopify token": "shp" + "at_" + _hex(32),
    "telegram token": _pick(10, string.digits) + ":A" + "A" + _pick(33, _URL_SAFE),
    "discord token": "M" + _pick(25) + "." + _pick(6) + "." + _pick(38, _URL_SAFE),
    "age key": "AGE-SECRET" + "-KEY-1" + _pick(58, string.ascii_uppercase + string.digits),
    "planetscale password": "psc" + "ale_pw_" + _pick(43, _URL_SAFE),
    "supabase token": "sb" + "p_" + _hex(40),
    "newer supabase token": "sb" + "p_v0_" + _hex(40),
    "supabase token of an app": "sb" + "p_oauth_" + _hex(40),
    "neon key": "na" + "pi_" + _pick(64, string.ascii_lowercase + string.digits),
    "launchdarkly key": "sd" + "k-" + _uuid(),
    "launchdarkly access token": "ap" + "i-" + _uuid(),
    "plaid token": "access" + "-production-" + _uuid(),
    "inngest key": "sign" + "key-prod-" + _hex(64),
    "random base64": _base64(_pick(33)),
    "aws secret key alone": _pick(40, _LETTERS + "+/"),
}
_PLACES = (
    "{}",
    "2026-11-23T12:00:00Z ERROR upstream refused {} (attempt 2)",
    '{{"level":"error","message":"call with {} failed"}}',
    "GET /v1/items?x={}&page=2 HTTP/1.1",
    "line one\\n{}\\nline three",
)


def _list_tokens():
    for number, (kind, token) in enumerate(_TOKENS.items()):
        for place in (_PLACES[0], _PLACES[1 + number % (len(_PLACES) - 1)]):
            yield Canary(kind, token, place.format(token))


def _list_keys():
    for label in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "):
        key = _key(label)
        body = key.split("\n")[2]
        yield Canary(f"pem {label}", body, f"loaded\n{key}\nready")
        yield Canary(f"pem {label}in json", body, json.dumps({"type": "service_account", "private_key": key}))
        yield Canary(
            f"pem {label}in yaml", body, "tls:\n  key: |\n" + "\n".join(f"    {line}" for line in key.split("\n"))
        )
        yield Canary(f"pem {label}in a diff", body, "\n".join(f"+{line}" for line in key.split("\n")))
        yield Canary(f"pem {label}cut off", body, "\n".join(key.split("\n")[:4]))
        yield Canary(f"pem {label}in a log", body, "\n".join(f"12:00:01 app[3]: {line}" for line in key.split("\n")))
    block = _key("").replace("PRIVATE KEY", "PGP PRIVATE KEY BLOCK")
    yield Canary("pgp", block.split("\n")[3], block)
    for label in ("RSA ", "EC ", ""):
        key = _base64(_key(label))
        yield Canary(
            f"kubeconfig client key {label}", key, f"    client-key-data: {key}\n    client-certificate: a.pem"
        )
        yield Canary(f"tls secret {label}", key, f'{{"data":{{"tls.key":"{key}"}}}}')


def _word():
    """Make a password as people choose them: letters, a digit, a sign."""
    return _DICE.choice(("horse", "Winter", "blue", "Tr0ub4dor", "correct")) + _pick(6) + _DICE.choice("!#%*^~+")


_URLS = (
    "postgres://shop:{}@db.internal:5432/shop?sslmode=require",
    "postgresql+psycopg://shop:{}@10.0.0.5/shop",
    "mysql://root:{}@mysql/shop",
    "mongodb+srv://app:{}@cluster0.example.net/test",
    "mongodb://app:{}@a.example:27017,b.example:27017/?replicaSet=rs0",
    "redis://:{}@cache:6379/0",
    "rediss://default:{}@cache:6380",
    "amqp://guest:{}@rabbit:5672/%2f",
    "amqps://app:{}@rabbit/vhost",
    "https://deploy:{}@git.example.com/shop.git",
    "http://user:{}@proxy.example:3128",
    "ftp://u:{}@files.example/x",
    "smtp://mailer:{}@mail.example:587",
    "ldap://cn=admin:{}@ldap.example",
    "sqlserver://sa:{}@db:1433?database=shop",
    "app:{}@tcp(mysql:3306)/shop?parseTime=true",
    "jdbc:postgresql://db/shop?user=shop&password={}",
    "jdbc:oracle:thin:scott/{}@//db:1521/xe",
)
_SETTINGS = (
    "DB_PASSWORD={}",
    "export API_TOKEN={}",
    'SECRET_KEY="{}"',
    "SECRET_KEY='{}'",
    "password: {}",
    'password: "{}"',
    "  - token: '{}'",
    "spring.datasource.password={}",
    "auth_token = {}",
    "requirepass: {}",
    '{{"password": "{}"}}',
    '{{"user":"ada","apiKey":"{}","x":1}}',
    '{{\\"password\\":\\"{}\\"}}',
    '"{{\\\\\\"client_secret\\\\\\":\\\\\\"{}\\\\\\"}}"',
    "{{'password': '{}', 'user': 'ada'}}",
    "password => '{}'",
    ':password=>"{}"',
    "Password={};",
    "Server=db;Database=shop;User Id=sa;Password={};Encrypt=true",
    "host=db user=shop password={} dbname=shop",
    "AccountName=shop;AccountKey={};EndpointSuffix=core.windows.net",
    "SharedAccessKeyName=root;SharedAccessKey={}",
    'environment=PORT="80",DB_PASSWORD="{}",MODE="prod"',
    "docker run -e POSTGRES_PASSWORD={} postgres:15",
    "ENV NPM_TOKEN={}",
    "- name: DB_PASSWORD\n  value: {}",
    '- name: DB_PASSWORD\n  value: "{}"',
    '{{"name": "API_KEY", "value": "{}"}}',
    '"name": "API_KEY",\n      "value": "{}"',
    '<add key="SmtpPassword" value="{}" />',
    "<password>{}</password>",
    '<db:password type="plain">{}</db:password>',
    "mysql --user=root --password={} shop",
    "psql --password {} -h db",
    "vault login --token {}",
    "curl -u alice:{} https://api.example.com/v1",
    "curl -H 'X-Api-Key: {}' https://api.example.com",
    "mysql -u root -p{} shop",
    "sshpass -p {} ssh root@host",
    "redis-cli -h cache -a {} ping",
    "docker login -u ada -p {} registry.example.com",
    "machine git.example.com login ada password {}",
    "CREATE USER shop WITH PASSWORD '{}';",
    "ALTER USER 'root'@'%' IDENTIFIED BY '{}';",
    "GET /callback?access_token={}&state=1",
    "POST /login?user=ada&password={}",
    "https://acct.blob.core.windows.net/c/b?sv=2024&sig={}%3D&se=2026",
    "Authorization: Bearer {}",
    "authorization: Token {}",
    '{{"Authorization":"Bearer {}"}}',
    '-H "Authorization: ApiKey {}"',
    "X-Auth-Token: {}",
    "PRIVATE-TOKEN: {}",
    "Cookie: theme=dark; session={}; lang=en",
    "Set-Cookie: sid={}; Path=/; HttpOnly; Secure",
    '"headers": [["Host", "shop"], ["Cookie", "sid={}; theme=dark"], ["Accept", "*/*"]]',
    "'headers': [(b'host', b'shop'), (b'set-cookie', b'sid={}; Path=/')]",
    '[["X-Api-Key", "{}"], ["Accept", "text/html"]]',
    "(b'x-auth-token', b'{}')",
    "//npm.example.com/:_authToken={}",
    'password = "{}"  # rotate',
    'const apiSecret = "{}";',
    'var password string = "{}"',
    'DB_PASSWORD: str = "{}"',
    'config.setPassword("{}")',
    'os.environ["API_TOKEN"] = "{}"',
    "connect(host='db', password='{}')",
    "User(name=ada, password={}, active=true)",
    '+  admin_password = "{}"',
    "-    token: {}",
    "passwords:\n  - {}\n",
    'tokens: ["{}", "other"]',
    "password: |\n  {}\nuser: ada",
    "private_key: >-\n  {}\n",
    "%22password%22%3A%22{}%22",
    "&quot;password&quot;:&quot;{}&quot;",
    'level=warn msg="bad login" password={} user=ada',
    "invalid token: {} (expired)",
    "https://hooks.slack.com/services/T0001/B0001/{}",
    "https://{}@o0.ingest.example.io/1",
    "stripe.api_key = '{}'",
    "ETH_PRIVATE_KEY=0x{}",
    "kubectl create secret generic x --from-literal=password={}",
    "helm install x --set auth.password={}",
    "SESSION_SECRET={}",
    "encryption_key: {}",
    "TWILIO_AUTH_TOKEN={}",
    "aws_secret_access_key = {}",
    "aws_session_token={}",
    "JWT_SECRET: {}",
    '"refresh_token":"{}"',
    "X-Amz-Signature={}",
)  # fmt: skip
_MADE_OF_HEX = ("sig={}", "0x{}", "X-Amz", "TWILIO", "ingest", "hooks.slack", "Cookie", "sid=")


_BESIDE = (
    'password = "old" -> "{}"',
    '      ~ "DB_PASSWORD" = "a1b2" -> "{}" # forces replacement',
    '  + password = null -> "{}"',
    "password: old \u2192 {}",
    'password: "old" => "{}"',
    '["--password","{}"]',
    'exec.Command("psql", "--password", "{}", "shop")',
    "['app', '--db-password', '{}']",
    '[\\"--password\\", \\"{}\\"]',
    "- --password\n- {}",
    '- "--password"\n- "{}"',
    "ENV DB_PASSWORD {}",
    "Step 3/9 : ENV DB_PASSWORD {}",
    "setenv DB_PASSWORD {}",
    "set -gx DB_PASSWORD {}",
    "SetEnv DB_PASSWORD {}",
    "setx DB_PASSWORD {}",
    "fastcgi_param DB_PASSWORD {};",
    'proxy_set_header X-Api-Key "{}";',
    '"password":\n  "{}"',
    "| password | {} |",
    "| shop | password | {} |",
    "as told: | password | {} | valid until Monday",
    "| DB_PASSWORD | `{}` |",
    "password    {}",
    'os.environ.get("DB_PASSWORD", "{}")',
    "ENV.fetch('DB_PASSWORD', '{}')",
    "define('DB_PASSWORD', '{}');",
    "env('API_TOKEN', '{}')",
    'variable "db_password" {{\n  type    = string\n  default = "{}"\n}}',
    '{{"value": "{}", "name": "DB_PASSWORD"}}',
    "- value: {}\n  name: DB_PASSWORD",
    '"password": {{"value": "{}"}}',
    '"db_password": {{\n  "sensitive": true,\n  "value": "{}"\n}}',
    'password: Some("{}")',
    'password: String::from("{}")',
    'Password: aws.String("{}"),',
    '1700000000.1 [0 10.0.0.1:5000] "AUTH" "default" "{}"',
    "bindpw {}",
    "rootpw   {}",
    '"url":"postgres:\\/\\/shop:{}@db\\/shop"',
    "url=postgres%3A%2F%2Fshop%3A{}%40db%2Fshop",
    "DETAIL:  Key (api_token)=({}) already exists.",
    "DETAIL:  Key (email, api_token)=(a@b.example, {}) already exists.",
    "Duplicate entry '{}' for key 'users.api_token_unique'",
    "consul kv put app/db/password {}",
    "etcdctl put /app/password {}",
    "aws ssm put-parameter --name /app/db_password --type SecureString --value {}",
    "az keyvault secret set --vault-name shop --name db --value {}",
    "Proxy-Authorization: Basic {}",
    "{{'Authorization': 'Bearer {}'}}",
    "mot de passe : {}",
    "contrase\u00f1a: {}",
    "docker login -u ci --password-stdin <<< {}",
    'docker login -u ci --password-stdin <<<"{}"',
    "docker login -u ci --password-stdin <<EOF\n{}\nEOF",
    "sudo -S systemctl restart shop <<< '{}'",
    "gh auth login --with-token <<< {}",
    "echo {} | gh auth login --with-token",
    "password: &pw {}",
    'val password: Option[String] = Some("{}")',
    'const password = process.env.DB_PASSWORD || "{}";',
    'ENV["DB_PASSWORD"] ||= "{}"',
    'Content-Disposition: form-data; name="password"\r\n\r\n{}\r\n--x',
    "<key>password</key><string>{}</string>",
    "- ParameterKey: DbPassword\n  ParameterValue: {}",
    '{{"Name": "/app/db_password", "Type": "SecureString", "Value": "{}"}}',
)  # fmt: skip
"""The name stands beside the value: in a cell, an argument, an item, or behind it."""
_PLAIN = ("amber", "basil", "cedar", "delta", "ember", "flint", "grove", "heron", "ivory", "juniper")


def _list_beside():
    """Give each place a secret of words, of hexadecimal digits, and of a word with signs: what no net takes by look."""
    for place in _BESIDE:
        words = "-".join((*_DICE.sample(_PLAIN, 3), _pick(5, string.ascii_lowercase)))
        signed = f"Kl{_pick(4, string.ascii_lowercase)}{_DICE.randint(10, 99)}-x{_DICE.randint(0, 9)}!"
        for secret in (words, _hex(32), signed):
            yield Canary("beside its name", secret, place.format(secret))


def _list_named():
    for url in _URLS:
        secret = _pick(14)
        yield Canary("url " + url.partition(":")[0], secret, f"connecting to {url.format(secret)} now")
    for place in _SETTINGS:
        is_hex = any(part in place for part in _MADE_OF_HEX)
        for secret in (_hex(40) if is_hex else _pick(18), _pick(24)):
            yield Canary("named", secret, place.format(secret))
    for place in ("DB_PASSWORD={}", 'password: "{}"', '{{"password":"{}"}}', "postgres://u:{}@h/d", "password: {}"):
        secret = _word()
        yield Canary("chosen word", secret, place.format(secret))
    for secret in ("swordfish", "hunter2", "letmein", "123456", "correct horse battery staple"):
        yield Canary("weak word", secret, f'password: "{secret}"')
        yield Canary("weak word", secret, json.dumps({"db": {"password": secret}}))
    for secret in ("swordfish", "hunter2", "s3cr3t,with;signs&more", "pa$$w0rd", "ab(cd{ef"):
        yield Canary("env file", secret, f"PORT=80\nDB_PASSWORD={secret}\nMODE=prod")
    basic = _base64("alice:" + _pick(12))
    for place in ("Authorization: Basic {}", '"authorization": "basic {}"', "proxy-authorization=Basic {}"):
        yield Canary("basic", basic, place.format(basic))
    auth = _base64("ada:" + _pick(16))
    yield Canary("docker config", auth, json.dumps({"auths": {"registry.example.com": {"auth": auth}}}))
    yield Canary("npm legacy", auth, f"//npm.example.com/:_auth={auth}")


CANARIES = [*_list_tokens(), *_list_keys(), *_list_named(), *_list_beside()]
