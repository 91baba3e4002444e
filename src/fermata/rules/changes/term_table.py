"""How many of the written incidents use a term of the trade; `bench/mechanisms.py --write` makes the table.

The incidents are those of two of the four hands in `bench/cases/mechanisms.jsonl.xz`. A term is what a word begins with
(`terms.STEM` letters); what nearly all or next to none of them use tells nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

_INCIDENTS = 267
_TEXT = """
4: action actuat always append attrib automa avail based basket batche bean block budget byte captur cert certma
checks clicks conf constr corp days dead deseri desire disk done droppi egress email embedd ended enforc enough
entrie entryp enviro epoch epoll exist exists explic feed find follow free genera global heap hibern hostna housek
import incomp increa init insert insuff issuer kernel known lambda livene loggin lost mailer millis model mount
mountp multip must naming newest next nightl oldest outbox parcel partne pause phase point poll positi princi progre
projec promet python reacto reader reload rename renewa repo rescal reserv retryi same satisf scale scalin schema
serve servin shippi signat storag strate succee teleme templa ticket tidy tokens trust unsche upgrad users utils
vendor visibl waited wareho workin
5: abstra acquir agent alloca alter apply averag avoid baseli betwee boot bucket capaci carrie catalo chain clean
compon conver coordi copy crash decode defer delete differ distri droppe entity evicte exhaus exit filesy forwar
functi handli haprox heartb home horizo httpco identi jackso keys label latest leader librar lines loss loyalt mail
matche media minor mismat names occurr older passwo perfor persis pricin profil querie quota rack range recomm
releas replac right role rotati routin rule severi short signal starti stoppi subjec such that thresh topics userna
util volume webhoo west writes your
6: amount annota anon audit auto backof billin cancel cloud commit creden delive depend depth destin device discon
each expect export forbid illega includ initia interv invoic istio keep legacy migrat never none outbou parame parse
pass patch payloa pgtabl privat proto recove render rollou save sendin shmem signed simpli space stuck tasks throug
timest using utiliz where
7: allowe answer argume balanc build cgroup collec column condit edge empty entry factor fell files filter first
harden hosts hour into killin large line login maximu only packag paymen percen price provid quote ratio reconc
rotate rules search shared socket stale static stats subscr suppor syntax traffi upload waitin zone
8: aborte addr alread amazon assign batch builde checko close creati debug delay duplic endpoi field have join
killed kubern labels ledger lock lookup make mode move nodes panic peer redis rollba score since specif task tenant
thrott took unexpe verify violat xact zaxxer
9: allow autosc becaus broker custom direct faster locati many member networ order prefix proper regist secret shop
stream token transp unheal void wait when worker
10: activi applic base body buffer call cart comman conn detect dial every google high jobs left long metric module
orders page reache report retrie route rows serial slow table timed valida zero
11: backen change closed comple concur denied during expire fail fatal github handsh hikari list live method offset
pendin period pods ports postgr remove settin this transa valid values withou
12: accoun authen before cause caused certif could datnam detail finish func gatewa gorout ingres kind load logger
match metada number query remote requir reset resolv runtim securi store system unable used
13: author back calls check deadli execut full json lang latenc loop null object refuse sync thread versio
14: accept auth below cache class common failin fetch health idle limits more partit produc publis schedu statem
will
15: access apache enable image main root update usage
16: does drop engine envoy helper manage namesp ntaine probe prod runnin source termin threw write
17: addres caller core desc instan minute protoc readin retry select servle start topic
18: consum curren dispat false jdbc kubele local mozill public ready record reject sessio than
19: event events grpc last option queue result send unavai
20: found operat
21: attemp limit missin nginx proxy receiv sent spec while
22: share
23: databa file header memory pool read starte unknow user
24: down listen open reason
25: data kafka rate succes
26: cluste exceed java policy value
27: cannot invali normal over stat
28: after bytes config create port spring
29: active deploy durati string target
30: availa intern node restar upstre
31: failur state
32: path
33: contro https post
34: contex replic
35: acme group return
36: size
37: handle
38: respon true
40: host type warnin
"""


def _read(text: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    count = 0
    for word in text.split():
        if word.endswith(":"):
            count = int(word[:-1])
        else:
            found[word] = math.log((_INCIDENTS + 1) / (count + 0.5))
    return found


RARITY: Mapping[str, float] = _read(_TEXT)
"""Term -> how much it says that two texts share it, about 2 to 4: the logarithm of how few of the incidents use it."""
