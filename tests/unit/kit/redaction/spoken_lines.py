"""Passwords that are words as chats tell them, between `⟦` and `⟧`, and talk that looks alike and tells none."""

LEAKS = tuple(
    """
fyi the jumphost password is ⟦pineapple⟧
password for svc-deploy on gw02 is ⟦pineapple⟧, rotate it after
the root pw on db07 was ⟦pineapple⟧
pw for the switch: ⟦pineapple⟧
use db_ro:⟦pineapple⟧ for reads
try admin:⟦pineapple⟧
log in with admin / ⟦pineapple⟧
creds for grafana: admin / ⟦pineapple⟧
ssh root@10.2.3.4 using ⟦pine.9921⟧
ssh -p 2222 ops@bastion with ⟦summer99⟧
it's root:⟦pineapple⟧ on the old boxes
the password is "⟦pineapple⟧"
the password is ⟦Pineapple⟧.
username ops, pw ⟦pineapple⟧
the new pw: ⟦pineapple⟧
i changed the root password to ⟦pineapple⟧
the passphrase for the key is ⟦pineapple⟧
wlan passwort ist ⟦Ananas⟧
le mot de passe est ⟦ananas⟧
wachtwoord is ⟦ananas⟧
Mara: password on the switch is ⟦biscuit⟧
pw for gw02 is ⟦marmalade⟧, be quick
the wlan password is ⟦sunflower⟧ for guests
the db pw: ⟦marmalade⟧
ilo password is still ⟦calvin⟧
use ops_rw: ⟦marmalade⟧ if you need writes
use db_admin / ⟦marmalade⟧
credentials for the pool page are admin / ⟦marmalade⟧
logins: root / ⟦marmalade⟧ on all of them
login is root:⟦marmalade⟧
ssh ubuntu@10.0.0.8 with ⟦biscuit.77⟧
sftp backup@nas using ⟦nas!backup⟧
⟦marmalade⟧ was the root password
the new password for svc_batch is ⟦marmalade⟧ until friday
changed the admin password to ⟦marmalade⟧
reset the db password to ⟦marmalade⟧, tell ops
root:⟦root1234⟧
it's deploy:⟦deploy99⟧
passphrase is '⟦purple monkey dishwasher⟧'
db login is postgres:⟦postgres1⟧
postgres:⟦postgres1⟧
it's still postgres:⟦postgres1⟧ on the standby
try postgres:⟦postgres1⟧ on db-03
log in with postgres:⟦postgres1⟧
ssh root@host with ⟦toor.1234⟧
ssh root@db03 with ⟦toor.1234⟧ and restart it
ssh ops@10.0.3.4, password ⟦toor.1234⟧
ssh deploy@gw02 using ⟦pickles77⟧
psql -h db03 -U app with ⟦pickles77⟧
use ops_ro: ⟦secret⟧
use ops_ro: ⟦plum.fig.kettle⟧ for the pool page
use ops_ro/⟦plumkettle⟧ for the pool page
try readonly / ⟦plumkettle⟧
password for the pool page is ⟦plum⟧
password for the pool page is ⟦plum.kettle⟧
password for the pool page: ⟦plumkettle⟧
the password is ⟦swordfish⟧
the pw is ⟦swordfish⟧, don't tell anyone
pw: ⟦swordfish⟧
pw is still ⟦kettlemoss⟧
root pw is ⟦kettle-moss-plum⟧
root password on the ilo is ⟦calvin⟧
grafana password is "⟦moss kettle⟧"
grafana pw is `⟦mosskettle⟧`
wifi password is ⟦lanterns⟧ btw
⟦swordfish⟧ is the root password
login is admin / ⟦swordfish⟧
creds are deploy / ⟦mosskettle⟧
creds: admin:⟦changeme⟧
login: root / ⟦toor⟧
das Passwort lautet ⟦Eichhorn⟧
Passwort für die Poolseite ist ⟦Pflaume⟧
mot de passe: ⟦tulipe⟧
la contraseña es ⟦madrugada⟧
admin password was changed to ⟦kettlemoss⟧
i set the password to ⟦kettlemoss⟧ for now
password = ⟦kettlemoss⟧
user ops, password ⟦kettlemoss⟧
log in as ops with ⟦kettle!moss⟧
passphrase is "⟦correct horse battery staple⟧"
su - postgres, pw ⟦hunter⟧
İ the pw is ⟦swordfish⟧
the password was changed to ⟦kettlemoss⟧
the pw has been reset to ⟦kettlemoss⟧, be quick
password ⟦hunter2x⟧, user anna
password ⟦hunter2x⟧
the password ⟦hunter2x⟧ works
password ⟦swordfish⟧, user anna
the password ⟦swordfish⟧ / user anna
with pw ⟦hunter2x⟧
PW ⟦Sommer12⟧
anna's pw ⟦hunter2x⟧
user: bob / pass: ⟦Abc!23⟧
user: bob, pass: ⟦hunter⟧
user bob / pass ⟦hunter⟧
user: bob / password: ⟦sunflower⟧
login bob / pw ⟦sunflower⟧
user is root and the password ⟦tr0ub4dor⟧
try admin/⟦pineapple1⟧
use admin/⟦pineapple1⟧ for the console
it's admin/⟦pineapple1⟧
login admin/⟦pineapple1⟧
login is root and then ⟦tr0ub4dor⟧
log in as root, then ⟦tr0ub4dor⟧
it's root with ⟦tr0ub4dor⟧
creds anna/⟦hunter2x⟧
creds: anna ⟦hunter2x⟧
credentials anna and ⟦hunter2x⟧
log in with anna/⟦hunter2x⟧
user/pass anna/⟦hunter2x⟧
das Kennwort heißt ⟦Sommer⟧
das Passwort heisst ⟦Sommer1⟧
Passwort ist ⟦Sommer⟧
Kennwort: ⟦Sommer⟧
Kennwort lautet ⟦Sommer⟧
Passwort ⟦Sommer12⟧, Benutzer anna
Passwort ⟦Sommer⟧, Benutzer anna
Benutzername: anna / Kennwort: ⟦Sommer⟧
mit dem Passwort ⟦Sommer12⟧ gehts
nimm root/⟦Sommer12⟧
just use ⟦pineapple1⟧ as password
use ⟦tr0ub4dor⟧ for the root password
nimm admin und ⟦Sommer12⟧
Anmeldung mit admin / ⟦Sommer12⟧
""".strip().splitlines()
)
TALK = tuple(
    """
das Passwort ist hinterlegt
neues Passwort ist eingetragen
Passwort ist umgestellt, neues ist ausgerollt
das Passwort ist mitgeteilt
das Kennwort ist angekommen
Passwort ist gültig
das Passwort ist identisch
das Passwort ist uralt
the password is ancient
the root password is nowhere
login as postgres and vacuum
login with admin and look
mit admin und dann schritt2
use admin: the console is down
use admin / ops accounts only
login for grafana: admin only
creds for grafana: ask mei
log in with admin rights
log in with sso
log in as root and restart it
log in as ops with your key
the password is not the issue
password is on the wiki
password is with the vendor
the password was leaked
password was leaked on friday
password was typed wrong
the password was too short for scram
the password is md5
password is scram-sha-256
password is a secret ref
password is still default
password is the same
password is mounted from vault
password is pulled from vault
password is url-encoded
password is user-supplied
password is being reset for everybody
the problem is password auth
the passphrase was lost
passwort ist geändert
le mot de passe est changé
wachtwoord is gewijzigd
psql -U postgres with pgbouncer
psql -U app with sslmode
ssh root@web-01 with key forwarding
ssh ops@bastion with agent2
ssh into bastion with mfa
the old pw: rotated
the new password: generated
our login is sso
login is sso / okta
login is google / okta
admin:admin page is slow
postgres:postgres16 image is pulled
deploy:deploy2 job is red
root:root on all files
password auth is disabled
password reset for Mara is through
the password is bcrypt
the password is fine on web
password is not the problem
the pw is a mess
password prompt is stuck
password is rejected by postgres
password was rejected on db03
password for db03 was rejected
the password for app_rw is stale on web
password in the chart is wrong
password of the sidecar is outdated
the password is injected by vault
the password to the vault is with Mara
password lookup is slow
the password dialog is back
login is down on web
login is back
login: fixed
login for admin is slow
login with admin works
login is admin only
logins are failing / signups too
creds for staging are in vault
creds in vault are stale
credentials: none
credentials are wrong
use readonly: true
use admin: it is faster
use root / admin accounts only
try admin/users
use payments_ro/orders_ro
it's root: full disk
it's admin: the page is down
ssh deploy@gw02 with sudo
ssh root@db03 with -p 2222
ssh root@db03 with debug3
mysql -h db01 -u root with timeout10
redis:redis7 is the image
image postgres:postgres
chown root:root
admin:admin is in the docs
password spray is over
the problem with the password is encoding
is the password encoding?
what is the password for
the password was Mara's guess
mot de passe: oublié
Passwort: abgelaufen
Passwort ist weg
password: required
Password:
enter password: done
password is longer on prod
password is being typed
password is utf8
password is base64
password was a red herring
password rotation is done
the password got rotated to nothing
changed the password to match
set the db password to something
set password to never
user mara, password expired
user ops, password rotated
as ops, pw unchanged
root cause: cache
root cause: cache2
deploy:prod1
deploy: prod1
deploy: staging
postgres: primary
postgres:primary
postgres: connection refused
postgres:16
postgres:16.2-alpine
postgres: 14 replicas
postgres:standby2 is lagging
postgres:db03 took over
admin: mara
admin:mara
root: yes
root: /var/lib
use ops_ro: it has the smaller pool
use ops_ro: reads only
ops_ro: too many connections
app_user: permission denied
use read_only: true
use db_user: null in staging
ssh root@host with agent forwarding
ssh root@host with the new key
ssh root@host works
ssh root@db03 with timeout 30s
ssh root@db03 with port 2222
ssh into db03 with strace
ssh ops@db03 with verbose2
the password is expired
the password is wrong
password is correct
password is in the vault
password is in 1Password
the password is rotated
password is needed
password is gone
password for the pool page is rotated daily
password for the pool page is in vault
password for the pool page is unknown
password for app_rw is wrong since the rotation
password: see vault
password: see the safe
password: expired
password: ask Mara
pw: in keepass
pw is in keepass
pw is the usual
pw is unchanged
pw is the old one
the pw is being rotated
who has the password?
the password was changed by Mara
the password was changed
password was reset to default
password is empty
password is missing in the secret
password is managed by terraform
the root password is Mara's job
login is broken
login is slow
login is fine / checkout is not
login / signup are down
login: timeouts
login: checkout
login: 500s
creds are rotated
creds: rotated
creds are in vault
credentials were revoked
token is expired
token: rotated
secret is mounted
secret is stale
the secret: patience
passwords are hashed
Passwort ist abgelaufen
das Passwort ist falsch
mot de passe expiré
la contraseña es incorrecta
kubernetes is the password store
vault is the password manager
rotation is the password problem
cache is the root problem
password login is disabled
password auth: md5
password encryption is scram
set the password to expire
i set the password to never expire
password reset is broken
password changed to comply
password to the db is required
the password hash is bcrypt
the password length is twelve
the password service is down
password page is blank
password pool is exhausted
password for postgres is stored in vault
passphrase is required
passphrase: none
pin is required
code:prod1
service:checkout1
team:blue2
env:prod
region:eu-west-1
status: fixed
eta: noon
fix: rollback
owner: mara
cause: dns
deploy:web4411
admin:8443
svc-pool: restarting
svc-orders:v2
svc_orders: degraded
root:x:0:0
root@db03 logged in with key
mara: restarting postgres
mara: rolled back
user: mara
user:mara
account: payments
access: denied
user ops, password login disabled
i sent the root password to mara.
gave the old pw to ops, all good
optional data to pass to handler for the callback
username and password will now be decoded
username and password properties, as well
prompt the user for password again
user bob: password mismatch
user bob password fails.
user alice pw lookup
username bob and password matches
the password for svc-deploy: vault
password for db: keepass
reset the password to continue.
logins are admin and editor on all
the login for grafana is admin and viewer
login broken, Android14
login is slow and Android14 too
login web/android14 still broken
login fails on web/android14
login via OAuth2proxy
creds for staging2 are in vault
creds rotated for payments2
creds stale on web12
credentials are stale for orders12
credentials missing in payments12
the password rack12, who has it?
failed password for anna12 from 10.0.0.1
Failed password for invalid user oracle12 from 10.0.0.1 port 22 ssh2
wrong password anna12
forgot the password Anna12
the password was changed, user anna confirmed
wrong password entry, user bob
password policy, user sync
password spray, user lockouts
password managers / user training
new password form, user settings
password mismatch, user bob
password auth, user root
password page, user list
no password, user bob
try admin/console2
use ticket12 for the password
use vault2 as the password store
use argon2id for password hashing
use page2 for the password reset
try vault12 for the password
try admin/metrics2 for the numbers
use admin/v2/users
use admin/report2024
use admin/settings2
it's admin/users3
login as root and then restart2
login as root and then reboot
pw reset, user anna
password rotation done for payments12
password backup2024 is missing
reset password page2
with password auth2
the password ticket12
rotate password svc12
password pods12
password argon2id
password bcrypt12
password pbkdf2
password sha512
password hash12
password scram256
my pw manager12
PASS test12
pass test12, user service
12 pass, 4 fail
pass review12, user stories
user service pass, login service fail
user tests pass / login tests fail
user api pass: green
user: bob / password: expired
user: bob / password: ********
user: bob / password: <redacted>
user name / password field
username / password mismatch
user is unable to pass checkout
user bob is asked for the password twice
user bob has password expired
user is prompted for password again
user is given the password prompt
user anna, password mail sent
user anna, password is wrong
user anna / password unknown
with admin/viewer12 roles
admin and root2
use admin and editor12 on both
use guest and viewer2
nimm admin und viewer2
mit admin/seite2
das Passwort heisst anders
das Passwort heißt so wie immer
Kennwort heißt nicht Passwort
Passwort vergessen, Benutzer anna
Passwort falsch, Benutzer anna
Passwort abgelaufen, Benutzer anna
Kennwort zurückgesetzt, Benutzer anna
Benutzer anna, Kennwort falsch
Benutzer anna / Kennwort abgelaufen
Passwort folgt
Passwort kommt per Mail
Passwort: siehe Vault
Kennwort: folgt
Kennwort: unverändert
username is required and password optional
user anna password reset please
login anna123 done
login user123 ok
login admin123
creds admin user2
user auth / pass rate 99
""".strip().splitlines()
)
