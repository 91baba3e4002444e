"""What words and places speak for which key time; written by `bench/postmortem_keys.py --write`."""

WORDS = {
    "started": (
        "! 0=1;%=-20;% by=19;0 %=-20;0 0=342;0 accounts=69;0 all=34;0 and=28;0 are=62;0 bst=55;0 but=-22;"
        "0 certificate=83;0 cet=16;0 drops=48;0 for=-62;0 gb=-22;0 here=28;0 in=-103;0 is=34;0 local=26;0 m=18;"
        "0 mitigated=51;0 mpps=28;0 ms=-8;0 our=51;0 page=112;0 revert=17;0 rolled=8;0 s=-22;0 success=131;"
        "0 to=-21;0 udp=28;0 utc=140;a=17;a node=5;a replica=15;a sad=36;about=-50;access=56;actor=88;"
        "again after=1;again at=20;agency=228;alert=4;all=102;all 0=-7;all good=36;ams=50;and=-21;and it's=1;"
        "and not=1;and was=11;anomaly=28;anomaly dst=28;anya=102;api=64;are affected=71;are fine=65;at=37;"
        "at 0=150;at quarter=67;at the=-8;auth=49;b=105;back=60;back 0=91;back with=6;be=-63;before=56;began=106;"
        "begins=3;between=118;bonjour=18;box=7;bst=37;build failed=25;bump grpc=50;but every=24;but the=-5;by=14;"
        "cache ttl=68;cells=35;certificate=153;certificate expires=2;check=27;chg=6;chg 0=6;chore=27;"
        "chore bump=57;clean=62;client=112;clients=19;clock=-11;cms=66;collect=37;comes back=5;config=16;count=1;"
        "count 0=61;counter=6;counting=66;credit=18;ctrl=93;dark=32;db=-7;delay=27;deploy=7;devices=12;doc=-4;"
        "documents=28;don't have=31;draft=28;drained=5;dropped=64;drops=12;dst 0=28;dual=29;during=1;e=23;ends=38;"
        "ends in=46;engine=16;enroll=41;eu 0=26;every=151;every single=23;evicting=-4;ewr=207;existing=62;"
        "expired=106;expires=106;face=32;failed phpcs=25;failover=26;failover 0=78;fence=36;finished=-30;"
        "first=237;flag=26;flag tax=27;flat=-41;flowers=230;for=68;for my=92;for one=81;for the=43;fraud=20;"
        "fraud rules=28;from=85;from 0=91;from a bot=14;from this=24;gb=-24;get=146;gone=25;got=-20;graph=313;"
        "graphs=121;group=-32;grpc=45;grpc to=58;had one=16;happy=10;hard=52;has=-14;have=27;have one=32;here=78;"
        "hits=28;i=-78;i e=75;i turned=48;images=16;in=71;in 0=31;instead=8;instead of=9;internal=9;is 0=32;"
        "is live=70;is signed=39;ist=18;it=65;it went=57;it's=9;it's back=36;its=28;job=48;joined the=5;just=60;"
        "just went=119;kind action=14;kind hypothesis=-58;kind milestone=-78;kind observation=40;"
        "kind retraction=-9;label=-7;lb=33;leaf=72;line=39;line 0=111;lines=14;link=82;load=23;lock=76;log=83;"
        "logs=190;long=62;look=100;look ok=48;looking=17;lost=37;low urgency=1;m=13;mad=65;mail relay=82;mails=75;"
        "makes=27;memory=21;metric=33;migration=6;minute=162;miss=17;mitigated=17;mpps=28;mpps site=28;ms=-16;"
        "my=11;my time=32;need=-11;negative=4;new=9;night=-9;nine=98;no=33;no new=-3;nodes=-20;not 0=12;"
        "notafter=36;now=-91;of=-7;ola=123;on every=51;on paper=17;one=16;one box=123;ones=46;only=-15;open=10;"
        "open the=19;options=26;options a=30;org=64;our time=21;out of=24;out the=-5;over at=101;page=-10;"
        "page 0=8;paper=24;past=108;patients=20;phone=-96;phpcs=25;pitr=29;pm=56;pool=-43;post investigating=36;"
        "posture=97;publish=7;query rewriter=42;quorum=72;ran out=116;ratio=-34;reach=51;ready=6;rebuilt=48;"
        "recap=34;recap 0=14;red=28;redis=-30;registration=20;rejects=97;relay=56;relay 0=93;release 0=9;"
        "removed=4;replica=7;resolved=-55;rest are=66;revert 0=25;rewriter=22;rewriter 0=42;right=58;ring=43;"
        "rolled out=92;run=128;s=-39;s by=123;sad=36;same=-13;save=29;saw=28;says=36;says it=35;season 0=14;"
        "second=42;seconds=23;sent=28;sharp=153;sheet for=33;short=47;shower=36;sid=25;signed=13;since=152;"
        "since 0=55;since the=-29;slow=-29;so that's=179;stage alerted=47;stage mitigated=-10;stage none=119;"
        "stage resolved=-30;staging=-14;start=64;start 0=64;started=180;started 0=39;started at=33;starting=2;"
        "starts=2;state=10;statements=26;stats=143;still=-31;stuck=73;stuck in=52;success=88;switch=73;t=2;t 0=17;"
        "table=-2;tech=32;ten=37;ten to=22;tenants=-5;test=64;test build=25;that=31;that's=85;that's a=89;the=69;"
        "the 0=-50;the credit=42;the link=1;the ring=4;the switch=4;their=-55;them=-48;there=84;they=-13;"
        "thing=-26;this=-4;through=-59;time=32;time 0=-72;time it=22;time to=39;timeline=76;to=-19;to 0=36;"
        "to write=32;today=6;tokens=34;too 0=5;took=97;ttl=11;udp=13;udp 0=15;untouched=34;up=3;up again=1;"
        "urgency=1;utc=8;utc 0=-12;vertical=232;w=121;w o=85;warehouse=16;waw=90;we can=18;we don't=30;went=87;"
        "went out=-18;went through=-5;went up=20;went vertical=138;whatever=49;when=104;when the=22;"
        "wikibasemediainfo=127;wikibasemediainfo 0=127;window=-48;with=124;worse=10;write=22;x=29;x in=31;yep=3;"
        "yes=-59;yesterday=-26;you=-23;zt=101;zt posture=101;"
    ),
    "detected": (
        "%=60;% baseline=27;% dropped=1;% for=-35;% in=-12;% of=-62;% threshold=19;0=-18;0 %=60;0 0=108;0 age=-53;"
        "0 alert=14;0 api=48;0 checks=79;0 clusters=69;0 comments=8;0 emails=13;0 first=450;0 floor=12;0 for=81;"
        "0 gera=10;0 h=36;0 is=-21;0 k=41;0 last=-48;0 login=30;0 m=47;0 min=112;0 of=50;0 on=108;0 p=-59;"
        "0 page=104;0 people=22;0 put=55;0 ratio=-169;0 readers=53;0 region=54;0 request=3;0 s=-29;0 sev=66;"
        "0 shards=3;0 tables=24;0 times=7;0 unacknowledged=-4;0 utc=44;?=118;? ?=30;a=108;a car=1;a lot=18;"
        "a name=9;acknowledged=11;address=2;advisory=62;advisory for=67;after=8;again=-5;again after=24;"
        "again and=47;again synthetic=-84;age=-64;age 0=-63;ago=90;ago and=19;alert=6;alerting=-6;all=35;"
        "all regions=46;am=19;ams=96;and=68;and it=201;and then=67;and was=21;answer=26;answers=24;ap=-7;ap ne=-6;"
        "api 0=-5;api p=18;are not=79;arq=8;asks me=26;at 0=-1;at all=27;audio=69;audio in=75;availability=31;"
        "avg=103;avg 0=32;awake=275;back=-43;baseline 0=27;be=25;before=-78;below=-44;below 0=-36;bin=32;black=45;"
        "block=3;block 0=19;blocked=11;bounces=67;broker=-38;by nobody=-4;c=-80;calls=193;can't=83;cannot=89;"
        "cant=123;car=1;central=49;change=-6;charged=135;checkin=-89;checkout=14;cluster pg=-88;clusters=46;"
        "comments=7;config=-17;confirmed=92;connect=-24;connect errors=-1;connected=-6;consumer=20;"
        "consumer group=51;cpu=-39;create=43;crit=67;critical=259;critical 0=-15;customer=113;customers=39;d=25;"
        "dc=11;deferred=64;deleted=10;desk=97;disk=-62;dispatch=-106;do=-38;does=43;down 0=20;dropped=99;"
        "dropped 0=62;during=23;east=10;east 0=14;east dc=24;east hub=25;east us=16;emails=9;ended=30;ends=45;"
        "ends in=53;enroll=63;error rate=-29;errors=8;events repeat=-4;every=37;every third=68;ewr=138;"
        "exceeded=78;existing=52;expected=131;f=13;failed=-14;failure=68;far=32;fatal=39;faults=3;faults 0=4;"
        "fct=28;fct revenue=36;firing=61;firing 0=54;first ticket=13;flash=53;fleet=8;floor=2;floor 0=60;for 0=69;"
        "forever=56;forward=70;found=40;fra 0=-24;frankfurt=80;freshness=43;from=38;from a bot=126;front=1;"
        "gera=10;gera arq=10;getting=247;git=106;git push=226;gives=58;gmail=83;grey=49;group=55;guilds=-3;gw=-42;"
        "h=25;haha=62;half=43;handler=141;has 0=94;have=2;health=-20;heartbeat=-39;hello=101;help=11;here=106;"
        "heroes=16;hey=49;high=38;hola=120;hotel=20;https=47;hub=11;i=22;i say=-42;in=70;in 0=40;in lyon=5;"
        "in the=37;in to=25;inc=-48;inc 0=-26;incident=-42;info=-47;install=43;into the=66;is=-15;is 0=22;"
        "is down=287;is it=26;it=-38;it 0=137;jackson=95;job=60;job liq=35;jobs=79;js=91;just=24;k=49;k s=38;"
        "key=-3;killed=13;killed 0=20;kind action=-19;kind communication=-51;kind observation=80;know=50;"
        "known=130;lab=29;lag 0=4;lake=-18;last 0=-18;late=87;latency=98;lead=-17;lgtm=224;like=221;limit 0=34;"
        "line 0=5;liq=8;liq d=8;load=-45;logged out=5;login=60;login success=38;look ok=66;looks like=46;lot=18;"
        "lot of=26;m 0=21;manager=99;map=155;mastercard=83;matrix=1;matrix us=1;me=135;me to=20;min ?=73;"
        "min all=35;minutes=51;models=42;months=98;morning=138;mqtt=-109;ms 0=181;mta=18;my=91;myself=11;ne=-6;"
        "never=31;new=85;night=96;no=62;no new=10;nobody=-25;node=-44;normal=-27;not=82;not affected=36;"
        "not open=1;nothing=27;notification=-75;notification 0=-69;now 0=132;object=28;of 0=33;of the=-29;"
        "of tickets=7;offline=-76;ok=41;on=28;on 0=4;on eu=25;on everything=6;on pod=-11;oncall=42;one person=46;"
        "online=84;only=-53;open=95;opened=142;opened by=16;optics=11;optics swap=19;order=41;orders=137;org=-11;"
        "out and=11;over=23;p=4;p 0=68;package=60;page=115;page 0=40;paging=133;panel eu=-39;parcel=67;"
        "partition=10;partition 0=15;passed=-4;past=153;pending=73;pending 0=114;people=136;per=-83;person=33;"
        "pg=-96;pick=18;please=-30;pms=-14;pms api=-14;pod=-124;probe 0=-24;probe failed=-54;probe matrix=1;"
        "problem p=26;prod=157;proxy again=-84;push=32;put 0=109;q=17;q 0=23;queued=47;rate 0=-43;ratio=83;rc=29;"
        "rc 0=29;re=-221;re notification=-15;re triggered=-13;readers=49;red circle=1;reddit=206;region=-1;"
        "region eu=-1;regions=31;registration=51;reject=75;reminder=-98;reminder 0=-83;remote=15;repeat=-185;"
        "repeat 0=-70;replication=74;request=15;request faults=4;requests=-3;resets=72;responding=2;restart 0=7;"
        "retried=17;retry=-7;revenue=20;revenue is=36;riders=142;rosalind=11;row=48;run=-73;runbook=24;say=228;"
        "says=235;says 0=21;says no=103;says the=-17;schools=72;scooters=4;script=17;search=152;search index=75;"
        "seat=139;seconds=2;security=72;security advisory=62;security is=34;see=9;seen=-13;send=66;server=64;"
        "service desk=26;setup=52;sev=76;sev 0=78;several=39;severity=67;severity 0=57;shop=16;short=17;"
        "short version=21;shows=127;signature=50;signatures=23;since=136;since this=56;site=73;site 0=-85;"
        "site is=137;sla=43;slack=-40;slo=135;slow=19;slow or=1;slurmctld=1;so=-55;so far=60;sold=7;some=78;"
        "something=3;sorry=-6;sort=46;spinner=84;spins=56;sre=35;st=34;stage alerted=401;stage cleared=-50;"
        "stage mitigated=-16;started in=16;still=-17;stopped=15;stuck=12;stuck on=12;students=184;success ratio=4;"
        "support=40;support has=15;syd cluster=-88;table=-54;tables east=4;takes=34;tcp=102;ten past=52;text=-11;"
        "that=15;that does=2;the app=42;the link=23;the map=6;the optics=16;the same=104;their=95;then=70;"
        "thing=-12;third=50;three=60;threshold=90;threshold 0=200;throws=54;ticket=78;ticket 0=21;tickets from=16;"
        "tickets in=-3;tier=15;tiles=22;time=-45;to=-65;to 0=-12;tried=4;triggered=156;true=46;turns=42;tv=52;"
        "twice=157;two=7;unable=66;unable to=66;unacknowledged=-4;unacknowledged by=-4;unavailable=-21;"
        "unreachable from=43;up=57;up again=23;update=-2;uploads=38;urgency=43;us central=157;users=9;usual=41;"
        "usual 0=61;v=-7;v 0=-4;verify=27;version=60;versions=13;visitors=61;w=-2;warn=-146;warning=-44;was=67;"
        "we=-31;we have=68;what=-45;whatsapp=31;whole=226;why=63;with 0=-3;with a=32;worker=-35;write=29;"
        "writes=100;xx 0=65;you=66;zero=12;"
    ),
    "declared": (
        "0 assigned=9;0 because=18;a=20;are=-11;assigned=37;because=16;bram=18;builders=6;call=159;calling=46;"
        "calling it=36;cole=2;consumer=5;consumer lag=20;declared=179;declaring=40;degradation=37;everyone=109;"
        "exposure=2;for=-15;h=34;hands=60;hanna=5;has=35;has no=11;hold=11;i=49;i run=38;i'm=196;i'm on=12;in=38;"
        "in here=1;inc=119;inc 0=119;incident=339;ios=-5;it=147;it has=19;it isn't=5;joining=95;"
        "kind milestone=129;kind observation=68;kofi=13;lag 0=8;lead=269;light=71;lyrics=-5;me=29;metro=106;"
        "missing=-8;missing on=-5;mo=5;now=15;of 0=54;ok=24;on social=5;on the=45;partial=37;partitions=17;"
        "partitions 0=20;pls=8;reza=13;room=8;rotating=84;rotating light=87;run=23;run it=47;sev=156;sev 0=152;"
        "severity=33;shows=6;side=18;social=5;stage alerted=36;stage declared=491;stage none=13;"
        "stage resolved=-23;stays on=5;taking=194;taking the=156;tamsin=13;tech=46;tech lead=7;the=10;the call=9;"
        "the wheel=10;this=203;this is=28;to=-67;treat=5;treat it=5;until=96;was in=92;wheel=10;with=-1;words=51;"
        "writer=10;"
    ),
    "mitigated": (
        "!=2;! !=133;%=58;% of=-83;0=117;0 %=58;0 0=120;0 all=-1;0 and=12;0 at=61;0 card=7;0 cet=48;0 closed=133;"
        "0 dms=12;0 done=35;0 edge=104;0 falling=-31;0 from=-61;0 good=2;0 lb=4;0 min=29;0 next=4;0 normal=67;"
        "0 now=27;0 ok=92;0 paused=27;0 per=46;0 pods=102;0 published=70;0 rate=66;0 s=84;0 since=13;0 static=4;"
        "0 up=-26;0 updates=68;0 vms=20;0 went=-26;0 xx=14;?=-117;a=-81;a at=40;about=-48;accepted=10;affected=31;"
        "again=104;again 0=-39;all=6;all 0=197;all green=-10;all regions=25;am=-7;an=-13;and=58;and 0=125;"
        "and that's=49;and the=-16;and they=85;announcements=27;answer=148;any=181;any more=84;are=51;"
        "are back=-22;are coming=171;are going=3;are through=37;are up=69;arq=4;arrive=99;as=189;as of=144;"
        "as usual=33;as well=-46;at=30;at 0=-21;at least=84;author=70;b=7;back up=30;baseline=184;batches=11;"
        "batches of=24;be=-1;between=81;between 0=107;booked=29;booked again=3;booting=122;boots=79;boring=107;"
        "both=-56;bounced=46;br=92;breathe=105;broken 0=27;build=-13;bundle=41;bundle 0=78;but=-19;by wren=40;"
        "cache=-20;caches=126;caches are=8;came=-8;can=51;can log=51;canary=-28;cancelled=34;caught=9;caught up=9;"
        "cause is=47;cet=27;cfo=107;ch=27;change=-120;check mark=20;checkout=20;checkout 0=69;cip=66;claims=8;"
        "closed=24;closed all=88;come=-107;come back=-9;coming=49;coming in=11;complete 0=89;confirm=45;"
        "confirmed=174;confirmed from=76;confirmed with=37;consider=24;consumers=41;content=53;content 0=65;"
        "cpu=-53;curl=158;dashboard=6;data=49;dbs=65;decision to=9;declared=-65;decline=31;decline rate=52;"
        "deployed 0=15;dfw=35;did=64;diff=63;discovery=17;disk=-34;dkim=53;dms=11;do i=13;docs in=17;done 0=-63;"
        "doors=45;doors open=46;double=72;double booked=3;down 0=60;drained=62;drains=8;duplicates=117;east=116;"
        "eastern=54;edge config=97;empty=-7;engine=16;error rate=55;errors=16;estimate=60;eu=-135;every=84;"
        "every 0=-28;everybody's=78;everything=73;everywhere=204;expect=48;failed=-14;failovers=103;failure=10;"
        "failures=-12;fct=-31;feed b=38;fetch=102;files=80;fills=48;fine=-58;firing=-4;first=-25;first 0=27;"
        "flag=-35;flags 0=42;flat=43;for=-21;for 0=-28;for real=1;for the=-2;forced=16;form=21;found=-38;fresh=46;"
        "friday=-36;from=24;from a bot=-87;front=84;front page=108;gmail yahoo=26;go=22;go out=114;"
        "going through=32;gone=128;graph=-58;graphoid=77;green=-53;had=18;handshake=-5;handshakes=6;has=-18;"
        "have=-71;here=-136;hit=-59;hit rate=-6;hold=23;host=13;hour=-65;i=11;i can=29;i consider=24;i look=83;"
        "i owe=36;i'm=-28;impact=23;in=-1;in all=147;in and=29;in on=34;in search=215;in the=31;in three=9;"
        "incident=-60;insert=37;is=4;is 0=-9;is back=13;is down=40;is gone=4;is in=-21;is on=52;is ready=33;"
        "is right=57;is running=139;is stale=36;is up=57;issue=82;it=-73;it did=9;it takes=35;its=52;its 0=63;"
        "itself is=18;job=96;job liq=38;join=38;join errors=9;just=-47;k=75;k docs=11;k rows=44;keys=-13;"
        "kind communication=45;kind hypothesis=-17;kind observation=96;kind retraction=-55;last=124;last 0=6;"
        "late=-20;lb=217;lb pools=9;least=82;least one=180;ledger=21;ledger 0=60;leftovers=168;letters=78;"
        "level=158;like=39;like it=14;lindqvist=102;line=-14;linux=160;linux medium=22;liq=4;liq d=4;lisbon=20;"
        "lisbon time=25;live=111;live in=79;lobby=6;lobby join=9;locked out=2;log=-9;log in=29;logins=1;"
        "looks like=129;lookup=76;lost=-58;lovely=31;m=9;mail=-80;manual=-23;me=-31;medium=8;migration=108;"
        "migration 0=231;minute=117;minutes=-57;mitigated=393;most=175;ms=96;my=-1;my own=22;names=106;need=-11;"
        "networking=98;never=-17;new=32;new intermediate=25;next=82;night=-11;nine=15;no=-3;no new=245;noise=181;"
        "nope=-15;normal=121;normal 0=-56;not=-98;not affected=27;not the=-21;nothing=-12;number=17;o=6;of now=52;"
        "off=60;off 0=192;off everywhere=10;ok=-40;on=-79;on 0=5;on all=-18;on the=3;on top=14;one 0=-1;"
        "one after=89;only=-1;open=217;open 0=17;open again=-8;orders=93;other=21;our=-26;out=89;out of=48;"
        "outage=25;outlook=1;over 0=21;owe=36;p=58;page=83;page posted=14;pass=37;passed=-9;paused=83;people=12;"
        "per minute=50;places=43;plausible=156;pods=127;pods again=32;pools=45;pools batch=9;pop=47;pops=-2;"
        "portal=18;post resolved=43;posted=68;posted in=7;prod 0=35;products=17;properly=21;provider=46;"
        "published to=71;push=-4;pushes=-8;queue=27;queue 0=7;queue is=-21;queuewaitp=11;queuewaitp 0=11;"
        "raghav=67;raid lobby=9;ran=-13;rate=54;rate 0=70;ratio=47;ratio 0=15;re=-35;reads=136;real=59;"
        "real this=36;recap=6;recap for=53;recovered=172;region=118;regions=168;rejected=-24;rejects=220;rest=88;"
        "restored=140;result=2;results=60;results are=28;resumed=8;resumption=27;resync=220;retry=-5;"
        "revenue is=19;rollback=-5;root=47;rows=4;rows 0=33;run=14;run out=103;runners=74;running=53;s from=38;"
        "sam=45;sam o=45;same=-39;saturday=8;say=-8;says=-17;scanner=93;search=59;seconds=50;secs=63;see=85;"
        "sent=-12;session=-36;sev=-15;shows=-11;signer=113;signing=133;since=5;since 0=106;slots=14;so=-166;"
        "sold=92;sp=80;stage alerted=-167;stage cleared=270;stage declared=-37;stage mitigated=306;"
        "stage resolved=-22;started=-43;status=9;status page=31;stayed=27;step=-9;streaming=20;success=41;"
        "suspended=43;svc=-36;synthetic=121;tabs=19;take=-28;takes=88;tax form=36;tcp=6;ten to=20;test=13;"
        "test is=60;that=-105;that is=-10;that was=133;that's=46;that's normal=93;the=-55;the app=25;"
        "the caches=67;the door=37;the other=25;the pool=40;the record=28;the tree=13;their=-15;them=-66;"
        "then the=6;there=-60;this=-41;this time=247;three=111;throttle=57;through=193;tickets=-20;tills=34;"
        "timeouts=29;timeouts 0=207;to 0=-41;to a=27;to the=-28;tokens=-22;too=-115;tree=7;unavailable 0=6;"
        "under=74;under 0=116;under the=6;unlocked=20;up=37;up again=-120;update=2;updates=59;upload=52;use=-23;"
        "v=-74;v 0=-64;val=79;val k=79;value=21;value 0=45;verified=51;via=7;viewer=80;vms=158;w=-23;wait 0=170;"
        "walks=10;was the=38;we=14;we are=58;we expect=87;webhooks=50;well=-55;went down=-9;went in=152;west=176;"
        "what=81;what a=229;what's=116;when=-57;which=1;white=4;white check=20;with=-29;with 0=66;with my=30;"
        "works=105;x=-32;xx=14;xx 0=54;yes=-28;yesterday's=94;you=-100;zero=152;"
    ),
    "resolved": (
        "!=-66;% for=15;% was=6;0=-55;0 0=121;0 closed=-12;0 for=82;0 h=43;0 issue=71;0 lost=10;0 of=55;0 p=32;"
        "0 refused=64;0 region=3;0 resolved=55;0 s=110;0 that's=146;0 up=21;0 uploaded=42;0 utc=8;0 went=38;?=-95;"
        "a=-57;a cache=14;a normal=51;about=-15;access=10;again=75;alerts=45;all=99;an=32;and off=5;and some=48;"
        "any=125;api=-7;are=-59;argo=24;as resolved=-12;as they=35;at=18;at 0=31;authz=10;back to=50;"
        "backlog is=53;bad=158;bad one=38;behind a=15;believe=46;benji=23;bin=33;boot=7;both=59;budget=4;"
        "budget burn=18;burn=261;by imogen=22;c=-5;can=-26;cert=9;changed=186;charge=5;charge success=5;"
        "checks 0=23;clean=246;close the=92;closed=115;closing=192;closing this=132;comes back=11;cost=1;dale=57;"
        "data=-5;deploys=34;diff=54;dinner=79;done 0=69;dropping=17;dropping the=34;empty=21;error budget=17;"
        "errors=40;eu=-13;every=44;everybody=85;everybody gets=36;everyone=80;everyone who=6;files=57;finalize=42;"
        "fine=-33;finished=9;first=14;first 0=34;five minutes=19;flat=127;floor=123;flow=49;for=95;for 0=6;"
        "for everyone=7;for three=79;friday=35;from=-53;from a bot=-48;gen=266;gen 0=54;gets=199;gets the=40;"
        "github=54;github com=17;gn=3;green=195;green here=-10;h=27;h of=25;had=-37;half=-29;has=-21;"
        "have caught=41;healthy=8;hosting=13;hourly=160;hours=-25;house=145;how it=27;i believe=47;i close=45;"
        "i'd=-3;imogen=18;in 0=-54;in dns=38;in the=-34;inc=102;inc 0=103;incident=119;incident 0=16;"
        "incident closed=-1;incident resolved=44;is=16;is 0=-10;is a=22;is done=6;is empty=39;is gone=5;"
        "is live=25;is open=79;is over=-46;issue=18;it=-18;it's back=31;jammed=41;kind communication=101;"
        "kind milestone=213;kind observation=38;lag is=46;lane=35;last=211;leave=22;left=3;left on=114;limit on=8;"
        "lit=117;loaded=30;loads=-4;lock=49;locked=30;log=-15;looks=-103;loss=147;loss 0=20;lunch=19;major=37;"
        "matching=42;max=7;max 0=25;me=-38;media=48;min=139;min at=48;minutes=143;minutes of=1;monday=16;more=119;"
        "moved=40;my=20;new=-60;next week=12;nobody=-68;normal=55;normal 0=3;not=-79;nothing=117;nothing left=148;"
        "now=121;now i=15;now no=14;now please=31;obi=-13;of=3;of tickets=32;of writes=10;off=102;off no=8;ok=-74;"
        "on=34;on monday=30;on tuesday=222;online=81;open=36;open again=68;operating=88;operating normally=85;"
        "or=116;out at=40;over=113;p=12;p 0=47;page says=32;please=5;poll=14;post resolved=272;probes=167;"
        "processed=69;prost=80;prost gen=80;provider=-12;public=35;purge=-29;pushes=30;queries=16;queue=124;"
        "queue at=94;quiet=41;rate=-21;ratio=23;real=95;really=2;recap=-24;red=41;refused=30;region all=5;"
        "resolved=229;resolved 0=42;resolved all=-16;restore=-16;rooms=122;same for=48;sample=28;say=-42;"
        "seconds=6;sees=45;set by=20;sev=10;sev 0=12;shared=8;side=80;side is=27;signed=9;signed off=12;"
        "since 0=77;sleep=15;slow or=15;so=-134;some=83;stage alerted=-131;stage cleared=14;stage declared=-39;"
        "stage mitigated=53;stage none=90;stage resolved=402;status=78;status page=-53;stays=125;success ratio=4;"
        "thank=62;thank you=62;that=-20;that's=168;that's a=-14;that's it=112;the=-65;the bad=37;the real=26;"
        "the same=5;the wheel=33;then=-33;they should=43;thing now=25;this one=23;thursday=59;ticket=-139;"
        "till tomorrow=39;tills=27;time=-1;timeouts=42;to=-6;to resolved=4;tomorrow=170;triggers=56;trucks=29;"
        "try=12;tuesday=120;turned=83;twenty=21;unchanged=32;unreachable=12;up now=42;uploaded=28;uploads=85;"
        "us=-1;wall=157;was=23;was on=21;web=-59;week=3;well=-53;went in=59;were=-47;what it=39;wheel=33;with=16;"
        "with no=6;without=185;without the=34;worldwide=35;you all=38;zero=26;zero 0=89;"
    ),
}
"""Of each key time, hundredths of what each mark of a message adds to the logarithm of its odds."""
PLACES = {
    "started": (
        0.692,
        0.102,
        -0.284,
        0.437,
        0.068,
        -0.021,
        -0.039,
        -0.052,
        0.026,
        0.047,
        0.083,
        0.126,
        0.171,
        -0.117,
        -1.488,
        -0.191,
        0.145,
        -0.79,
        -1.536,
        -0.226,
        -0.106,
        -0.716,
        -0.13,
        -0.27,
        -0.244,
        -0.06,
        -0.581,
        -0.421,
        0.028,
        1.897,
        -0.592,
        -0.344,
        -0,
        -0.544,
        -1.187,
        -0.292,
        0,
        -1.039,
        -0.185,
        0.052,
        0,
        -0.301,
        -0.534,
        0.015,
        0,
        -0.055,
        -0.204,
        0.066,
        -0,
        -0.525,
    ),
    "detected": (
        -0.004,
        0.095,
        -0.725,
        -1.857,
        0.077,
        -0.273,
        0.11,
        0.039,
        -0.279,
        0.118,
        0.06,
        -0.035,
        -0.098,
        0.038,
        -0.528,
        -0.983,
        0.01,
        0.293,
        -1.266,
        -0.171,
        -0.285,
        -1.135,
        -0.087,
        -1.378,
        -0.708,
        -0.2,
        0.807,
        -0.466,
        -0.011,
        -0.23,
        0.491,
        -0.262,
        0,
        1.341,
        -0.187,
        -0.115,
        0,
        -1.099,
        -1.028,
        -0.085,
        -0,
        0.59,
        -0.542,
        0.024,
        -0,
        -2.152,
        0.758,
        0.028,
        -0,
        5.273,
    ),
    "declared": (
        -0.338,
        0.242,
        -0.209,
        1.551,
        0.055,
        0.017,
        -0.027,
        0.145,
        -0.347,
        -0.026,
        0.118,
        -0.085,
        -0.002,
        0.081,
        -0.594,
        -0.255,
        -0.039,
        -0.089,
        -0.276,
        -0.231,
        0.402,
        0.045,
        -0.104,
        0.235,
        -0.255,
        -0.057,
        -1.262,
        -0.196,
        0.054,
        0.399,
        0.045,
        0.05,
        -0,
        -1.001,
        0.716,
        -0.12,
        0,
        2.904,
        0.108,
        -0.095,
        0,
        -0.53,
        -0.225,
        0.009,
        -0,
        -0.611,
        -0.424,
        0.032,
        0,
        5.299,
    ),
    "mitigated": (
        0.997,
        0.136,
        -0.319,
        -0.605,
        0.085,
        0.005,
        0.1,
        0.247,
        -0.048,
        0.417,
        0.131,
        -0.009,
        0.279,
        0.003,
        -1.689,
        0.414,
        -0.22,
        0.195,
        0.444,
        0.072,
        -0.169,
        0.145,
        0.186,
        0.406,
        0.15,
        -0.117,
        -0.655,
        -0.508,
        0.215,
        0.505,
        -0.037,
        -0.085,
        0,
        0.55,
        0.773,
        0.198,
        -0,
        -0.719,
        -0.167,
        0.044,
        0,
        1.129,
        0.253,
        -0.324,
        0,
        -2.239,
        -0.645,
        -0.021,
        -0,
        -0.44,
    ),
    "resolved": (
        0.033,
        0.209,
        -0.132,
        1.602,
        0.085,
        0.097,
        0.087,
        0.26,
        0.004,
        0.161,
        -0.454,
        -0.23,
        0.144,
        0.02,
        -0.785,
        0.128,
        -0.15,
        -0.275,
        0.612,
        0.166,
        0.028,
        0.683,
        0.259,
        1.321,
        0.841,
        0.106,
        -1.672,
        -0.24,
        -0.106,
        1.458,
        0.127,
        0.078,
        -0,
        -0.06,
        0.082,
        0.158,
        -0,
        1.06,
        0.132,
        0.091,
        0,
        1.493,
        0.603,
        0.087,
        -0,
        0.24,
        -0.598,
        -0.22,
        -0,
        6.694,
    ),
}
"""Of each key time, the weights of `key_odds.FEATURES`."""
