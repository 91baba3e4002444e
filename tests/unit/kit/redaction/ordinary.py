"""Ordinary log lines of many systems: nothing in them is a secret, and much of it looks like one.

Templates, so that ids, digests and addresses differ from line to line; every draw is the same in every run.
"""

import base64
import random
import re
import string

_TEMPLATES = r"""
{ip} - - [23/Nov/2026:09:51:{d2} +0000] "GET /api/v1/items/{uuid}?page=2&sort=name HTTP/1.1" 200 {n} "-" "Mozilla/5.0 (X11; Linux x86_64)" rt=0.0{n}
{ip} - ada [23/Nov/2026:09:51:{d2} +0000] "POST /login HTTP/2.0" 302 0 "https://shop.example/login" "curl/8.5.0"
2026/11/23 09:51:{d2} [error] 31#31: *{n} connect() failed (111: Connection refused) while connecting to upstream, client: {ip}, server: shop.example, request: "GET /checkout HTTP/1.1", upstream: "http://{ip}:8080/checkout", host: "shop.example"
2026/11/23 09:51:{d2} [warn] 31#31: *{n} a client request body is buffered to a temporary file /var/lib/nginx/body/00000000{d2}
I1123 09:51:{d2}.{n}       1 event.go:307] "Event occurred" object="shop/checkout-{pod}" kind="Pod" apiVersion="v1" type="Normal" reason="Scheduled" message="Successfully assigned shop/checkout-{pod} to node-{d2}"
E1123 09:51:{d2}.{n}    2219 pod_workers.go:1298] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"checkout\" with CrashLoopBackOff" pod="shop/checkout-{pod}" podUID="{uuid}"
W1123 09:51:{d2}.{n}       1 authentication.go:73] Unable to authenticate the request: [invalid bearer token, service account token has expired]
Warning  FailedMount  3m (x{d2} over 20m)  kubelet  MountVolume.SetUp failed for volume "db-credentials" : secret "db-credentials" not found
Normal   Pulled  2m  kubelet  Successfully pulled image "registry.example.com/shop/checkout@sha256:{sha}" in 1.{n}s
kubectl: secret/checkout-tls created
secret is db-credentials-{d2}, token is expired, password is wrong for user{d2}
Setting up passwd (1:4.8.1-1ubuntu5.22.{d2}) and password 4.{d2}.1-rc2 of the package
password is sha256 hashed; password to service{d2}-db was changed by ada; the secret is {uuid}
token is at /var/run/secrets/token{d2}; passphrase is 2026-11-23T09:51:{d2}Z old
pod/checkout-{pod} condition met
deployment.apps/checkout configured
namespace=shop pod=checkout-{pod} container=checkout restartCount={d2} lastState=terminated exitCode=137 reason=OOMKilled
  serviceAccountName: checkout
  secretName: checkout-tls
    secretKeyRef: {name: db-credentials, key: password}
        name: db-credentials
        key: password
  imagePullSecrets: [{name: registry-credentials}]
  image: registry.example.com/shop/checkout:1.{d2}.0@sha256:{sha}
  uid: {uuid}
  resourceVersion: "{n}{n}"
  automountServiceAccountToken: false
  tokenExpirationSeconds: 3607
apiVersion: authorization.k8s.io/v1
--authorization-mode=Node,RBAC --token-auth-file=/etc/kubernetes/tokens.csv --service-account-key-file=/etc/kubernetes/pki/sa.pub
time="2026-11-23T09:51:{d2}Z" level=info msg="Starting controller" commit={git} version=v3.{d2}.1
time="2026-11-23T09:51:{d2}Z" level=info msg="finished unary call with code OK" grpc.code=OK grpc.method=Get grpc.service=application.ApplicationService grpc.time_ms={n} span.kind=server
{"time":"2026-11-23T09:51:{d2}.{n}Z","level":"INFO","msg":"request","method":"GET","path":"/v1/orders/{uuid}","status":200,"duration_ms":{n},"trace_id":"{hex32}","span_id":"{hex16}"}
{"level":"warn","ts":1795427{n}.{n},"caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"{n}ms","expected-duration":"100ms","prefix":"read-only range ","request":"key:\"/registry/secrets/shop/checkout\" ","response":"range_response_count:1 size:{n}"}
{"timestamp":"2026-11-23T09:51:{d2}Z","logger":"org.springframework.security.web.FilterChainProxy","message":"Securing GET /actuator/health","requestId":"{uuid}"}
{"event":"token.refreshed","user_id":"{uuid}","expires_in":3600,"token_type":"Bearer","scope":"read write"}
{"event":"password.changed","user_id":"{uuid}","by":"self","password_changed_at":"2026-11-23T09:51:{d2}Z"}
{"usage":{"prompt_tokens":{n},"completion_tokens":{d2},"total_tokens":{n}},"model":"small-1","id":"chatcmpl-{b62_20}"}
{"kind":"session","state":"closed","session_count":{d2},"auth":"oidc","authenticated":true}
{"etag":"\"{b64_43}\"","size":{n},"contentType":"application/json"}
{"digest":"sha256:{sha}","integrity":"sha512-{b64_86}==","resolved":"https://packages.example/x.tgz"}
2026-11-23 09:51:{d2},{n} INFO  [http-nio-8080-exec-{d2}] c.s.checkout.CheckoutController - order {uuid} accepted in {n} ms
2026-11-23 09:51:{d2}.{n}  WARN 1 --- [nio-8080-exec-{d2}] o.s.s.authentication.ProviderManager : Authentication failed: Bad credentials
2026-11-23 09:51:{d2}.{n} ERROR 1 --- [  restartedMain] o.s.b.d.LoggingFailureAnalysisReporter : Failed to configure a DataSource: 'url' attribute is not specified
	at org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter.invokeHandlerMethod(RequestMappingHandlerAdapter.java:{n})
	at com.shop.checkout.security.JwtAuthenticationTokenFilter.doFilterInternal(JwtAuthenticationTokenFilter.java:{d2})
	at com.sun.proxy.$Proxy{d2}.findByToken(Unknown Source)
	at java.base/java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:635)
	... {d2} common frames omitted
Caused by: java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms.
Caused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "shop"
com.shop.Token@{hex8} com.shop.auth.SessionHolder$$EnhancerBySpringCGLIB$${hex8}
Traceback (most recent call last):
  File "/srv/shop/services/checkout.py", line {d2}, in charge
    token = get_token(settings.api_key)
    response = client.post(url, headers={"Authorization": f"Bearer {token}"})
    password = os.environ["DB_PASSWORD"]
    raise AuthenticationError("invalid token: signature is invalid")
ValueError: invalid literal for int() with base 10: '{hex8}'
KeyError: 'access_token'
sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed: FATAL:  password authentication failed for user "shop"
urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: /v1/token (Caused by NewConnectionError)
[2026-11-23 09:51:{d2} +0000] [{n}] [INFO] Booting worker with pid: {n}
[2026-11-23 09:51:{d2},{n}: INFO/ForkPoolWorker-{d2}] Task shop.tasks.send_receipt[{uuid}] succeeded in 0.{n}s: None
INFO:     {ip}:{n} - "GET /healthz HTTP/1.1" 200 OK
goroutine {n} [running]:
main.(*server).authenticate(0xc000{hex6}, {0x{hex6}, 0x{d2}})
	/go/pkg/mod/golang.org/x/oauth2@v0.{d2}.0/token.go:{n} +0x{hex3}
panic: runtime error: invalid memory address or nil pointer dereference [signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x{hex6}]
golang.org/x/crypto v0.{d2}.0 h1:{b64_43}=
github.com/shop/auth v0.0.0-20261123095100-{hex12}/go.mod h1:{b64_43}=
thread 'tokio-runtime-worker' panicked at src/token.rs:{d2}:17: called `Result::unwrap()` on an `Err` value: InvalidToken
SyntaxError: Unexpected token } in JSON at position {n}
SyntaxError: Unexpected token: punc (})
    at TokenService.verify (/app/node_modules/jsonwebtoken/verify.js:{n}:17)
TypeError: Cannot read properties of undefined (reading 'accessToken')
npm ERR! code ERESOLVE
npm warn deprecated inflight@1.0.{d2}: This module is not supported, and leaks memory.
      "integrity": "sha512-{b64_86}==",
Nov 23 09:51:{d2} web-1 sshd[{n}]: Failed password for invalid user admin from {ip} port {n} ssh2
Nov 23 09:51:{d2} web-1 sshd[{n}]: Accepted publickey for ada from {ip} port {n} ssh2: ED25519 SHA256:{b64_43}
Nov 23 09:51:{d2} web-1 sshd[{n}]: pam_unix(sshd:session): session opened for user ada(uid=1000) by (uid=0)
Nov 23 09:51:{d2} web-1 sudo: ada : TTY=pts/0 ; PWD=/home/ada ; USER=root ; COMMAND=/usr/bin/systemctl restart checkout
Nov 23 09:51:{d2} web-1 systemd[1]: checkout.service: Main process exited, code=killed, status=9/KILL
Nov 23 09:51:{d2} web-1 systemd[1]: run-user-1000.mount: Deactivated successfully.
Nov 23 09:51:{d2} web-1 kernel: [{n}.{n}] Out of memory: Killed process {n} (java) total-vm:{n}kB, anon-rss:{n}kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:{n}kB oom_score_adj:0
Nov 23 09:51:{d2} web-1 kernel: audit: type=1400 audit(1795427{n}.{n}:{n}): apparmor="DENIED" operation="open" profile="snap.x" name="/etc/shadow" pid={n} comm="x"
Nov 23 09:51:{d2} web-1 CRON[{n}]: (root) CMD (test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; })
Nov 23 09:51:{d2} web-1 dhclient[{n}]: DHCPACK of {ip} from {ip} (xid=0x{hex8})
Nov 23 09:51:{d2} mail postfix/smtpd[{n}]: warning: unknown[{ip}]: SASL LOGIN authentication failed: authentication failure
Nov 23 09:51:{d2} mail postfix/qmgr[{n}]: {HEX10}: from=<shop@shop.example>, size={n}, nrcpt=1 (queue active)
Nov 23 09:51:{d2} mail dovecot: imap-login: Disconnected: Auth failed, 1 attempts in 2 secs: user=<ada>, method=PLAIN, rip={ip}, session=<{b62_16}>
2026-11-23 09:51:{d2},{n} INFO spawned: 'checkout' with pid {n}
2026-11-23 09:51:{d2},{n} WARN exited: checkout (exit status 1; not expected)
2026-11-23 09:51:{d2},{n} INFO gave up: checkout entered FATAL state, too many start retries too quickly
environment=PAYMENT_TIMEOUT_MS="250",PORT="80{d2}",MODE="prod"
+environment=PAYMENT_TIMEOUT_MS="2500",AUTH_TIMEOUT_MS="300",TOKEN_CACHE_SIZE="1000"
-environment=PAYMENT_TIMEOUT_MS="250",AUTH_TIMEOUT_MS="300",TOKEN_CACHE_SIZE="1000"
diff --git a/deploy/checkout.env b/deploy/checkout.env
index {git7}..{git7} 100644
--- a/services/token_cache.py
+++ b/services/token_cache.py
@@ -{d2},7 +{d2},7 @@ def refresh_token(self, token: str) -> Token:
-    token = cache.get("token")
+    token = self._cache.get(key) or self._fetch_token(key)
+    if token is None or token.is_expired(now):
-PASSWORD_RESET_URL=https://shop.example/reset
+    password: SecretStr = SecretStr("")
+    secret: str | None = None
commit {git}
Author: Ada Brandt <ada@shop.example>
Merge: {git7} {git7}
    Change-Id: I{git}
HEAD is now at {git7} Rotate the signing key every day
remote: Resolving deltas: 100% ({d2}/{d2}), completed with {d2} local objects.
To git@git.example.com:shop/checkout.git
 * [new branch]      fix-token-expiry-{d2} -> fix-token-expiry-{d2}
Fetching https://git.example.com/shop/checkout.git at {git}
docker: {hex12}   registry.example.com/shop/checkout:latest   "python -m checkout"   Up {d2} hours   127.0.0.1:8080->8080/tcp
{sha}
Status: Downloaded newer image for registry.example.com/shop/checkout@sha256:{sha}
Digest: sha256:{sha}
 => CACHED [builder 3/7] RUN --mount=type=secret,id=npmrc npm ci
 => exporting layers sha256:{sha} 0.{d2}s done
time="2026-11-23T09:51:{d2}Z" level=error msg="Handler for POST /v1.43/auth returned error: unauthorized: authentication required"
overlay on /var/lib/docker/overlay2/{sha}/merged type overlay (rw,relatime,lowerdir=/var/lib/docker/overlay2/l/{B32_26}:/var/lib/docker/overlay2/l/{B32_26})
2026-11-23 09:51:{d2}.{n} UTC [{n}] LOG:  checkpoint complete: wrote {n} buffers (0.{d2}%); 0 WAL file(s) added, lsn={HEX1}/{HEX8}
2026-11-23 09:51:{d2}.{n} UTC [{n}] FATAL:  password authentication failed for user "shop"
2026-11-23 09:51:{d2}.{n} UTC [{n}] DETAIL:  Connection matched file "/etc/postgresql/15/main/pg_hba.conf" line 97: "host all all 0.0.0.0/0 scram-sha-256"
2026-11-23 09:51:{d2}.{n} UTC [{n}] ERROR:  duplicate key value violates unique constraint "orders_pkey" DETAIL: Key (id)=({uuid}) already exists.
2026-11-23 09:51:{d2}.{n} UTC [{n}] LOG:  duration: {n}.{n} ms  statement: SELECT id, token_count FROM sessions WHERE user_id = $1 AND token_hash = $2
2026-11-23T09:51:{d2}.{n}Z {n} [Note] [MY-010914] [Server] Aborted connection {n} to db: 'shop' user: 'shop' host: '{ip}' (Got timeout reading communication packets).
{"t":{"$date":"2026-11-23T09:51:{d2}.{n}Z"},"s":"I","c":"ACCESS","id":5286306,"ctx":"conn{n}","msg":"Successfully authenticated","attr":{"client":"{ip}:{n}","mechanism":"SCRAM-SHA-256","user":"shop","db":"admin"}}
{n}:M 23 Nov 2026 09:51:{d2}.{n} * Background saving started by pid {n}
{n}:S 23 Nov 2026 09:51:{d2}.{n} # Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.
redis://cache.internal:6379/0 connected, db={d2}
postgres://shop@db.internal:5432/shop connected in {n} ms
amqp://rabbit.internal:5672/%2f: connection.blocked reason="low on memory"
mongodb://mongo-0.mongo:27017,mongo-1.mongo:27017/shop?replicaSet=rs0
[2026-11-23 09:51:{d2},{n}] INFO [Partition orders-{d2} broker=1] Log loaded for partition orders-{d2} with initial high watermark {n} (kafka.cluster.Partition)
[2026-11-23 09:51:{d2},{n}] INFO Cluster ID = {b62_22} (kafka.server.KafkaServer)
[2026-11-23 09:51:{d2},{n}] WARN [Consumer clientId=checkout-{d2}, groupId=checkout] Offset commit failed on partition orders-{d2} at offset {n}: The coordinator is not aware of this member.
partition_key=orders.created routing_key=orders.created.eu message_key={uuid}
2026-11-23 09:51:{d2} - INFO  [ProcessThread(sid:1 cport:2181)::PrepRequestProcessor@476] - Processed session termination for sessionid: 0x{hex15}
ts=2026-11-23T09:51:{d2}.{n}Z caller=main.go:1372 level=info msg="Completed loading of configuration file" filename=/etc/prometheus/prometheus.yml totalDuration={n}.{n}ms
ts=2026-11-23T09:51:{d2}.{n}Z caller=notifier.go:530 level=error component=notifier alertmanager=http://127.0.0.1:9093/api/v2/alerts count=1 msg="Error sending alerts" err="Post \"http://127.0.0.1:9093/api/v2/alerts\": dial tcp 127.0.0.1:9093: connect: connection refused"
ts=2026-11-23T09:51:{d2}.{n}Z caller=dispatch.go:164 level=debug component=dispatcher msg="Received alert" alert=CheckoutDown[{hex7}][active]
http_requests_total{method="post",handler="/v1/token",code="200"} {n} 1795427{n}000
process_resident_memory_bytes {n}{n}
auth_requests_total{result="denied",reason="invalid_token"} {d2}
rate(auth_token_refresh_total{job="auth",token_type="access"}[5m]) > 0.{d2}
logger=context userId=1 orgId=1 uname=admin t=2026-11-23T09:51:{d2}.{n}Z level=info msg="Request Completed" method=GET path=/api/datasources/uid/{b62_9}/health status=200 remote_addr={ip} time_ms={n} referer=
level=info ts=2026-11-23T09:51:{d2}Z caller=metrics.go:160 component=querier org_id=fake traceID={hex16} latency=fast query="{app=\"checkout\"} |= \"token\"" query_hash={n}{n}
[Sun Nov 23 09:51:{d2}.{n} 2026] [auth_basic:error] [pid {n}] [client {ip}:{n}] AH01617: user ada: authentication failure for "/admin": Password Mismatch
WWW-Authenticate: Basic realm="Restricted", charset="UTF-8"
WWW-Authenticate: Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:shop/checkout:pull"
x-amz-request-id: {B32_16}
x-amz-id-2: {b64_75}=
x-amz-cf-id: {b64_55}=
x-request-id: {uuid}
x-ratelimit-remaining-tokens: {n}
X-Cache-Key: shop:items:{d2}
etag: W/"{hex32}"
set-cookie header removed by policy
RequestId: {uuid} Version: $LATEST START
REPORT RequestId: {uuid}	Duration: {n}.{d2} ms	Billed Duration: {n} ms	Memory Size: 256 MB	Max Memory Used: {d2} MB	XRAY TraceId: 1-{hex8}-{hex24}
arn:aws:iam::123456789012:role/checkout arn:aws:kms:eu-west-1:123456789012:key/{uuid}
arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-{b62_6}
An error occurred (AccessDeniedException) when calling the GetSecretValue operation: User is not authorized to perform: secretsmanager:GetSecretValue on resource: shop/db
i-0{hex16} eni-0{hex16} subnet-0{hex16} vpc-0{hex16} sg-0{hex16}
projects/shop-prod/secrets/db-password/versions/{d2}
protoPayload.authenticationInfo.principalEmail="ci@shop-prod.iam.gserviceaccount.com" insertId="{b62_13}"
/subscriptions/{uuid}/resourceGroups/shop/providers/Microsoft.KeyVault/vaults/shop
aws_instance.web: Still creating... [{d2}s elapsed]
  # aws_db_instance.shop will be updated in-place
  ~ password = (sensitive value)
      + kms_key_id = "arn:aws:kms:eu-west-1:123456789012:key/{uuid}"
      password = var.db_password
  secret_id = aws_secretsmanager_secret.db.id
provider registry.example.com/hashicorp/aws v5.{d2}.0 "zh:{sha}",
ok: [web-{d2}] => {"changed": false, "checksum": "{git}", "mode": "0600"}
fatal: [web-{d2}]: UNREACHABLE! => {"changed": false, "msg": "Failed to connect to the host via ssh: Permission denied (publickey,password).", "unreachable": true}
TASK [vault : read secret] ****************************************************
db_password: "{{ vault_db_password }}"
    password: !vault |
  password_file: /run/secrets/db_password
level=info msg="ACME: obtained certificate" domains=shop.example serial={hex32}
subject=CN = shop.example issuer=C = US, O = Let's Encrypt, CN = R3 fingerprint={FP}
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b62_43} ada@laptop
if text.startswith("-----BEGIN PRIVATE KEY-----"):
const { token } = useSession(); if (!token) return <Login redirect={path} />;
headers.set("Authorization", "Bearer " + (await getAccessToken()));
const secret = process.env.SESSION_SECRET ?? config.get("session.secret");
func (c *Client) SetToken(token string) error { c.token = token; return nil }
if err := bcrypt.CompareHashAndPassword(user.PasswordHash, []byte(password)); err != nil {
private final TokenStore tokenStore; // tokens expire after 15 minutes
let token: String = headers.get(AUTHORIZATION)?.to_str()?.to_owned();
SELECT username, password_hash FROM users WHERE email = 'ada@shop.example' LIMIT 1
CREATE USER shop WITH PASSWORD :'password';
curl -H "Authorization: Bearer $TOKEN" https://api.example.com/v1/orders/{uuid}
docker run --rm -u 1000:1000 -p 8080:8080 -e DB_PASSWORD -e TOKEN_URL=https://auth.example.com/token shop/checkout
export PGPASSWORD="$(cat /run/secrets/pg)"; psql -h db -U shop
fermata: inc-{b32_16} plan-{b32_16} act-{b32_16} evidence ev-{b32_16} digest sha256:{sha}
runs/{b32_16}/steps/3 took 0.{n}s attempt={d2} cost_usd=0.00{d2}
01J{B32_23} 01J{B32_23} ksuid={b62_27}
cursor={b64_43} next_page_token= page_size=50
/home/ada/.cache/pip/wheels/{hex2}/{hex2}/{hex2}/{sha56}/shop-1.{d2}-py3-none-any.whl
s3://shop-backups/postgres/base_0000000{d2}/2026-11-23T09-51-{d2}Z/base.tar.lz4 {n} bytes
file:///srv/data/AirPortBrcm4360_Logs-0{d2}/CCIOReporter-0{d2}.xml
Uploaded build-artifact linux-x86_64-unknown-gnu-{git7}.tar.zst (sha256 {sha})
PASS: test_token_expiry (0.{d2}s) FAIL: 0, PASS: {n}, SKIP: {d2}
tests/test_auth.py::test_password_is_never_logged PASSED [ {d2}%]
session timeout=30m auth=ldap secret_rotation=enabled password_policy=strong max_tokens=4096
user=ada action=reset_password result=ok token=expired ip={ip}
invalid session id; session {uuid} was closed by peer
author=ada authority=api.example.com:443 compass=north bypass=true keyboard=us monkey=banana
Cookie consent banner shown; cookies: accepted
basic authentication is disabled, bearer authentication required
token bucket: capacity={n} refill={d2}/s tokens={d2}
lexer: expected token ';' near line {d2}, got token 'identifier'
base64 payload of {n} bytes skipped; signature valid; key id {hex16}; alg RS256
| password | required |
| token | string | The token of the user |
| API_TOKEN | your token |
| username | password | email |
| password | role |
|---|---|
| secret | shop-tls | Opaque | 3 | 12d |
| DB_PASSWORD | env name of the password |
| `password` | none |
| token | ${TOKEN} |
| auth | ldap |
| api_key | optional |
| password | `/run/secrets/db` |
| Password | Shown once |
| DB_HOST | db.internal |
| key | value |
| session | closed |
t("password", "Enter your password")
label("token", "Access token")
t('api_key', 'API key')
gettext("password", "Password")
add_column("password", "varchar(255)")
os.environ.get("DB_PASSWORD", "")
os.environ.get("DB_PASSWORD", None)
os.environ.get("DB_HOST", "localhost")
os.environ.get("TOKEN_FILE", "/run/token")
env("DB_PASSWORD", default_password)
ENV.fetch("DB_PASSWORD") { raise KeyError }
expect(page).to.have("password", "required")
request.headers.get("Authorization", "")
replace("secret", "[hidden]")
assert_error("token", "expired")
Log.warn("token", "refresh failed")
form.field("password", "input")
ENV PATH /usr/local/bin:/usr/bin
ENV DB_PASSWORD_FILE /run/secrets/db
ENV API_TOKEN ${API_TOKEN}
ENV API_TOKEN not set, using default
error: ENV API_TOKEN must be set before start
setenv TOKEN_TTL 3600
set -x PATH /usr/bin
set -e
set -euo pipefail
proxy_set_header Authorization $http_authorization;
proxy_set_header X-Api-Key $api_key;
fastcgi_param HTTP_PROXY "";
["--password-file", "/run/secrets/db"]
["--token-ttl", "3600"]
["--password", "$(DB_PASSWORD)"]
["--password", "${DB_PASSWORD}"]
["--token", "--verbose"]
- --secret-name
- --auth-mode
password = (sensitive value) -> (known after apply)
token_ttl = 30 -> 60
key = item => item.id
const auth = user => "none"
const getToken = (id) => "x"
const token = async () => { return 1 }
def get_token(key: str) -> "Token":
auth: session -> user
replicas: 2 -> 3
password: Option<String>
password: Some(secret)
let token = Some(get_token());
"password": {"type": "string", "format": "password"}
"password": {"description": "The password of the user"}
"token": {"value": "${TOKEN}"}
"secret": {"value": "none"}
"tokens": {"current": 120, "limit": 4000}
{"value": "fast", "name": "MODE"}
{"value": "production", "key": "environment"}
{"value": 3, "name": "token_count"}
- name: MODE
DETAIL:  Key (id)=(4411) already exists.
DETAIL:  Key (email)=(ada@shop.example) already exists.
DETAIL:  Key (primary_key, tenant)=(12, 4) already exists.
Duplicate entry '4411' for key 'orders.PRIMARY'
Duplicate entry 'ada@shop.example' for key 'users.email_unique'
consul kv put app/db/host db.internal
etcdctl put /app/mode fast
etcdctl get /app/password
consul kv get app/db/password
aws ssm put-parameter --name /app/mode --type String --value fast
docker login -u ci --password-stdin < token.txt
cat token.txt | docker login -u ci --password-stdin
docker login -u ci --password-stdin <<< "$TOKEN"
docker login -u ci --password-stdin <<< $(cat token)
cat <<< "hello"
cat <<EOF
sudo systemctl restart shop
Authorization: Basic authentication is disabled
authorization: basic authentication
Authorization: Bearer required
WWW-Authenticate: Basic realm="shop"
proxy-authorization: bearer <token>
"AUTH" "$REDIS_PASSWORD"
redis: AUTH failed: WRONGPASS
bindpw: see the vault
bindpw is not set
mot de passe : requis
mot de passe oublié ?
Mot de passe : incorrect
contraseña: incorrecta
https:\/\/shop.example\/cart?x=1
https%3A%2F%2Fshop.example%2Fcart%3Fmail%3Da%40b.example
redirect=https%3A%2F%2Fshop.example%3A8443%2Fcart
password      string
token         required
secret/shop-tls created
db-token   kubernetes.io/service-account-token   3   12d
username    password    role
key      value
token:
  refresh: true
"tokens":
  "ci": true
secret_key    (sensitive value)
GET /api/webhooks/12/deliveries HTTP/1.1
POST https://api.github.com/repos/shop/hooks/webhooks/12345/deliveries
ssh-keyscan -t rsa host >> known_hosts
cout << token << endl;
1 << 4
variable "token_ttl" {
output "url" { value = "https://shop.example" }
passwd: password updated successfully
chpasswd: (user ada) pam_chauthtok() failed
sudo -S: no password was provided
""".strip("\n").split("\n")  # noqa: E501 - log lines are as long as they are

