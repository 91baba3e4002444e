"""Words by what they do in the talk of an incident, each in all its forms: what was done, what fails, who hurts.

Collected by meaning from general English and the words of operations, so that a sentence of no known form still says
what it is made of. `tags` reads sentences with it; nothing here decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_DOUBLED = (
    "stop",
    "drop",
    "ship",
    "ban",
    "swap",
    "pin",
    "unpin",
    "flip",
    "plug",
    "unplug",
    "trim",
    "rerun",
    "cap",
    "stub",
    "wrap",
    "tag",
)
_IRREGULAR = {
    "take": ("took", "taken"), "put": ("put",), "set": ("set",), "reset": ("reset",), "cut": ("cut",),
    "shed": ("shed",), "bring": ("brought",), "undo": ("undid", "undone"), "redo": ("redid", "redone"),
    "rebuild": ("rebuilt",), "build": ("built",), "freeze": ("froze", "frozen"), "unfreeze": ("unfroze", "unfrozen"),
    "spin": ("spun",), "tear": ("tore", "torn"), "hold": ("held",), "resend": ("resent",), "rerun": ("reran",),
    "override": ("overrode", "overridden"), "run": ("ran",), "shut": ("shut",), "split": ("split",),
    "overwrite": ("overwrote", "overwritten"), "withdraw": ("withdrew", "withdrawn"), "rewind": ("rewound",),
    "send": ("sent",), "tell": ("told",), "write": ("wrote", "written"), "find": ("found",), "see": ("saw", "seen"),
    "go": ("went", "gone"), "begin": ("began", "begun"), "come": ("came",), "fall": ("fell", "fallen"),
    "rise": ("rose", "risen"), "lose": ("lost",), "break": ("broke", "broken"), "let": ("let",), "say": ("said",),
    "speak": ("spoke", "spoken"), "give": ("gave", "given"), "make": ("made",), "get": ("got", "gotten"),
}  # fmt: skip

_ACT = """
    revert restart reboot redeploy deploy ship push merge release publish unpublish disable enable pause unpause resume
    stop kill terminate drain cordon uncordon failover bump increase raise decrease lower reduce double triple
    quadruple halve purge flush truncate rotate revoke block unblock ban throttle apply remove delete drop provision
    rerun switch redirect reroute shift migrate promote demote patch hotfix scale upscale downscale upgrade downgrade
    pin unpin isolate evict flip toggle replace restore recreate rebuild vacuum reindex resize expand extend detach
    reattach quarantine invalidate renew reissue shed swap undo backfill replay cancel abort trigger execute bounce fix
    configure reconfigure adjust tune tweak whitelist allowlist blacklist denylist mount unmount remount reload refresh
    resync requeue reprocess resend reconnect disconnect unplug fence reinstall uninstall prewarm rebalance reassign
    unlock freeze unfreeze suspend unsuspend activate deactivate reactivate bypass override deprovision repoint compact
    prune wipe recover repair regenerate rekey resign silence reseed rehydrate respawn recycle relaunch unstick
    quiesce rollback repave failback unmask reopen reimport reimage recompile unmerge backport deactivate republish
    reapply requeued recreate decommission deregister reregister retire withhold yank deprecate cherrypick powercycle
    rejoin rebootstrap bootstrap hardcode sandbox offload bulkload rewire remap rename retag reset withdraw cap
    amend overwrite rewind escalate page
"""
_MEND = """
    roll move turn set put take change update create add open close free cut kick start run spin tear bring load import
    copy install attach sync clean clear limit force skip split point route fail warm make shut sign grant order
    allocate lock unload archive clone correct retry enlarge order build repeat try trim stub wrap hold finish
    complete test swap-in generate exclude mute plug
"""
_REPORT = "post send email tweet publish write notify inform tell announce reply message contact brief warn advise"
_FIND = """
    find identify confirm trace reproduce repro discover determine pinpoint verify isolate bisect narrow locate diagnose
    establish conclude uncover reveal
"""
_MOVE = """
    rise climb jump spike surge grow double fall drop sink decline collapse crash die start begin stop go come increase
    decrease plateau shoot tank plummet dip recover return settle drain empty
