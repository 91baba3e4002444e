"""What words and places speak for which key time; written by `bench/postmortem_keys.py --write`."""

WORDS = {
    "started": (
        "%=-22;% by=21;0 %=-22;0 0=338;0 accounts=61;0 all=34;0 and=27;0 are=46;0 bst=70;0 but=-21;"
        "0 certificate=97;0 cet=24;0 drops=45;0 for=-71;0 gb=-28;0 here=22;0 in=-102;0 is=38;0 local=28;0 m=19;"
        "0 mitigated=24;0 mpps=32;0 ms=-14;0 our=61;0 page=108;0 revert=13;0 rolled=2;0 s=-24;0 sharp=32;"
        "0 success=136;0 to=-1;0 udp=33;0 utc=145;?=-3;a=13;a replica=19;a sad=38;about=-42;access=51;actor=82;"
        "after=-3;again at=24;agency=227;all=108;all 0=-22;all good=36;ams=51;and=-20;and not=2;and was=2;"
        "anomaly=32;anomaly dst=33;anya=96;api=52;api 0=4;are affected=74;are fine=67;as=-9;at=74;at 0=111;"
        "at quarter=55;auth=50;b=101;back=68;back 0=132;back with=4;bad=10;be=-61;before=67;began=107;between=115;"
        "bonjour=15;bst=56;build failed=24;bump grpc=57;but every=25;but the=-15;by=8;cache ttl=74;came=22;"
        "cells=35;certificate=162;certificate expires=6;check=34;chg=3;chg 0=3;chore=28;chore bump=66;clean=58;"
        "client=105;clients=24;clock=-10;cms=58;collect=39;comes back=3;config=7;control=3;count=8;count 0=60;"
        "counting=75;credit=15;ctrl=77;dark=111;db=-15;delay=32;deploy=25;desk=40;devices=18;documents=28;"
        "don't have=34;draft=14;drained=33;dropped=58;dst 0=33;dual=30;e=22;ends=38;ends in=45;engine=17;"
        "enroll=41;eu 0=29;every=167;every single=20;evicting=-11;ewr=208;existing=59;expired=109;expires=111;"
        "face=34;failed=2;failed phpcs=24;failover=24;failover 0=81;fence=38;finished=-33;first=231;flag=32;"
        "flag tax=31;flat=-38;flowers=234;for=87;for my=98;for one=62;for the=23;fraud=19;fraud rules=26;from=81;"
        "from 0=85;from a bot=4;from this=27;gb=-29;get=145;gone=21;got=-22;graph=311;graphs=112;group=-33;"
        "grpc=50;grpc to=66;had one=16;happy=10;hard=62;has=-15;have=12;have one=35;here=75;hits=19;i=-75;i e=81;"
        "i turned=49;if=-2;images=15;in=68;in 0=31;in a=6;in the=6;instead=14;instead of=15;internal=6;is 0=17;"
        "is live=59;is signed=40;ist=33;it=66;it no=7;it until=4;it went=46;it's back=3;its=38;job=61;just=66;"
        "just went=117;kind action=6;kind hypothesis=-58;kind milestone=-78;kind observation=36;"
        "kind retraction=-11;lb=31;leaf=78;line=17;line 0=126;lines=101;link=72;load=18;lock=80;log=81;logs=196;"
        "long=11;look=84;look ok=47;looking=9;lost=24;low urgency=5;m=12;mad=65;mail relay=60;mails=75;makes=33;"
        "materialize=6;memory=17;metric=36;minute=130;miss=9;mpps=32;mpps site=33;ms=-21;my=17;my time=30;"
        "need=-14;new=21;night=-5;nine=92;no=48;no new=-11;nodes=-16;not 0=7;notafter=35;notes=-18;now=-102;of=-7;"
        "ola=125;on every=49;on paper=12;on the=-6;one=15;one box=117;ones=51;only=-15;open=42;open the=15;"
        "options=28;options a=33;org=59;our time=26;out of=16;out the=-12;over at=83;page=-9;paper=24;parcel=127;"
        "past=95;patients=15;phone=-90;phpcs=24;pitr=32;pm=61;pool=-45;post investigating=44;posture=101;"
        "publish=11;query rewriter=43;quorum=64;ran out=114;ratio=-31;reach=51;ready=12;rebuilt=50;recap=72;"
        "recap 0=1;red=22;redis=-40;registration=14;rejects=112;relay=38;relay 0=92;release=4;release 0=23;"
        "replica=11;resolved=-53;rest are=67;revert 0=20;rewriter=13;rewriter 0=43;right=77;ring=73;rolled out=98;"
        "rows=-28;rules=15;run=130;s=-30;s by=124;sad=38;same=-42;save=31;saw=30;saw it=4;says=32;says it=46;"
        "season 0=8;second=8;seconds=21;sharp=166;sheet for=33;short=35;shower=38;sid=28;signed=4;since=144;"
        "since 0=49;since the=-27;slow=-31;so that's=6;stage alerted=52;stage none=122;stage resolved=-24;"
        "staging=-14;start=63;start 0=58;started=175;started 0=4;started at=36;state=17;statements=24;stats=150;"
        "still=-30;stuck=65;stuck in=52;success=93;switch=70;t=3;t 0=17;table=-4;taneka=164;ten=31;ten to=18;"
        "tenants=-4;test=69;test build=24;that=2;that's=56;that's a=76;the=73;the 0=-43;the credit=40;"
        "the desk=144;the site=-2;their=-53;them=-45;there=75;they=-11;thing=-31;this=-12;through=-50;time=33;"
        "time 0=-69;time it=33;time to=30;timeline=69;to=-21;to 0=34;to write=32;today=9;tokens=23;too 0=1;"
        "took=105;ttl=5;udp=18;udp 0=19;untouched=34;up=37;up 0=43;urgency=5;used=-9;utc=13;utc 0=-17;"
        "vertical=238;w=120;w o=85;warehouse=16;was 0=18;waw=92;we can=23;we don't=32;we take=15;went=80;"
        "went out=-32;went through=-3;went up=41;went vertical=140;whatever=49;when=106;when the=5;"
        "wikibasemediainfo=126;wikibasemediainfo 0=127;window=-51;with=134;write=22;write it=12;x=15;x in=35;"
        "yes=-67;yesterday=-14;you=-17;zonec=7;zt=105;zt posture=105;"
    ),
    "detected": (
        "%=58;% baseline=32;% dropped=6;% for=-45;% of=-53;% threshold=5;0=-17;0 %=58;0 0=97;0 a=-22;0 age=-51;"
        "0 api=44;0 checks=74;0 clusters=53;0 comments=8;0 customers=1;0 emails=9;0 first=426;0 floor=7;0 for=76;"
        "0 gera=12;0 is=-28;0 k=28;0 last=-41;0 login=21;0 min=111;0 of=40;0 ok=2;0 on=120;0 p=-58;0 page=12;"
        "0 people=19;0 put=65;0 ratio=-167;0 readers=50;0 region=54;0 request=2;0 s=-34;0 tables=14;0 tickets=-2;"
        "0 times=7;0 utc=56;?=120;? ?=47;a=98;a car=6;a lot=20;a name=10;address=3;advisory=62;advisory for=66;"
        "after=11;again=-14;again after=26;again and=48;again synthetic=-87;age=-61;age 0=-59;ago=78;ago and=12;"
        "alert=10;alerting=-12;all=69;all 0=-13;all at=58;all regions=31;am=17;ams=89;amsterdam=3;and=76;"
        "and it=215;and then=63;and was=22;answer=19;answers=28;ap=-6;ap ne=-4;api p=13;are not=77;arq=10;"
        "asks me=24;at=19;at 0=-10;at all=3;at once=31;audio=65;audio in=71;availability=34;avg=102;avg 0=34;"
        "awake=259;baby=1;back=-67;baseline 0=32;be=26;before=-65;below=-40;below 0=-33;bin=35;black=43;block=3;"
        "block 0=15;blocked=11;bonjour=3;bounces=75;broker=-38;by=-44;c=-105;c 0=-15;calls=186;can i=-7;can't=62;"
        "cannot=75;cant=118;car=6;central=45;change=-27;charged=139;checkin=-99;checkin p=-6;cluster pg=-92;"
        "clusters=36;comments=7;config=-2;confirmed=71;connect=-20;consumer=24;consumer group=52;cpu=-34;"
        "create=39;crit=66;critical=276;critical 0=-25;customer=141;customers=29;d=20;dc=11;declines=18;"
        "deferred=60;deleted=15;desk=90;disk=-62;dispatch=-90;do=-39;does=48;dropped=84;dropped 0=65;during=25;"
        "east=16;east 0=10;east dc=26;east hub=27;east us=19;edge=-1;emails=5;ended=34;ends=47;ends in=55;"
        "enroll=62;error rate=-33;errors=1;every=30;every third=70;ewr=137;exceeded=50;existing=46;expected=133;"
        "f=8;failure=65;far=35;fatal=41;faults=2;faults 0=3;fct=34;fct revenue=43;firing=61;firing 0=63;flash=50;"
        "fleet=2;floor 0=58;for 0=88;forever=51;forward=76;found=45;fra 0=-29;frankfurt=79;friends=47;from=26;"
        "from a bot=113;gera=12;gera arq=12;getting=251;git=113;git push=224;gives=64;gmail=92;grey=47;group=61;"
        "guilds=-1;gw=-48;h=56;haha=71;half=36;handler=106;has 0=97;health=-14;heartbeat=-37;hello=108;help=11;"
        "here=138;heroes=18;hey=43;hi=32;high=58;hola=111;hotel=23;https=57;hub=13;i=35;i say=-51;in=84;in 0=23;"
        "in a=1;in here=42;in lyon=1;in the=19;in to=29;inc=-45;inc 0=-14;incident=-109;info=-43;install=52;"
        "into the=65;is=-4;is 0=6;is down=290;is it=19;it=-54;it 0=131;jackson=94;job=59;job liq=35;jobs=69;"
        "js=105;just=15;k=51;k s=33;key=-1;killed=17;killed 0=24;kind action=-13;kind communication=-51;"
        "kind milestone=-19;kind observation=94;know=44;known=108;lab=29;lake=-19;last 0=-19;late=94;latency=95;"
        "latency p=4;lgtm=224;like=208;limit 0=31;line 0=33;liq=10;liq d=10;lite=7;load=-37;load 0=-24;log=-2;"
        "logged out=3;login=77;login success=30;logins=31;look ok=66;looks like=50;lot=19;lot of=27;m=28;m 0=32;"
        "making=35;making this=54;map=159;mastercard=94;matrix=6;matrix us=6;me=130;me to=18;min ?=75;min all=24;"
        "min for=-27;minutes=47;models=46;months=85;morning=133;mqtt=-116;ms 0=184;mta=11;my=85;myself=9;ne=-4;"
        "never=33;new=71;night=110;no=47;no new=28;nobody=-12;node=-51;normal=-16;not=78;not affected=42;"
        "not open=6;nothing=13;notification=-59;notification 0=-51;now=11;now 0=131;object=12;odd=14;of 0=36;"
        "of the=-23;of tickets=8;official=61;offline=-104;ok=56;on=23;on eu=14;on pod=-3;oncall=28;one=17;"
        "one person=34;online=63;only=-49;open=87;opened=62;optics=14;optics swap=20;order=47;orders=136;out=17;"
        "out and=10;over=16;over 0=12;p=8;p 0=66;package=82;page=109;paging=128;panel eu=-51;parcel=67;"
        "partition=12;partition 0=17;past=143;pending=78;pending 0=125;people=134;per=-77;person=19;pg=-100;"
        "pick=32;please=-26;pms=-32;pms api=-32;pod=-129;probe 0=-27;probe failed=-69;probe matrix=6;problem p=39;"
        "prod=141;proxy again=-87;push=27;put 0=99;q=16;q 0=22;queued=49;rate 0=-46;ratio=75;rc=24;rc 0=24;"
        "re=-273;re notification=-7;readers=46;reddit=206;regions=15;registration=44;reject=74;reminder=-98;"
        "reminder 0=-86;remote=16;repeat=-199;repeat 0=-57;replication=69;request=19;request faults=3;requests=-5;"
        "resets=62;restart 0=11;retried=21;retry=-6;revenue=21;revenue is=43;riders=137;row=45;run=-71;runbook=18;"
        "say=227;says=244;says 0=8;says no=116;schools=69;scooters=6;search=139;search index=83;seat=130;"
        "security=91;security advisory=62;security is=32;see=14;seen=-4;send=77;sepin=2;sepin 0=2;serde=5;"
        "server=61;service desk=31;setup=55;sev=92;sev 0=92;several=42;shop=14;short=21;short version=24;"
        "showing=3;shows=109;signature=170;since=150;since this=26;site=97;site 0=-90;site is=168;sla=44;"
        "slack=-47;slo=133;slow=13;so=-51;so far=60;sold=2;some=73;sort=48;spinner=83;spins=49;sre=22;st=32;"
        "stage alerted=456;stage cleared=-28;stage declared=-80;started in=10;still=-18;stopped=58;stuck=43;"
        "stuck on=8;students=184;support=61;support has=13;syd cluster=-92;table=-50;tables east=3;takes=33;"
        "tcp=108;ten past=27;text=-23;that=17;that does=7;the app=19;the link=25;the map=5;the optics=18;"
        "the same=103;their=78;then=106;thing=-10;third=49;this=9;three=33;threshold=104;threshold 0=202;"
        "throws=55;ticket=67;tickets from=18;tickets in=-2;tiles=21;time=-62;title=24;to=-63;to 0=-7;tools=59;"
        "tried=1;triggered=152;trim=4;true=65;turns=40;tv=48;twice=145;two=34;unable=63;unable to=63;"
        "unavailable=-16;unreachable from=46;up=49;up again=26;uploads=19;urgency=104;us central=173;users=2;"
        "usual=46;usual 0=64;utc=1;utrecht=1;v=-3;v 0=-1;verify=28;version=44;versions=19;visitors=48;w=-20;"
        "warn=-141;warning=-51;was=59;we=-28;we have=69;what=-55;whatsapp=35;whole=223;why=50;with 0=-3;with a=45;"
        "worker=-43;write=32;writes=76;xx 0=90;years=3;you=77;zero=6;"
    ),
    "declared": (
        "0 assigned=13;0 because=18;a=21;are=-19;assigned=37;because=17;bram=12;builders=6;call=168;calling=48;"
        "calling it=35;cole=1;consumer=5;consumer lag=20;declared=166;declaring=40;degradation=38;everyone=111;"
        "exposure=1;for=-10;h=21;hands=55;hanna=6;has=32;has no=10;hold=8;i=44;i run=40;i'm=194;i'm on=12;in=40;"
        "inc=117;inc 0=117;incident=354;ios=-6;it=149;it has=19;it isn't=7;joining=94;kind milestone=126;"
        "kind observation=65;kofi=14;lag 0=8;lead=271;level=26;light=68;lyrics=-6;major=80;me=28;metro=105;"
        "missing=-9;missing on=-6;mo=6;not=-2;now=9;of 0=54;ok=31;on social=6;on the=47;opened=13;partial=38;"
        "partitions=17;partitions 0=20;please=20;pls=7;reza=14;room=3;rotating=80;rotating light=83;run=22;"
        "run it=47;sev=143;sev 0=139;severity=38;shows=5;side=17;social=6;stage alerted=29;stage declared=498;"
        "stage none=12;stage resolved=-22;stays on=6;taking=190;taking the=152;tamsin=14;tech=45;tech lead=8;"
        "the=3;the call=9;the wheel=12;this=208;this is=24;to=-63;treat=4;treat it=4;until=95;was in=92;wheel=12;"
        "words=54;writer=8;"
    ),
    "mitigated": (
        "! !=134;%=58;% of=-98;0=116;0 %=58;0 0=126;0 and=28;0 at=60;0 card=7;0 cet=42;0 closed=150;0 dms=10;"
        "0 done=41;0 edge=94;0 falling=-35;0 from=-67;0 good=2;0 lb=3;0 min=29;0 next=17;0 normal=73;0 now=32;"
        "0 ok=78;0 on=15;0 open=-11;0 paused=33;0 per=38;0 pods=101;0 published=70;0 rate=70;0 s=92;0 shards=30;"
        "0 since=20;0 static=4;0 updates=68;0 vms=19;0 went=-29;0 xx=3;?=-127;a=-87;a at=37;about=-54;accepted=14;"
        "accounts=-6;affected=39;after=-71;again=102;again 0=-50;all=7;all 0=163;all green=-12;all regions=24;"
        "am=-17;an=-12;and=28;and 0=134;and it's=6;and that's=58;and the=-3;announcements=29;answer=164;any=208;"
        "any more=68;app has=116;are=53;are back=-29;are coming=162;are through=35;are up=69;arq=2;arrive=100;"
        "as=198;as of=180;as usual=43;as well=-47;at=30;at 0=-28;at breakfast=46;at least=89;author=70;b=4;"
        "back to=2;back up=40;baseline=176;batches=1;batches of=19;be=-5;beat=54;between=84;between 0=106;"
        "booked=21;booting=113;boots=81;boring=108;both=-54;br=97;broken 0=28;build=-10;bundle=29;bundle 0=71;"
        "but=-23;by teo=67;by wren=39;cache=-24;caches=132;caches are=8;came=-6;can=56;can log=58;can see=2;"
        "canary=-20;cancelled=36;caught=12;caught up=12;cause is=44;cet=21;cfo=105;ch=28;change=-119;"
        "check mark=15;checkout=9;checkout 0=64;cip=67;claims=2;close=-4;closed all=108;come=-99;come back=-10;"
        "coming=50;coming in=1;complete 0=94;confirm=55;confirmed=170;confirmed from=28;confirmed with=38;"
        "consider=13;consumers=40;content=55;content 0=65;cpu=-48;curl=144;dashboard=20;dbs=63;decision to=21;"
        "declared=-69;decline=33;decline rate=56;deployed 0=14;dfw=27;did=67;diff=51;discovery=20;disk=-32;"
        "dkim=39;dms=9;docs in=17;done=-3;done 0=-59;doors=27;doors open=27;double=74;down 0=52;drained=55;"
        "drains=3;duplicates=120;east=105;eastern=63;edge config=87;empty=-17;engine=10;error rate=55;errors=13;"
        "estimate=61;eu=-133;events=-9;every=100;every 0=-43;everybody's=81;everything=82;everywhere=198;"
        "expect=44;failed=-16;failovers=122;failure=5;failures=-6;fanout=93;fanout 0=38;fct=-39;feed b=34;"
        "fetch=87;files=85;fills=44;fine=-74;first 0=17;first customer=35;flag=-53;flags 0=45;flat=50;for=-10;"
        "for 0=-35;for real=3;for the=-6;for tonight=2;forced=10;form=22;found=-39;fresh=49;from=23;"
        "from a bot=-90;front=87;front page=110;g 0=1;gets=56;gmail yahoo=18;go=19;go out=106;going through=22;"
        "gone=121;graph=-43;graphoid=75;green=-52;had=23;hand in=2;handshake=-9;handshakes=9;have=-68;here=-127;"
        "hit=-54;hit rate=-12;hold=20;host=2;hour=-75;i=4;i can=25;i consider=13;i look=88;i owe=37;i'm=-36;"
        "impact=22;in all=150;in and=37;in on=20;in search=225;in the=35;in three=13;incident=-61;insert=38;"
        "install=4;is=13;is down=30;is in=-4;is on=27;is ready=25;is right=52;is running=118;is stale=29;is up=69;"
        "issue=92;it=-50;it did=8;it now=3;it takes=27;its=59;its 0=68;itself is=18;job=100;job liq=39;join=58;"
        "join errors=5;just=-49;k=78;k docs=9;k rows=45;keys=-15;kind communication=19;kind hypothesis=-20;"
        "kind observation=100;kind retraction=-52;last=129;last 0=4;late=-16;latency=2;lb=220;lb pools=13;"
        "least=87;least one=197;ledger=157;leftovers=168;letters=70;level=153;like=45;like it=13;limits=-4;"
        "lindqvist=93;line=-21;linux=162;linux medium=19;liq=2;liq d=2;lisbon=21;lisbon time=28;live=105;"
        "live in=75;lobby=2;lobby join=5;locked out=18;log=-10;log in=33;logins=8;looks=10;looks like=134;"
        "lookup=80;lost=-48;lovely=34;mail=-86;manual=-28;me=-30;medium=2;migration=90;migration 0=239;minute=133;"
        "minutes=-58;mitigated=389;most=154;ms=93;my=-2;my own=25;names=106;need=-13;networking=98;never=-18;"
        "new=41;new intermediate=32;next=79;night=-18;nine=8;no=-12;no new=238;nobody's=7;noise=183;nope=-9;"
        "normal=119;normal 0=-38;not=-95;not affected=29;not the=-23;nothing=-8;number=17;o=10;of=7;of now=5;"
        "off=65;off 0=179;off everywhere=12;ok=-47;on=-59;on 0=50;on all=-42;on any=53;on for=5;on top=13;one=-40;"
        "open=253;open again=-20;orders=81;our=-29;out=87;out of=38;outage=27;outlook=11;over 0=19;owe=37;p=31;"
        "page=71;page posted=28;pass=36;passed=-14;paused=82;people=22;per minute=46;places=44;plausible=162;"
        "pods=126;pods again=27;pools=40;pools batch=13;pop=44;pops=-2;portal=18;post resolved=51;posted=78;"
        "prod 0=26;products=18;properly=21;provider=24;published=2;published to=71;push=-8;pushes=-5;queue=20;"
        "queue 0=15;queue is=-24;queuewaitp=5;queuewaitp 0=5;raghav=67;raid lobby=5;ran=-16;rate=61;rate 0=60;"
        "ratio=47;ratio 0=18;re=-35;reads=118;real=53;real this=42;recap=12;recap for=54;recovered=167;region=102;"
        "regions=176;rejected=-17;rejects=222;rest=82;restored=137;results=49;results are=16;resumed=13;"
        "resumption=22;resync=234;retry=-1;revenue is=14;rollback=-11;root=41;rows=3;rows 0=35;run=1;run out=80;"
        "runners=83;running=52;s from=27;sam=52;sam o=52;same=-48;saturday=8;say=-11;says=-15;scanner=95;"
        "search=26;seconds=46;secs=68;see=71;session=-46;setting=55;sev=-23;shards=11;shows=-18;signer=110;"
        "signing=133;since 0=111;slots=29;so=-166;sold=84;some=-12;sp=86;stage alerted=-163;stage cleared=284;"
        "stage declared=-42;stage mitigated=311;stage resolved=-23;started=-40;stayed=5;step=-8;still=-12;"
        "streaming=22;success=47;suspended=41;svc=-41;synthetic=126;tabs=21;take=-16;takes=80;tax form=37;tcp=4;"
        "ten to=19;teo=66;test=10;test is=56;that=-101;that is=-4;that was=139;that's=39;that's normal=95;the=-64;"
        "the app=166;the caches=64;the door=28;the pool=43;the record=21;the tree=11;their=-1;them=-70;then the=1;"
        "there=-71;they=-46;this=-46;this time=250;three=89;throttle=63;through=194;ticked=8;tickets=-23;tills=36;"
        "timeouts=29;timeouts 0=199;to 0=-46;to a=26;to the=-26;tokens=-32;too=-104;tree=8;unavailable 0=22;"
        "under=83;under 0=123;up=13;up again=-114;update=14;updates=59;upload=53;use=-27;v=-74;v 0=-62;val=78;"
        "val k=78;value=21;value 0=46;verified=52;via=8;viewer=84;vms=153;w=-27;wait 0=171;walks=13;was the=21;"
        "waw=-3;we=17;we are=65;we expect=84;webhooks=40;well=-57;went down=-31;went in=151;went through=10;"
        "west=159;what=69;what a=225;what's=119;what's left=17;when=-47;white=1;white check=15;wide=135;with=-24;"
        "with 0=75;with my=31;works=58;wren=2;writes are=30;x=-30;xx=3;xx 0=67;yes=-33;yesterday's=94;you=-95;"
        "zero=134;"
    ),
    "resolved": (
        "!=-91;%=-11;% for=20;% was=14;0=-41;0 %=-10;0 0=89;0 for=138;0 h=47;0 in=39;0 issue=86;0 master=104;"
        "0 of=83;0 refused=68;0 region=12;0 resolved=68;0 s=141;0 start=11;0 that's=185;0 up=23;0 uploaded=45;"
        "0 utc=32;0 went=46;0 workers=47;?=-94;a=-63;a cache=30;a normal=44;about=-8;again=89;alerts=40;all=86;"
        "and some=59;any=139;api=-30;are=-49;argo=19;as resolved=-4;as they=38;at=21;at 0=3;at normal=8;"
        "back to=74;backlog is=67;bad=160;bad one=12;behind=11;behind a=31;believe=161;benji=24;billing=1;"
        "billing web=53;bin=44;both=71;budget burn=2;burn=258;by imogen=31;can=-40;cert=7;changed=198;charge=14;"
        "charge success=15;checks 0=13;clean=188;cleared=57;close=19;close the=91;closed=125;closing=174;"
        "closing p=35;closing this=113;comes=9;comes back=29;cost=8;dale=51;diff=58;dinner=38;done 0=62;"
        "dropping=29;dropping the=43;empty=31;error budget=2;errors=48;eu=-23;everybody=67;everybody gets=40;"
        "everyone=151;files=50;finalize=52;fine=-33;finished=15;first=9;first 0=49;flat=138;floor=111;flow=64;"
        "for=95;for three=46;friday=7;from=-47;from a bot=-34;g=-5;gen=268;gen 0=54;gets=189;gets the=43;"
        "github=36;github com=28;gn=1;green=208;green here=-2;h=32;h of=21;had=-27;half=-20;has=-27;have caught=6;"
        "healthy=42;hearth=15;hosting=14;hourly=161;hours=-29;how it=27;i=27;i believe=162;i close=16;idle=19;"
        "imogen=27;in dns=40;in the=-41;inc=107;inc 0=109;incident=131;incident 0=16;incident closed=-4;"
        "incident resolved=46;is a=17;is done=5;is empty=50;is gone=35;is live=18;is open=88;is over=-34;issue=27;"
        "it=-7;it's back=28;kind communication=84;kind milestone=196;kind observation=55;lag is=40;last=246;"
        "last one=49;leave=46;left=4;left on=116;loaded=24;loads=-8;lock=68;locked=24;log=-10;looks=-86;major=29;"
        "master=5;matching=31;max=8;max 0=23;me=-40;media=41;min=117;min at=63;mine=-39;minutes=112;mode=4;"
        "monday=28;more=122;moved=40;ms=-11;my=24;new=-50;next week=28;no more=2;nobody=-48;normal=134;not=-78;"
        "nothing=68;nothing left=154;now=108;now no=13;now please=29;obi=-12;of=19;of 0=79;of tickets=47;off=67;"
        "ok=-30;on=38;on monday=17;on tuesday=244;one=40;online=98;open=26;open again=75;operating=277;"
        "operating normally=21;or=110;out=33;out at=43;over=105;p 0=9;page says=46;pairs=3;please=7;poll=12;"
        "post resolved=284;probes=231;processed=27;prost=82;prost gen=82;public=45;purge=-24;pushes=40;queries=6;"
        "queue=61;queue of=20;quiet=38;rate=-7;ratio=34;reads 0=7;real=99;really=19;recap=-34;red=131;red 0=39;"
        "refused=38;region all=15;resolved=226;resolved 0=45;resolved all=-10;resolved by=-5;restore=-41;"
        "same for=46;sample=9;say=-27;seconds=7;sees=39;set=1;set by=30;sev=7;sev 0=9;shared=8;side=60;side is=23;"
        "signed=164;since 0=81;sleep=21;slow or=16;so=-127;some=89;stage alerted=-119;stage cleared=38;"
        "stage declared=-33;stage mitigated=54;stage none=80;stage resolved=419;start 0=4;status=78;"
        "status page=-16;stays=121;success ratio=13;tests of=48;thank=70;thank you=70;that's=109;that's it=98;"
        "the=-59;the bad=27;the real=33;the wheel=42;then we're=74;they should=46;thing now=31;this one=12;"
        "ticket=-113;till tomorrow=33;tills=33;time=-2;timeouts=61;to=-15;to normal=-22;tomorrow=194;triggers=52;"
        "trucks=16;try=9;tuesday=93;turned=92;twenty=49;unchanged=24;under 0=7;unreachable=8;up now=6;uploaded=28;"
        "uploads=59;us=-1;wall=100;was=14;was on=20;we're=106;web 0=242;week=3;well=-64;went in=73;were=-34;"
        "what it=16;wheel=42;with=19;without=182;without the=26;workers=6;worldwide=27;you all=21;zero 0=54;"
    ),
}
"""Of each key time, hundredths of what each mark of a message adds to the logarithm of its odds."""
PLACES = {
    "started": (
        0.756,
        0.074,
        -0.19,
        0.631,
        0.05,
        -0.02,
        -0.038,
        -0.056,
        -0.153,
        0.062,
        0.061,
        0.128,
        0.202,
        -0.083,
        -0.882,
        -0.354,
        0.064,
        -0.893,
        -1.287,
        -0.229,
        -0.132,
        -0.705,
        -0.108,
        -0.554,
        -0.439,
        -0.021,
        -0.418,
        -0.342,
        -0.08,
        1.99,
        -0.377,
        -0.236,
        0,
        -1.004,
        -1.668,
        -0.227,
        0,
        -0.024,
        -0.24,
        -0.017,
        -0,
        -0.42,
        -0.232,
        0.029,
        -0,
        -0.086,
        -0.162,
        0.073,
        0,
        -0.588,
    ),
    "detected": (
        0.228,
        0.094,
        -0.706,
        -2.221,
        0.076,
        -0.266,
        0.11,
        0.047,
        -0.372,
        0.189,
        0.039,
        -0.027,
        -0.092,
        0.021,
        -1.07,
        -0.902,
        -0.003,
        0.636,
        -1.483,
        -0.2,
        -0.864,
        -1.085,
        -0.16,
        -1.243,
        -0.674,
        -0.032,
        1.299,
        -0.161,
        -0.058,
        -0.057,
        0.541,
        -0.159,
        -0,
        1.087,
        -0.53,
        -0.18,
        -0,
        -0.684,
        -1.049,
        -0.06,
        0,
        -0.71,
        -0.354,
        -0.041,
        -0,
        -0.267,
        -0.154,
        0.042,
        -0,
        3.561,
    ),
    "declared": (
        -0.316,
        0.281,
        -0.24,
        0.949,
        0.067,
        0.018,
        -0.029,
        0.153,
        -0.288,
        -0.032,
        0.132,
        -0.071,
        -0.063,
        0.158,
        -0.587,
        -0.237,
        -0.048,
        -0.26,
        -0.157,
        -0.247,
        0.278,
        -0.198,
        -0.038,
        0.074,
        -0.211,
        -0.107,
        -0.335,
        -0.122,
        0.014,
        -0.539,
        -0.044,
        0.029,
        0,
        -0.103,
        0.484,
        -0.069,
        0,
        3.481,
        -0.135,
        -0.08,
        -0,
        -0.696,
        -0.5,
        0.02,
        0,
        -0.184,
        -0.147,
        0.019,
        -0,
        4.496,
    ),
    "mitigated": (
        1.029,
        0.108,
        -0.561,
        0.06,
        0.068,
        -0.031,
        0.088,
        0.24,
        -0.345,
        0.426,
        0.175,
        0.058,
        0.164,
        -0.123,
        -1.959,
        0.379,
        -0.13,
        0.421,
        0.755,
        0.138,
        -0.539,
        -0.068,
        0.099,
        -0.34,
        0.232,
        -0.163,
        -0.56,
        -0.521,
        0.247,
        1.082,
        0.003,
        -0.153,
        0,
        0.428,
        0.78,
        0.195,
        -0,
        0.1,
        0.089,
        0.075,
        -0,
        1.037,
        0.178,
        -0.31,
        -0,
        -1.93,
        -0.356,
        -0.08,
        0,
        0.063,
    ),
    "resolved": (
        0.061,
        0.217,
        -0.094,
        2.104,
        0.087,
        0.097,
        0.141,
        0.236,
        -0.036,
        0.16,
        -0.485,
        -0.228,
        0.156,
        -0.042,
        -1.078,
        -0.054,
        -0.082,
        -0.513,
        0.954,
        0.105,
        0.439,
        0.668,
        0.182,
        1.062,
        0.611,
        0.142,
        -1.032,
        0.44,
        -0.056,
        1.334,
        0.343,
        0.112,
        -0,
        -0.173,
        0.125,
        0.128,
        -0,
        -0.048,
        0.372,
        0.113,
        0,
        2.064,
        0.788,
        0.093,
        -0,
        0.234,
        -0.615,
        -0.259,
        0,
        6.304,
    ),
}
"""Of each key time, the weights of `key_odds.FEATURES`."""
