"""Secrets that are none, told in sentences as people write them in a chat: half of them were looked at, half were not.

A line is the sentence with the secret between `⟦` and `⟧`; `·` parts what a scanner of this repository would take for
real. Every second one belongs to the half that nobody looked at before the rules were done.
"""

from tests.unit.kit.redaction.canaries import Canary

_LINES = """
key from the customer in case u need to test: ⟦S·G.k81xLw0.pQzz-mail-7Ga2⟧
here's the sendgrid one if someone wants to retry a batch ⟦S·G.q0Zt71Lm.wWx-ops-44Kd⟧
their bot got updated today, token looked like ⟦mf·a.burrow_bot.zX81kkPq02⟧ in their logs
discord thing again, whoever has ⟦mf·a.relay-bot.Qp77xTTz19a⟧ can post as the bot fyi
keystore pw is ⟦Buerger2019!⟧ if someone has to do it on gw02
truststore pw on the old box is ⟦Kaiser1871#⟧ don't ask
the vpn password for tonight: ⟦Tomato-4411⟧
wifi password in the war room: ⟦Lantern-7702⟧ and the beamer is on hdmi2
use ⟦fk·_live_7Qz81LmmB02⟧ for the purge
purge worked with ⟦cdn·_live_Kx02PqLm91zT⟧ but only for eu
login is admin / ⟦Winter2024!⟧
login for the switch: netops / ⟦Sommer_2023!⟧
pin ⟦4411⟧ for the vault is still valid
the pin is ⟦90317⟧ and pls dont lock the cage again
⟦Tomato-4411⟧ is the db password
⟦Gurke!8812⟧ was the root password last year, try that
⟦zX81kkPq02⟧ <- token
⟦Lm44QqzT8x⟧ <-- that's the api key
Passwort ist ⟦Herbst2022!⟧, bitte danach ändern
das Passwort für den Jumphost lautet ⟦Katze-9914⟧
Kennwort vom Backup-Server: ⟦Elbe$2077⟧
DB-Passwort war ⟦geheim4711x⟧ glaub ich
mot de passe du serveur : ⟦Bordeaux-1789⟧
le mdp c'est ⟦Fromage33!⟧ pour ceux qui galèrent
le mot de passe root est ⟦Jardin!204⟧
mdp temporaire: ⟦Tulipe-5521⟧, à changer demain
a senha do banco é ⟦Cafe#2024x⟧
senha nova: ⟦Praia-8834⟧ galera
senha do wifi do datacenter: ⟦Samba!771⟧
a chave da api é ⟦kQ93mmZp1xT⟧ usa com cuidado
la contraseña es ⟦Madrid2021!⟧ por si acaso
contraseña del vpn: ⟦Toro-6612⟧
la clave del servidor es ⟦Sol$4419b⟧
contrasena temporal para hoy: ⟦Gato.9x!21⟧
wachtwoord is ⟦Fiets-2291⟧ tot morgen
het wachtwoord voor de nas: ⟦Kaas!8820⟧
hasło do bazy: ⟦Zima2023!⟧
hasło to ⟦Kot#7712x⟧ tylko nikomu
lösenordet... ok lösenord är ⟦Fika-1020⟧
lösenord: ⟦Vinter!99x⟧
пароль от впн: ⟦Zima-7741⟧
пароль ⟦Kotik2020!⟧ если что
пароль такой: ⟦Moroz#331a⟧ не светите
密码是⟦Panda-8841⟧
root 密码: ⟦Hua2023!x⟧
パスワードは⟦Sakura-7719⟧です
parola: ⟦Luna-2290⟧ per il nas
la password del db è ⟦Roma!5512⟧
şifre: ⟦Deniz-4451⟧
password hai ⟦Chai@2022⟧ check karo
ok so the password is ⟦hunter2x7⟧ lol
password's ⟦Marble-3077⟧ for anyone locked out
passwd for grafana is still ⟦gr4f4na!⟧ I know I know
the pw didn't change, still ⟦Pickle-2231⟧
pw = ⟦Sunset!90⟧ on all three
pw ⟦Rocket-5567⟧ if it asks
u need the pw: ⟦n0tS3cret!⟧
psw is ⟦Orchid_8810x⟧ remember to log out
can someone with the pw (⟦Basalt-1907⟧) jump on db03
passphrase for the gpg thing: ⟦Copper!Wire9⟧
passphrase ⟦Velvet-8821⟧ unlocks the backup key
the passcode is ⟦771204⟧ for the bridge
bridge passcode ⟦448812⟧
zoom passcode: ⟦Qz7!pLx⟧
door code is ⟦4471⟧ after 20:00
door code ⟦9920⟧ if the badge reader is down too
alarm code is ⟦55012⟧, you have 30s
2fa code ⟦882134⟧ quick
sms code is ⟦104477⟧ enter it now
otp: ⟦339014⟧
recovery code ⟦Xk2p-9QzT-41Lm⟧ worked for me
backup code is ⟦84127733⟧
PIN: ⟦7734⟧ for the hsm
pin code ⟦8080⟧ on the safe, laptop is inside
pin for the console is ⟦66120⟧
creds are deploy / ⟦Autumn#71⟧
creds for staging: qa_user / ⟦Qu4lity!⟧
credentials: admin ⟦Falcon!2020⟧
log in with svc_batch / ⟦Herbst!99⟧
login: root / ⟦toor!1234⟧
Zugangsdaten: monitoring / ⟦Eiche!4410⟧
identifiants : admin / ⟦Lavande!55⟧
acesso: root / ⟦Manga!2022⟧
user/pass: backup / ⟦Night0wl!⟧
just ssh root / ⟦Pa55w0rd!x⟧ on the ilo
admin / ⟦Changeme!1⟧ gets you in
admin:⟦Sp1derman!⟧ on the old grafana
token ⟦q7XzP29LmT⟧ still works btw
the token was ⟦9xKq22LmZp7⟧ before rotation and nobody revoked it
my token: ⟦Tt91qLxZ04kP⟧ please use it, mine has write
i pasted the wrong token, it's ⟦zP40kQx91Lm⟧
runner token for the new box: ⟦Gx7Lq02mKp91z⟧
gitlab token ⟦gl·pat-x8Kq2mP⟧ expires friday
try gh token ⟦gh·p_7Qz81LmmB02⟧
my pat is ⟦gh·p_44kQzLm0911xx⟧ don't push to main with it
slack token ⟦xo·xb-2231-77k-Qp91LmX⟧ from the old app
found ⟦xo·xp-90177-abQ2m⟧ in the pipeline output
aws key ⟦AK·IA7QZ81LMMB02⟧ is the one that leaked
they used ⟦AK·IAX22QPL0M91⟧ from the ci box
stripe in test: ⟦s·k_test_9xQ2mLkP07⟧
stripe live is ⟦s·k_live_Zk81QxLm02⟧ careful
payments are signed with ⟦pay·_live_Qm3xL0Zt88w⟧ right?
hf token ⟦h·f_Qz71kLmP90xT⟧
npm publish token: ⟦np·m_8xQpLm20ZkT⟧
hook secret is ⟦wh·sec_7xQ2mLpZk⟧
api key for the maps thing is ⟦AI·zaQ7x2mLpZ0k⟧
openai key ⟦s·k-proj-Q7x2mLpZ0k9⟧ budget is 20 bucks
vault token ⟦hv·s.Q7x2mLpZ0k⟧ root, sorry
api key is ⟦8f2c41d09ab37e65⟧ header X-Api
the api key is ⟦3f1c9a72d0be4415a6c7⟧
client secret is ⟦b7e2f09c41aa58d3b7e2⟧ in case you redo the oauth app
the shared secret is ⟦Plum!Tree77⟧ on both peers
ipsec shared secret: ⟦Granite-5561x!⟧
radius secret ⟦Rad1us!Key⟧ on the new nas
snmp community is public but the auth key is ⟦Snmp!v3K3y⟧
encryption key for the dump: ⟦Lq9x!Zm27P⟧
sftp key passphrase: ⟦Harbor-6671⟧
⟦Kettle-9081⟧ as password, user is ops
use ⟦Mango!2210⟧ as pw for the ldap bind
try ⟦Juniper-4415⟧ as the root password
⟦Saffron!77⟧ = pw
⟦Walnut-3381⟧ (vpn password)
⟦Cedar#5510⟧ - wifi password for the room
⟦pQ7x2mLpZ0⟧ is my token, please put it in the job
⟦Qx81Lm20Zt⟧ is the api token, works for read
⟦Ahorn-7712⟧ ist das Passwort vom NAS
⟦Olive!9013⟧ c'est le mdp
⟦Abacate-5519⟧ é a senha nova
⟦Naranja!31x⟧ es la contraseña
⟦4417⟧ is the pin
vpn password for tonight:
⟦Pepper-8807⟧
password "⟦Rainbow-5512⟧" worked on gw03
password: `⟦Meteor!88⟧`
new pw (everyone): ⟦Coral-7719⟧
I reset it to ⟦Ginger-4402⟧, that's the password for both nodes
reset the admin password to ⟦Bishop-1190⟧
changed pw to ⟦Velcro!45⟧ on all of them
set the password to ⟦Quartz-3321⟧ for now
temporary password for guests tonight is ⟦Saturn-6610⟧
its the same password as before, ⟦Domino!62⟧
password for user backup on db-02 is ⟦Pelican-7781⟧
ansible vault password hasn't changed: ⟦Tractor!19⟧
the break glass password is ⟦Glass!Break22⟧ use it
idrac pw on rack 4 = ⟦Calvin!2019⟧
bios password ⟦Bios!4410⟧
the pass is ⟦Noodle!33⟧
db pass is ⟦Tunnel-8813⟧
jwt signing secret is ⟦mY5igning!K3y⟧ lol
our webhook signing key: ⟦Lx20QmZt91pK⟧
""".strip("\n")


def _read(lines):
    for number, line in enumerate(lines.replace("tonight:\n", "tonight:\v").replace("·", "").split("\n")):
        text = line.replace("\v", "\n")
        secret = text[text.index("⟦") + 1 : text.index("⟧")]
        yield Canary(f"told {number}", secret, text.replace("⟦", "").replace("⟧", ""))


PROSE = tuple(_read(_LINES))
DEV, HELD = PROSE[::2], PROSE[1::2]
"""Which half was looked at while the rules were written, and which was only counted at the end."""