"""

_PLAIN = {
    "BAD": """
        error errors exception exceptions failure failures fault faults timeout timeouts outage latency lag lagging
        backlog backlogs saturated saturation exhausted exhaustion crash crashes crashed crashing crashloop
        crashloopbackoff crashlooping panic panics panicked panicking oom oomkilled oomkill oomkills deadlock deadlocks
        deadlocked throttled throttling degraded degradation corrupt corrupted corruption stale stalled stall stalls
        stalling buffering bouncing bounces unavailable unreachable unresponsive unhealthy overload overloaded spike
        spikes spiking spiked surge surging climbing stuck frozen freezes hung hang hangs hanging broken down offline
        maxed dropping drops fail fails failed failing timed evicting evictions refused refuses refusing denied denies
        rejected rejects rejecting slow slower slowly slowness flapping flaps missing lost losing duplicate duplicates
        duplicated malicious compromised suspicious unauthorized unauthorised leaked leak leaks leaking mismatch
        mismatches blank unable wrong throwing throws threw erroring errored dead starved starving starvation collapse
        collapsed tanked tanking plummeted pending insufficient empty loop loops looping deleted garbage expired expires
        invalid forbidden unauthenticated skipped skipping skew skewed delayed delay delays overdue late behind bad
        worse worst red critical severe impacted affected impact hit blocked blocking jammed clogged contention
        contended pegged thrashing thrash spinning spins truncated partial incomplete inconsistent incorrect
        split-brain splitbrain unstable instability jitter disconnect disconnects disconnected disconnecting dropped
        drop loss lossy retries retrying storm flood flooded flooding unreadable unwritable readonly full overflow
        overflowed overflowing abandoned declined declines aborted killed segfault segfaults coredump sigkill backoff
        unprocessed undelivered unsent unpaid oversold negative zero none nothing nobody orphaned zombie rogue runaway
        elevated abnormal anomalous anomaly anomalies breached breach exceeded exceeds exceeding excessive high higher
        huge massive terrible awful borked hosed busted toast nuked bricked wedged kaput fubar dying died dies gone
        vanished disappeared unexpected unexpectedly glitch glitches glitching broke breaks breaking problem problems
        issue issues bug misconfigured misrouted wrongly doubled twice nan null nxdomain servfail econnreset
        econnrefused enospc etimedout enoent eof regression bottleneck blackhole blackholed quota poisoned poison
        conflict conflicts stopped unassigned unschedulable notready evicted pressure symptom symptoms
    """,
    "GOOD": """
        recovered recovering recovers recovery normal baseline green healthy stable stabilized stabilised stabilizing
        stabilising clean cleared drained draining restored flowing working works ok okay fine resolved mitigated
        contained back up online again caught catching succeeded succeeding succeeds success successful successfully
        clear passing passes passed improving improved improves improvement better dropping normalized normalised
        normalizing normalising normally subsiding subsided falling serving processed processing delivered delivering
        reachable responding available ready complete completed finished done live nominal steady quiet empty fast
        healed holding reconnected replicated consistent synced restores usable operational down settled gone
    """,
    "DECLARE": """
        declare declared declaring incident sev sev0 sev1 sev2 sev3 sev4 sev-1 sev-2 sev-3 sev-0 p0 p1 p2 p3 major
        severity outage ic commander mim priority
    """,
    "SYSTEM": """
        pod pods node nodes cluster clusters db dbs database databases replica replicas primary secondary standby leader
        follower queue queues topic topics partition partitions consumer consumers producer producers broker brokers api
        apis endpoint endpoints cert certs certificate certificates token tokens key keys config configs cache caches lb
        loadbalancer balancer dns record records cpu memory mem ram heap disk disks volume volumes storage bucket
        buckets network switch router routers firewall gateway gateways proxy proxies worker workers job jobs cron batch
        pipeline pipelines index indexes indices shard shards table tables query queries lock locks thread threads pool
        pools connection connections conn conns socket sockets session sessions request requests req reqs response
        responses traffic flag flags feature region regions zone az azs rack host hosts vm vms instance instances server
        servers service services backend backends frontend container containers image images deployment deployments
        release build builds commit migration migrations schema column row rows transaction transactions webhook
        webhooks event events message messages metric metrics log logs trace traces limit limits quota ratelimit
        client clients sdk app apps site page pages login logins checkout checkouts payment payments order orders
        upload uploads download downloads stream streams video call calls email emails sms push notification
        notifications search autoscaler hpa scheduler controller operator daemon agent agents sidecar mesh ingress vip
        ip ips port ports subnet route routes bgp link tunnel vpn fiber circuit provider vendor upstream downstream
        cdn edge pop origin bandwidth throughput latency rps qps tps p50 p90 p95 p99 http https tls ssl tcp udp grpc
        rest sql redis kafka postgres postgresql mysql mongo elasticsearch rabbitmq nginx envoy haproxy kubernetes k8s
        aws gcp azure s3 sqs lambda firmware device devices sensor sensors gpu gpus model inference ledger balance
        balances snapshot snapshots backup backups binlog wal replication dag dags warehouse lake etl kernel oom gc
        heartbeat heartbeats lease leases quorum election secret secrets role policy permission permissions rule rules
        threshold timeout retry retries concurrency buffer buffers file files filesystem fs inode inodes mount ntp clock
        license licence hardware psu fan ups power cooling nic cable hypervisor tenant tenants shop store stores
        terminal
        terminals gate kiosk lobby match matchmaking player players shardserver realm
    """,
    "USER": """
        customer customers user users client clients merchant merchants partner partners tenant tenants people support
        shopper shoppers visitor visitors guest guests driver drivers student students patient patients developer
        developers member members seller sellers buyer buyers subscriber subscribers viewer viewers player players
        streamer streamers staff nurse nurses doctor doctors clinician clinicians teacher teachers lecturer
        professor rider riders courier couriers passenger passengers cashier cashiers teller branch branches store
        stores shop shops warehouse warehouses sales public community ticket tickets complaint complaints report
        reports twitter reddit downdetector forum everyone everybody contributor contributors attendee attendees
        participant participants ward wards helpdesk servicedesk callcenter callcentre operators advertisers publishers
        advertiser publisher account accounts org orgs site sites
    """,
    "OUTSIDE": """
        statuspage status-page banner newsletter tweet tweeted mail email emailed announcement announced announcing
        bulletin notice communication comms press notified informed broadcast published posted stakeholders leadership
        regulator regulators board macro autoreply
    """,
    "FINDING": """
        cause causes caused culprit trigger triggered because due reason root why explains explained explanation
        therefore hence thus turns turned introduced since means meaning evidence proof proves proved shows showed shown
        showing correlates correlated correlation lines matches matched matching coincides smoking gun resulting result
        responsible understood aha bingo found identified confirmed traced reproduced pinpointed
    """,
    "HEDGE": """
        maybe might may perhaps probably possibly presumably suspect suspecting suspected guess guessing wonder
        wondering hunch theory hypothesis bet betting likely unlikely unsure afaict iirc assume assuming potentially
        believe seems seem seemingly appears apparently could would should thought thinking suspicion dunno idk imo
        imho somehow kinda sorta supposedly smells feels
    """,
    "INTENT": """
        will gonna wanna ll shall should plan planning going try trying need needs want wants let lemme lets todo eta
        soon later shortly tomorrow tonight next eventually would could until once please pls plz
    """,
    "ASK": """
        what why who when where which how anyone anybody somebody someone can could shall does do did is are whats
        whos hows wdyt thoughts
    """,
    "SOCIAL": """
        thanks thank thx ty tysm cheers sorry apologies lol lmao haha hahaha hehe rofl jk nice great awesome cool
        amazing
        welcome congrats kudos hugs hugops love lovely hero heroes legend legends happy glad sad yay woohoo woot phew
        whew oof ugh omg wow damn argh yikes ouch popcorn coffee beer beers lunch dinner breakfast pizza sleep bed
        bedtime morning evening night weekend vacation holiday birthday gg wp o7 hi hello hey hiya bye cya goodnight
        gn np nw friday monday party fun funny joke joking meme gif dog cat kid kids baby god gods jesus christ hell
        xd lolol bless pray praying fingers crossed luck lucky unlucky karma curse cursed haunted ghost
    """,
    "OFFSTAGE": """
        zoom huddle bridge meet meeting call standup calendar invite agenda notes note doc docs document wiki runbook
        runbooks notion confluence jira dashboard dashboards panel panels screenshot screenshots screen recording laptop
        wifi internet phone mobile headset mic camera shift handover handoff rota schedule timesheet retro postmortem
        post-mortem rca writeup write-up followup followups follow-up follow-ups template checklist channel thread
        threads reminder slides deck review reviewer reviewing pr readme lint flaky staging dev sandbox localhost
        loadtest afk brb commute train bus car doctor's school dinner desk
    """,
    "LOOK": """
        look looking looks checking check investigating investigate digging dig reading read watching watch monitoring
        comparing compare pulling debugging debug troubleshooting testing joining join waiting wait thinking pinging
        ping asking ask paste pasting grepping grep tailing profiling verifying verify reviewing
    """,
    "ACK": """
        ack acked k kk ok okay yes yep yeah yup ya no nope nah sure roger copy copied noted agreed agree same indeed
        right exactly true absolutely definitely affirmative understood sgtm lgtm wilco gotcha aye si yess done
    """,
    "FOLLOW": """
        followup followups follow-up follow-ups todo todos ticket backlog retro postmortem rca longterm long-term
        action-item lesson lessons learned sprint quarter someday improvement improvements should
    """,
    "NEWS": "now just already finally currently meanwhile update fyi confirmed confirming officially",
    "STILL": "still same continue continues continuing remains remaining unchanged",
    "NEG": """
        not no never without cannot cant dont doesnt didnt isnt arent wasnt werent wont havent hasnt hadnt couldnt
        wouldnt shouldnt neither nor non ain't aint unable
    """,
    "FIRST": "i im ive we weve were our my us ill me id wed",
    "SECOND": "you your youre u ur yours y'all yall",
    "WAS": "was were been got did had",
    "IS": "is are be being am im",
    "HAS": "has have had ive weve",
    "BEGAN": "began started starting begins starts since onset first earliest kicked",
    "DECISION": """
        decision decided decide deciding agreed consensus approved approve approval approving greenlit greenlight
        sign-off signoff go no-go choose chose chosen option plan instead rather opting opted
    """,
    "GENERAL": """
        usually normally typically always default configurable configured lives supports uses per each every generally
        design designed normal usual ever takes means contains consists belongs depends needs requires written
    """,
    "ARTIFACT": """
        attached attachment link links graph graphs screenshot pinned pin trace flame flamegraph dashboard recording pr
        mr branch main plan diff draft patch build image ci tests test command script terraform dry-run canary
    """,
    "PROGRESS": "almost half halfway left remaining minutes more progressing progress nearly soon eta estimated",
    "ONLY": "only all every each both most half everything entire whole any multiple several many some",
    "OFFICE": """
        office offices kitchen fridge freezer microwave toaster kettle dishwasher espresso coffee tea milk oat cake
        cookies biscuits snacks fruit sandwich sandwiches canteen cafeteria lunch breakfast dinner printer stapler
        whiteboard projector elevator lift lobby parking garage bike bikes bicycle lockers locker umbrella plants plant
        aircon heating thermostat carpet window windows door badge badges chair chairs desk desks seat seats room rooms
        dentist vet daycare kindergarten haircut gym yoga marathon football holiday holidays vacation pto sick leave
        birthday anniversary farewell party raffle onboarding offboarding payroll expenses expense invoice recruiter
        interview interviews interviewing candidate hiring offsite all-hands townhall survey training course workshop
        webinar talk conference keyboard mouse monitor monitors laptop laptops charger headphones headset webcam
    """,
    "CHORE": """
        rebase rebased rebasing squash squashed squashing lint linter eslint prettier typescript refactor refactored
        refactoring typo typos readme changelog docs doc wiki pr prs mr mrs review reviews reviewer reviewers reviewed
        nit nits draft sprint retro grooming refinement estimate estimates estimation story stories epic epics backlog
        kanban board jira ticket tickets task tasks subtask flaky unittest storybook css button tooltip icon icons
        copy wording translation translations dependabot renovate bump bumps bumped dependency dependencies
        deprecation okr okrs roadmap quarter quarterly timesheet timesheets standup planning demo
        demos mockup mockups design designs figma spike poc prototype branch branches
    """,
    "WHEN": "after before while during until since ago minutes minute mins min hours hour seconds",
}

# The small words of English say who, when and how sure: each is a mark of its own.
_SMALL = """
    i we you they he she it this that these those my our your their me us them who what which where when how why a an
    the in on at of for from to by with without into onto out off up down over under after before since until while
    during about around between per than as like is are was were be been am has have had do does did will would can
    could should may might must not no never nothing nobody none any some all both every each only just also too still
    again already now then here there back more less most least same other another one two half first last next and or
    but so because if though