_DICE = random.Random(4711)  # noqa: S311 - the lines must be the same in every run
_HEX = string.digits + "abcdef"
_BASE62 = string.ascii_letters + string.digits
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _draw(alphabet, length):
    return "".join(_DICE.choices(alphabet, k=length))


def _fill(match):
    name = match[1]
    kind, _, digits = (
        name.rpartition("_") if "_" in name else (name.rstrip(string.digits), "", name.lstrip(string.ascii_letters))
    )
    length = int(digits or 0)
    makers = {
        "ip": lambda: f"10.{_DICE.randrange(256)}.{_DICE.randrange(256)}.{_DICE.randrange(1, 255)}",
        "d": lambda: f"{_DICE.randrange(10**length):0{length}}",
        "n": lambda: str(_DICE.randrange(100, 65536)),
        "uuid": lambda: "-".join(_draw(_HEX, size) for size in (8, 4, 4, 4, 12)),
        "sha": lambda: _draw(_HEX, length or 64),
        "git": lambda: _draw(_HEX, length or 40),
        "hex": lambda: _draw(_HEX, length),
        "HEX": lambda: _draw(_HEX, length).upper(),
        "pod": lambda: f"{_draw(_HEX, 9)}-{_draw(string.ascii_lowercase + string.digits, 5)}",
        "b": lambda: _draw(_BASE62, length),
        "b62": lambda: _draw(_BASE62, length),
        "b32": lambda: _draw(_BASE32.lower(), length),
        "B32": lambda: _draw(_BASE32, length),
        "b64": lambda: base64.b64encode(_DICE.randbytes(length)).decode()[:length],
        "FP": lambda: ":".join(_draw(_HEX, 2).upper() for _ in range(20)),
    }
    return makers[kind]()


_PLACE = re.compile(r"\{(ip|d2|n|uuid|sha(?:56)?|git7?|hex\d+|HEX\d+|pod|b62_\d+|b32_\d+|B32_\d+|b64_\d+|FP)\}")
ORDINARY = [_PLACE.sub(_fill, template) for _ in range(5) for template in _TEMPLATES]
