"""Ordinary lines of chats that talk of keys, tokens, passwords and pins, and tell none."""

TALK = tuple(
    """
password reset mails are stuck in the queue since 14:02
password reset mails: 4411 sent, 12 failed
password resets went up 40x after the deploy
the password reset link expires in 15m, that's the bug
reset-password is 500ing on web-04
password policy changed in v4.2.1, min 12 chars now
the password hash column is varchar(60), bcrypt needs 60
password hashes use argon2id since 2023-11
passwords are hashed with sha256 on the legacy path
password auth fails only on PG15
password authentication failed for user app_rw2 on db-03
password rotation ran at 02:00Z and 3 pods missed it
password rotation job pwrot-7f9c crashed
password manager is down, 1Password status page is green
the password field is empty on iOS17
password prompt shows up twice on Android14
password change needs a ticket, see SEC-4411
the password change broke checkout-api v2.31.0
password is expired for svc-batch01
password is wrong on node-17
password is in vault under kv/prod/db01
the password is in 1Password, item db-prod-03
the password is stored in vault, path secret/data/payments/v2
the password is the same as on gw02
who has the password for gw02?
who knows the pw for the ilo on rack12?
pw for gw02 is in the safe
pw is in keepass, entry 4411
does anyone have the root pw for db-07
can't find the pw for the bmc on r2u14
pw reset done for 14 users
login is broken on web, android14 and ios17
login is slow, p99 4.2s
login page returns 502 since 09:14
login p95: 1.2s, normally 300ms
login errors: 4411 in 5 min
logins per minute fell from 1200 to 80
login/signup2 endpoints are fine
login on Safari17 works, on Chrome120 it doesn't
login via OAuth2proxy is broken
login service rolled back to 2024.11.3
login works again as of 14:31:22
i can log in on gw02 but not on gw03
logged in as ops2 and the disk is full
login-api-7c9f8b6d5-x2x1z is crashlooping
key pb-7f9c rotated
key rotated, kid 2024-11-01
key rotation finished at 03:10, next one 2025-02-01
the key finding is that retries doubled at 14:05
key takeaway: canary at 5% would have caught it
key metric is p99, it went from 120ms to 4.4s
key thing for INC-4411: nobody paged network
the key question is why node18 was first
key point 1: rollback took 22m
key dates: 2024-11-01, 2024-11-15
key id 7f9c2b1a is the old one
key-id a81f22bc expired
key count is 4.4M in redis-03
keys per node: 1.2M
keys expire after 3600s
keys are sharded by crc16, slot 7712
primary key order_items_2024
primary key is (order_id, line_no)
primary key on orders2 is missing
primary key violation on payments_2024_11
foreign key fk_orders_users2 blocks the delete
foreign key check took 44s on pg15
partition key is customer_id, hot one is 8842
partition key C4411 gets 80% of writes
partition key for tenant T2X9Q is hot
sort key is ts, format 2024-11-26T10:00:00Z
cache key is shop:items:42:v2
cache key v2:cart:8821 has no ttl
cache key changed from v3 to v4 so everything missed
cache keys look like user:7Hk29sLq0Z:profile
idempotency key 7Hk29sLq0Z was reused
idempotency key missing on POST /v2/charges
idempotency keys are kept 24h
routing key orders.eu.v2 is unbound
routing key is wrong on rmq-02
message key 4411 lands on partition 7
shard key is hashed, 64 shards
unique key uq_email2 exists twice
index key too long, max 3072 bytes
dedup key inc-2024-4411 collided
the map key is region + 4 digit code
config key payments.timeout_ms.v2 isn't read
config key FEATURE_X2 is set on prod only
registry key HKLM\\Software\\Acme2 is missing
s3 key is logs/2024/11/26/part-0007.gz
s3 key exports/2024-11/orders_4411.csv.gz not found
the object key has a space in it: report 4411.pdf
lookup key TEMP4411 has no row
license key check fails offline after 30d
public key on jump01 is outdated
public key is ed25519 now
public key fingerprint SHA256:k3Jq0vX9LmPz81QwTt7xYbN2rRs5uVvWcAaBbCcDdE4
host key changed on sftp2, known_hosts needs an update
host key verification failed for gw02
ssh key of ana is missing on db-03
ssh keys got wiped on 14 hosts by the ansible run
deploy key for repo infra2 was removed
signing key rotated 2024-11-20, jwks cache is 24h
signing key kid=prod-2024-11 not found
the signing key changed at 09:12:04 and idp02 still has the old one
jwks has 2 keys, kid k1-2024 and k2-2024
jwt kid is prod-2024-11, alg RS256
jwt expired 14:02, clock on node-4 is 3min off
kms key alias/payments-v2 was disabled
kms key is pending deletion until 2024-12-03
kms key arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
api key limit is 1000 rps, we do 1400
api key quota reset at 00:00 UTC
api keys page is 500 on v2
api key of tenant 8821 is over quota
api key auth is slow since 3.14.2
api key rotated by ana, all 12 consumers fine
api key usage: 44k calls/h
api key revoked, see SEC-112
the api key is missing in env prod-eu2
the api key is invalid on gw02 since 12:04
the api key is read from vault at boot, see app.rb:44
access key age is 400d, policy says 90d
access keys of user ci-bot2 were deleted
encryption key is per tenant, 4096 of them
encryption key length is 256bit
encryption at rest uses AES256
enter key doesn't work on the Chrome120 build
key pair ec2-prod-2024 deleted
keyspace orders_v2 has 3 replicas
keyboard on rack console 12 is dead
token expired at 14:02
token expired 3h ago on runner-12
token expires 2024-12-01
token ttl is 3600s but clock skew is 400s
token bucket: 500 rps, burst 1000
token bucket on gw02 is empty
token bucket refills 50/s
token limit is 128k, prompt was 131k
token count 4411 for the last call
tokens per second dropped from 90 to 12
token refresh loop: 14 req/s per client
token endpoint p99 is 8s
token endpoint returns 503 on idp02
token service v3.2.1 deployed 10:41
token-svc-6d5f7c9b8-abc12 OOMKilled
token cache ttl 300s
token cache hit rate 12%
token validation fails on node-7: clock drift 94s
token rotated, runner-05 picked it up at 11:20
token revoked at 09:55 by sec
token is invalid since 09:12
token is for env staging2 only
token is scoped to repo infra2
token is from 2024-03, so it's dead
token was fine at 10:00, 401 from 10:04
token was issued by idp02 not idp01
token mint rate 2.2k/s
csrf token mismatch on 3% of posts
csrf token missing on checkout v2
access token lifetime is 10min now, was 60
refresh tokens from before 2024-11-20 are all dead
refresh token grant fails: invalid_grant, 4411 today
push tokens for iOS17 get dropped
device token table has 44M rows
session token size went to 9.2KB, nginx limit is 8k
bot token got rate limited: 429, retry-after 12s
unexpected token '<' at line 1 col 1
unexpected token < in JSON at position 0
next page token is empty on page 12
continuation token repeats after page 40
max tokens 4096
secret name checkout-db-v2
secret checkout-db-v2 not found in ns shop2
secret checkout-tls-2024 expires friday
secret name is payments-db-creds-3
secret is mounted at /var/run/secrets/db2
secret is synced by eso every 60m
secret version 14 is live, 13 was the good one
secret version is 3, pods still have 2
secrets rotated by cron 02:00, pods restarted 02:05
secrets manager throttles at 5000 rps
secrets-store-csi v1.4.1 leaks mounts
secret sauce was the index on orders2
no secret here, it's just 12 retries
k8s secret db-creds-75 is from 2023
the secret rotation pr is #4411
tls secret wildcard-2025 is in ns ingress2
client secret expires 2024-12-31 on app reg 2
client secret for app 8821 expired
shared secret mismatch on vpn2, phase1 fails
pin 4411 requests to one pod
pin 3 of the connector is bent
pin 18 on the esp32 is floating
pin the version to 2.4.1
pin node to 18.19.0
pinned to v2.31.4 for now
please pin 4411 to the channel
can you pin 1732612345.000100
let's pin 2024-11-26 postmortem link
I'll pin it, INC-4411
pin cpu 4-7 for the dpdk threads
pin image to sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
pin failures: 1200 in 10min at the ATMs
pin entry fails on pos terminals 12-40
pin pad fw is 4.11.02
the pin retry counter is at 3
pinning to core 12 helped
otp sms are delayed by 4 min
otp delivery rate 61%
otp codes arrive after 300s, ttl is 120
otp provider 2 is down
2fa codes arrive late, 94s p50
2fa code screen loops on ios 17.1
sms code delivery: 4411 undelivered
access code is 403 everywhere
error code 4411 from the psp
exit code is 137
status code 502 on 8% of calls
door badge system is down since 0730
recovery codes page is broken on v2
backup code path is untested
verification code mails go to spam at gmail
creds expired on runner-12 at 02:14
creds are in vault kv/ci/runner2
creds were rotated 2024-11-25
credentials for db-03 are wrong in config v44
credentials expired, error 18456 state 8
credential helper 2.4.1 is broken
aws creds on ci-17 expired after 12h
instance creds come from imds v2
user/password mismatch on ldap02
admin / ops2 rotation is unclear
admin/users2 page is slow
root: 14 of 20 nodes are out of disk
root cause: config v44 reached eu1
root cause is PR #4411
root / is 98% on db-03
root volume 40GB, used 39.2
admin console v12 is up
postgres/14 to postgres/15 upgrade
postgres: 4411 connections, max 500
deploy: v2.31.4 to eu1
deploy / rollback both take 12min
deploy 2024-11-26.3 is live
auth is down in eu1, 401s for 12% of users
auth latency 4.4s p99
auth-proxy 1.9.3 is the one with the leak
bypass traffic through gw02
passing 4411 of 4500 tests
all tests pass on Node18 and Node20
passed at 14:02, failed at 14:09
pass rate 98.2%
first pass took 12m, second pass 4m
pass 2 of the reindex is at 61%
passthrough mode on lb-2
passive node is db-04
compass map tiles v3 404
session key is per user, ttl 1800s
session id 4411 looped 12 times
session cookie is 4.2KB
sessions dropped from 44k to 9k at 10:14
cookie name changed to sid_v2
cookie domain is .example.com since v4
salt-master 3006.4 is stuck
salt minions: 12 of 40 respond
cert serial 04:7f:9c:2b is the old one
cert for api2.example.com expires 2024-11-27T00:00Z
cert fingerprint changed, sha1 9f86d081884c7d65
keystore.p12 expired on gw02
keystore is from 2022-11-01
keystore path changed in 4.2 to /etc/app2/ks.jks
keycloak 24.0.1 restarted at 11:02
keycloak-0 is at 7.9GB heap
passport.js 0.7.0 breaks saml
passwordless rollout is at 20%
monkey test v2 found it
hotkeys: user:8821 gets 40k ops/s
hot key cart:v2:8821 melts redis-03
turnkey box r740 arrives 2024-12-02
whiskey-lake nodes i5-8265U
Passwort-Reset geht seit 14:02 nicht
Passwort-Mails hängen in mq02
Passwort ist abgelaufen auf node-17
das Passwort liegt im Tresor, Fach 12
Passwort ist falsch, 3 Versuche noch
Kennwortrichtlinie v2 greift ab 2025-01-01
Schlüssel 4 vom Rack 12 fehlt
der Schlüssel ist im Büro 2.14
Schlüssel rotiert um 03:10
Zugang zu gw02 ist gesperrt
Zugang: Tor 3, Rampe 12
Zugangsdaten liegen in vault kv/ops2
le mot de passe expire dans 14 jours
le mot de passe est dans vault, kv/prod2
mot de passe oublié renvoie une 500 depuis 14h02
la clé est dans le tiroir 12
la clé primaire est order_id2
la clé de cache est v2:panier:8821
clé de partition 4411 trop chaude
jeton expiré à 14h02
a senha expirou ontem 18h30
senha incorreta no node-17
a senha está no cofre kv/prod2
a chave primária é pedido_id2
a chave pix caiu às 14h02
chave de cache v2:carrinho:8821
a chave da partição é 4411
o token expirou às 14:02
la contraseña caducó el 2024-11-25
la contraseña está en vault kv/prod2
la clave primaria es pedido_id2
la clave es reducir a 50 rps
clave de partición 4411 saturada
el token vence a las 14:02
wachtwoord verlopen op node-17
het wachtwoord staat in de kluis, vak 12
wachtwoord reset duurt 40min
hasło wygasło 2024-11-25
hasło jest w vault kv/prod2
lösenordet gick ut 2024-11-25
пароль истёк 2024-11-25
пароль в vault kv/prod2
токен протух в 14:02
ключ партиции 4411 горячий
密码过期了 14:02
密码重置邮件延迟 40min
token 在 14:02 过期
パスワードリセットが 14:02 から失敗
トークンは 3600s で切れる
parola scaduta il 2024-11-25
la password scade il 2024-12-01
la password è su vault kv/prod2
la chiave primaria è ordine_id2
grafana token page shows 12 tokens, 3 stale
github token scope changed, runner 2.311.0 needs workflow
slack token rotation doc is at docs/slack-v2.md
gitlab-runner 16.6.1 can't read the token file
AKIA keys are blocked by scp since 2024-06
we grep for sk_live and ghp_ in ci since v3
test key is fine in sandbox2
live key vs test key, check env prod-eu2
sk-learn 1.3.2 pins numpy
db orders_test_20241126 was dropped
table orders_live_2024q4 is 1.2TB
schema shop_test_v2run14 is left over
queue mail_prod_batch2024 is stuck
metric http_test_requests2 is gone
hf_cache is 400GB on gpu-07
npm_config_cache is on tmpfs 2g
mfa.enabled.v2 flag is at 20%
SG.1 and SG.2 are the storage groups
sg-0a1b2c3d4e5f67890 blocks 5432
build 2024.11.26-b4411 has the key fix
commit 9f86d08 removes the token check
commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b touches password.go
revert of 4f2a9c1d fixes login
trace 4bf92f3577b34da6a3ce929d0e0e4736 shows the token call
request id 7Hk29sLq0Z hit the token endpoint twice
user 8fKq22LmZ can't get a token
order A7X-4411 has a pin error
pod auth-7c9f8b6d5-x2x1z has no secret
terminal T-4411 asks for the pin twice
ticket SEC-4411 is about passwords
SEC-4411 is the password ticket
OPS-112 is the token bug
v2.31.4 is the key release
checkout-db-v2 is the secret
node-17 is the one with the wrong password
gw02 has the old key
db-03 <- password still wrong here
1.4.1 (token fix) is on eu1
14:02 - token expired
14:02 password alerts start
14:05 key rotated by ana, 14:09 errors gone
T+12m: tokens reissued
step 3: rotate the token, step 4: restart gw02
Node20 needs the new token format
Win2019 boxes prompt for a password again
RFC6750 says the token goes in the header
RS256 is the token alg, HS256 was before
TLSv1.3 only since the key change
Ubuntu22.04 hosts lost the apt key
apt key 0x871920D1991BC93C expired
gpg key 4AEE18F83AFDEB23 is gone
pgp key id 0xA1B2C3D4 expired
Q4FY24 goal: no password older than 90d
SEV2 because login is down
P1: nobody can log in
2 of 5 keys were burnt in the drill
5xx on /v2/token up 12x
401 on token refresh, 4k/min
http2 breaks the token upload
x509 error: key usage 0x14
ipv6 only hosts can't fetch the key
s3:GetObject denied with key exports/2024/11/a1.gz
ec2 key pair missing in eu-west-3
the key for this is patience, 2nd rollback is at 14:40
password cracked? no, just 14 typos by ana
did anyone tell u the pin? no, ask sec in room 2.14
no passwords in chat please!! see policy 7.2
ana asked for the password at 14:02, I said no
""".strip("\n").split("\n")
)