"""


def _inflect(base: str) -> tuple[set[str], str]:
    """Return the past forms and the form in -ing of a verb."""
    stem = base + base[-1] if base in _DOUBLED else base
    if base.endswith("e"):
        past, doing = base + "d", base[:-1] + "ing"
    elif base.endswith("y") and base[-2] not in "aeiou":
        past, doing = base[:-1] + "ied", base + "ing"
    else:
        past, doing = stem + "ed", stem + "ing"
    if base in ("set", "reset", "put", "cut", "shed", "shut", "split", "run", "spin", "begin", "get", "let"):
        doing = base + base[-1] + "ing"
    return set(_IRREGULAR.get(base, (past,))), doing


def _list_forms(tag: str, bases: Iterable[str]) -> Iterator[tuple[str, str]]:
    for base in bases:
        pasts, doing = _inflect(base)
        yield base, f"{tag}_DO"
        yield base + ("es" if base.endswith(("s", "sh", "ch", "x")) else "s"), f"{tag}_DOES"
        yield doing, f"{tag}_ING"
        for past in pasts:
            yield past, f"{tag}_ED"


def _collect() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {word: [word] for word in _SMALL.split()}
    verbs = {"ACT": _ACT, "MEND": _MEND, "REPORT": _REPORT, "FIND": _FIND, "MOVE": _MOVE}
    pairs = [pair for tag, bases in verbs.items() for pair in _list_forms(tag, bases.split())]
    pairs += [(word, tag) for tag, words in _PLAIN.items() for word in words.split()]
    for word, tag in pairs:
        tags = found.setdefault(word, [])
        if tag not in tags:
            tags.append(tag)
    return {word: tuple(tags) for word, tags in found.items()}


TAGS = _collect()
"""From a word in lower case, without apostrophes, to what it does."""
