"""What logs say plainly of services of which nothing else is known."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET, build_stack

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogFacts, ObjectFacts
from fermata.rules.signatures.cluster_case import read_cluster
from fermata.rules.signatures.cluster_rank import list_symptoms
from fermata.rules.signatures.conclusion import conclude
from fermata.rules.signatures.logged_failures import SIGNATURES
from fermata.rules.signatures.telemetry import SIGNATURES as TELEMETRY

REFUSED = "ERROR call to stock failed: connect ECONNREFUSED stock:8080"


def write_log(scene, name, words, *, times=30, calm_after=0):
    """Add a log that works for a while, says something now and then, and works again."""
    lines = [f"INFO handled request {number} in 20 ms" for number in range(120)]
    for number in range(times):
        lines += [f"{words} ({number})", f"INFO handled request {number}"]
    lines += [f"INFO handled request {number}" for number in range(calm_after)]
    return scene.add(EvidenceKind.LOGS, f"service/{name}", lines, {})


def find_claims(scene):
    """Return what all of these signatures claim."""
    cluster = read_cluster(scene.evidence)
    return [claim for signature in SIGNATURES for claim in signature.find(cluster)]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("ERROR accept: too many open files", "open_files_exhausted"),
        ("ERROR java.lang.OutOfMemoryError: Java heap space", "program_memory_exhausted"),
        ("ERROR 2026/11/28 [alert] 12#12: 1024 worker_connections are not enough", "workers_exhausted"),
        ("ERROR java.util.concurrent.RejectedExecutionException: Task rejected from ThreadPool", "workers_exhausted"),
        ("WARNING: [pool www] server reached pm.max_children setting (5), consider raising it", "workers_exhausted"),
        (
            "[mpm_prefork:error] AH00161: server reached MaxRequestWorkers setting, consider raising",
            "workers_exhausted",
        ),
        ("FATAL Fatal Python error: Segmentation fault", "program_crashed"),
        ("[ 812.1] Out of memory: Killed process 318 (node) total-vm:1181828kB", "program_memory_exhausted"),
        ("[1] - Worker 0 (PID: 8) terminated, SIGSEGV: attempting to boot again", "program_crashed"),
        ("thread 'main' panicked at src/rates.rs:88:41:", "program_crashed"),
        ("PANIC:  could not locate a valid checkpoint record", "program_crashed"),
        ("APPLICATION FAILED TO START", "program_cannot_start"),
        ("app[web.1]: ModuleNotFoundError: No module named 'stripe'", "program_module_missing"),
        ("ERROR Cannot find module 'express'", "program_module_missing"),
        ("app.service: Failed to load environment files: No such file or directory", "program_cannot_start"),
        ("[ERROR] Runtime.HandlerNotFound: Handler 'handler' missing on module 'app'", "program_cannot_start"),
        ("[ERROR] Runtime.UserCodeSyntaxError: Syntax error in module 'app'", "program_cannot_start"),
        ('nginx: [emerg] host not found in upstream "app:3000" in /etc/nginx/a.conf:12', "program_cannot_start"),
        ("error: Environment variable not found: DATABASE_URL.", "program_variable_missing"),
        ("ArgumentError: Missing `secret_key_base` for 'production' environment", "program_variable_missing"),
        ("ERROR: No application encryption key has been specified.", "program_variable_missing"),
        ("ERROR Missing credentials. Please pass an `apiKey`, or set the `OPENAI_API_KEY`", "program_variable_missing"),
        ("ERROR: WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: 4.')", "program_crashed"),
        ("ERROR: WorkerLostError('Worker exited prematurely: signal 6 (SIGABRT) Job: 4.')", "program_crashed"),
        ("ERROR Missing environment variable: STRIPE_SECRET_KEY", "program_variable_missing"),
        (
            "app1 systemd[7711]: shop.service: Failed at step EXEC spawning /opt/shop: Exec format error",
            "program_cannot_start",
        ),
    ],
)
def test_failure_that_a_log_states_is_named_with_its_lines(scene, words, cause):
    """The first and the latest line are cited; the service is the log's own."""
    write_log(scene, "shop", words)

    (claim,) = find_claims(scene)

    assert (claim.cause, claim.subject.ref) == (cause, "service/shop")
    assert [quote.text for quote in claim.quotes] == [f"{words} (0)", f"{words} (29)"]


@pytest.mark.parametrize("words", ["ERROR No module named 'uvloop'", "INFO ModuleNotFoundError: using asyncio instead"])
def test_module_that_a_program_does_without_is_not_missing(scene, words):
    """Who asks for what may be absent says so and goes on."""
    write_log(scene, "shop", words, times=2, calm_after=60)

    assert find_claims(scene) == []


def write_busy_server(scene, *, front="unix:/run/php-fpm.sock", server="checkout"):
    """Add the log of a server without a free worker, which it warns of, and that of its front, which waits for it."""
    timed_out = "2026/11/23 09:50:20 [error] 22#22: *604 upstream timed out (110: Connection timed out) while "
    write_log(scene, "nginx", f'{timed_out}connecting to upstream, upstream: "fastcgi://{front}", host: "shop"')
    return write_log(scene, server, "WARNING: [pool www] server reached pm.max_children setting (5), consider")


def test_server_that_merely_warns_of_its_busy_workers_is_the_cause_of_its_own_alert(scene):
    """Those that wait for a worker say nothing, and the front says that it does not answer: the warning is all."""
    (found,) = write_busy_server(scene).diagnose().hypotheses

    assert (found.cause, found.entity.ref) == ("workers_exhausted", "service/checkout")


@pytest.mark.parametrize(
    ("front", "leads"), [("unix:/run/php-fpm.sock", True), ("127.0.0.1:9000", True), ("stock:9000", False)]
)
def test_server_without_a_free_worker_explains_the_front_that_waits_for_it(scene, front, leads):
    """A socket or an address is nobody's name; who calls somebody else by name has another reason to fail."""
    scene.names = ["nginx"]
    write_log(scene, "stock", "INFO ok")
    found = write_busy_server(scene, front=front, server="php").diagnose().hypotheses

    assert ([one.cause for one in found[:1]] == ["workers_exhausted"]) is leads


BUSY = "[23-Nov-2026 09:{:02}:00] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it"


@pytest.mark.parametrize(
    ("lines", "newest_at", "started_at", "is_said"),
    [
        (BUSY.format(50), None, None, True),
        ([BUSY.format(50), *["INFO order placed"] * 31], None, None, False),
        (BUSY.format(52), None, ONSET + timedelta(seconds=20), False),
        ("java.util.concurrent.RejectedExecutionException: Task rejected", ONSET, None, True),
        ("java.util.concurrent.RejectedExecutionException: Task rejected from x[Shutting down", ONSET, None, False),
        ('Exception: java.lang.OutOfMemoryError thrown from the handler in thread "selector"', ONSET, None, True),
        (BUSY.format(20), None, None, False),
        (BUSY.format(48), None, ONSET - timedelta(minutes=2), False),
        ("uWSGI listen queue of socket 3 (fd: 3) full !!! (101/100)", None, None, False),
        ("WARNING: pm.max_children is 5", ONSET, None, False),
    ],
    ids=[
        "said",
        "got over",
        "of a run since",
        "undated",
        "closed",
        "a heap that is full",
        "long ago",
        "of an earlier run",
        "nobody knows when",
        "other words",
    ],
)
def test_process_that_merely_warns_of_its_busy_workers_is_heard(scene, lines, newest_at, started_at, is_said):
    """A warning is among no process's errors; only what the present run says near the onset counts."""
    scene.state("running", **({"started_at": started_at} if started_at else {}))
    facts = LogFacts(newest_at=newest_at) if newest_at else {}
    scene.add(EvidenceKind.LOGS, "supervisor:process/checkout", lines if isinstance(lines, list) else [lines], facts)

    found = scene.diagnose().hypotheses

    assert bool({"workers_exhausted", "program_memory_exhausted"} & {one.cause for one in found}) is is_said


@pytest.mark.parametrize(
    "text",
    [
        "INFO handlers for ENOMEM and EMFILE installed",
        '10.0.0.1 - - [23/Nov/2026:09:50:50 +0000] "GET /docs?q=MemoryError HTTP/1.1" 200 12 "-" "curl"',
    ],
)
def test_words_of_a_failure_in_a_line_that_tells_of_none_are_not_heard(scene, text):
    """A program tells what it is prepared for, and people search for the names of errors."""
    scene.state("running").add(EvidenceKind.LOGS, "supervisor:process/checkout", [text], LogFacts(newest_at=ONSET))

    assert scene.diagnose().hypotheses == ()


@pytest.mark.parametrize(
    ("said", "leads"),
    [
        ("ERROR PaymentError: declined", False),
        ("ERROR upstream timed out while connecting to unix:/run/php.sock", True),
        ("ERROR upstream timed out while connecting to http://stock:9000/", False),
        ("INFO order placed", True),
    ],
)
def test_busy_neighbour_leads_only_where_the_alerted_one_may_wait_for_it(scene, said, leads):
    """Who fails at something of its own, or at somebody else, has another reason."""
    scene.state("running").logs([f"2026-11-23T09:50:40Z {said}"])
    scene.state("running", name="stock").state("running", name="php").logs([BUSY.format(50)], name="php")

    assert ("workers_exhausted" in [one.cause for one in scene.diagnose().hypotheses]) is leads


def test_process_that_says_that_it_may_open_no_more_files_is_named(scene):
    """Its count may have fallen again since, or be nobody's to read: its log is all there is."""
    stack = build_stack("OSError: [Errno 24] Too many open files")
    scene.state("running").logs([text for _ in range(9) for text in ("2026-11-23T09:50:55Z ERROR item failed", *stack)])

    assert [one.cause for one in scene.diagnose().hypotheses] == ["open_files_exhausted"]


@pytest.mark.parametrize(("killed", "causes"), [(7, []), (8, ["program_memory_exhausted"])])
def test_worker_that_was_killed_for_its_time_did_not_run_out_of_memory(scene, killed, causes):
    """Gunicorn kills who takes too long, and asks whether it was for memory; of another worker it may well be."""
    lines = [
        "[CRITICAL] WORKER TIMEOUT (pid:7)",
        f"[ERROR] Worker (pid:{killed}) was sent SIGKILL! Perhaps out of memory?",
    ]
    scene.state("running").add(EvidenceKind.LOGS, "supervisor:process/checkout", lines, LogFacts(newest_at=ONSET))

    assert [one.cause for one in scene.diagnose().hypotheses] == causes


def test_worker_that_a_deployment_ends_did_not_break_down(scene):
    """Celery says of the signal to stop what it says of those that kill."""
    write_log(scene, "shop", "ERROR: WorkerLostError('Worker exited prematurely: signal 15 (SIGTERM) Job: 4.')")

    assert "program_crashed" not in {claim.cause for claim in find_claims(scene)}


@pytest.mark.parametrize(
    ("words", "callee", "subject"),
    [
        (REFUSED, "stock:8080", "service/stock"),
        ("ERROR https://stock/api: connection refused", "stock", "service/stock"),
        ("ERROR dial tcp 10.0.0.7:6379: connect: connection refused", "10.0.0.7:6379", "service/shop"),
        ('ERROR Get "http://stock:80/x": dial tcp 10.0.0.9:80: connection refused', "stock:80", "service/stock"),
        ("ERROR read tcp 10.0.0.1:4000->10.0.0.9:80: connection refused", "10.0.0.9:80", "service/shop"),
        ("ERROR http://localhost:8000/: connection refused", "port 8000 of its own host", "service/shop"),
        ("ERROR upstream http://127.0.0.1:8000/: connection refused", "port 8000 of its own host", "service/shop"),
        ('ERROR Connection refused Is the server running on host "db" and on port 5432?', "db:5432", "service/db"),
    ],
)
def test_callee_that_refuses_is_the_subject_where_it_has_a_name(scene, words, callee, subject):
    """An address stands for nobody: then it is the caller that is shown."""
    write_log(scene, "shop", words)

    (claim,) = find_claims(scene)

    assert claim.text.startswith(f"shop calls {callee}, and nobody accepts the connection")
    assert (claim.cause, claim.subject.ref) == ("callee_unreachable", subject)
    assert claim.explains == {"service/shop"}


@pytest.mark.parametrize(
    ("words", "how"),
    [
        ('ERROR Get "http://stock:8080/x": dial tcp 10.0.0.9:8080: i/o timeout', "nobody answers"),
        ("ERROR dial tcp 10.0.0.9:80: connect: no route to host", "nobody answers"),
        (
            'ERROR Get "http://stock:80/": canceled while waiting for connection (exceeded while awaiting headers)',
            "nobody answers",
        ),
        ("ERROR read tcp 10.0.0.1:4000->10.0.0.9:8080: connection reset by peer", "the connection is cut"),
        ("ERROR Can't connect to MySQL server on 'db' (111)", "nobody accepts the connection"),
    ],
)
def test_how_a_call_fails_is_said(scene, words, how):
    """Silence points at the way there, a refusal at whom it leads to."""
    write_log(scene, "shop", words)

    (claim,) = find_claims(scene)

    assert f", and {how}: " in claim.text


@pytest.mark.parametrize(
    "words",
    [
        '[error] upstream timed out (110) while reading response header from upstream, upstream: "http://10.0.3.12:8080/"',
        "ERROR read tcp 10.0.0.1:4000->10.0.3.12:8080: i/o timeout",
        'ERROR Get "http://10.0.3.12:8080/": net/http: timeout awaiting response headers',
    ],
)
def test_who_took_the_connection_is_slow_and_not_away(scene, words):
    """Nobody is sent to look for a port that is open."""
    write_log(scene, "edge", words)

    (claim,) = find_claims(scene)

    assert "it takes the connection and does not answer in time" in claim.text
    assert claim.person_must == "Find out why 10.0.3.12:8080 does not answer in time: it takes connections."


def test_who_took_no_connection_is_away(scene):
    """The same words of nginx, before the connection was there."""
    words = "upstream timed out (110: Connection timed out) while connecting to upstream"
    write_log(scene, "edge", f'[error] {words}, upstream: "http://10.0.3.12:8080/cart"')

    (claim,) = find_claims(scene)

    assert "nobody answers" in claim.text
    assert claim.person_must == "Find out whether anything listens at 10.0.3.12:8080, and what lies between."


def test_balancer_without_servers_names_its_backend(scene):
    """HAProxy tells no address, and nothing else says it plainer."""
    write_log(scene, "haproxy", "haproxy[2211]: backend api has no server available!")

    (claim,) = find_claims(scene)

    assert claim.text.startswith("haproxy calls api, and no server of it is up")
    assert (claim.subject.ref, claim.cause) == ("service/api", "callee_unreachable")


def write_access(flags):
    """Give a line of an Envoy's access log, as Istio configures it."""
    return (
        f'[2026-11-23T12:00:00.000Z] "GET /pay HTTP/1.1" 503 {flags} - "-" 0 91 0 - "-" "curl/8" "b1" "pay:8080" '
        '"10.2.3.4:8080" outbound|8080||pay.shop.svc.cluster.local 10.2.1.1:5521 10.96.1.1:8080 - default'
    )


@pytest.mark.parametrize(
    ("flags", "how"),
    [
        ("UF,URX up{x,TLS_error:SSL:CERTIFICATE_VERIFY_FAILED:TLS_error_end}", "its certificate is not accepted"),
        ("UF upstream_reset_before_response_started{remote_connection_failure}", "the proxy gets no connection to it"),
        ("UH no_healthy_upstream", "the proxy gets no connection to it"),
    ],
)
def test_proxy_names_whom_it_does_not_reach(scene, flags, how):
    """By the cluster of its configuration; its lines have no level, and their status is one."""
    write_log(scene, "edge", write_access(flags))

    (claim,) = find_claims(scene)

    assert claim.text.startswith(f"edge calls pay.shop.svc.cluster.local:8080, and {how}")
    assert [trouble.text for trouble in list_symptoms(read_cluster(scene.evidence))] == [
        "the log of edge goes on failing"
    ]


def test_host_elsewhere_is_anothers_business(scene):
    """That something outside cannot be reached has a signature of its own."""
    write_log(scene, "shop", "ERROR connect ECONNREFUSED api.payments.example:443")

    assert find_claims(scene) == []


def test_callee_whose_own_log_tells_why_is_explained_by_that(scene):
    """That it refuses is a state; that it may open no more files is what brings it about."""
    write_log(scene, "checkout", REFUSED)
    write_log(scene, "stock", "ERROR accept: too many open files")

    found = conclude(scene.build(), TELEMETRY).hypotheses

    assert [(item.cause, item.entity.ref) for item in found] == [
        ("open_files_exhausted", "service/stock"),
        ("callee_unreachable", "service/stock"),
    ]


def test_full_cache_is_not_the_clients_memory(scene):
    """Clients of Redis raise an error of that name, too."""
    words = "ERROR redis.exceptions.OutOfMemoryError: command not allowed when used memory > 'maxmemory'."
    write_log(scene, "shop", words)

    assert find_claims(scene) == []


def test_refusal_without_any_address_blames_nobody(scene):
    """There is nothing to look at."""
    write_log(scene, "shop", "ERROR connection refused")

    assert find_claims(scene) == []


@pytest.mark.parametrize(("times", "calm_after", "count"), [(1, 60, 0), (12, 900, 0), (1, 2, 1), (12, 20, 1)])
def test_what_a_log_got_over_is_not_claimed(scene, times, calm_after, count):
    """Once long ago is nothing; at the end of the log, or again and again until then, is."""
    write_log(scene, "shop", "ERROR accept: too many open files", times=times, calm_after=calm_after)

    assert len(find_claims(scene)) == count


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ('heroku[router]: at=error code=H10 desc="App crashed" path="/r" status=503', 1),
        ("heroku[web.1]: State changed from starting to crashed", 1),
        ("proxy[d8dd] fra [error] [PC01] instance refused connection", 1),
        ('heroku[router]: at=info method=GET path="/r" status=200', 0),
    ],
)
def test_platform_that_goes_on_in_place_of_a_program_is_no_recovery(scene, line, count):
    """A router answers for who does not run; what it passes on is the program's own."""
    words = "app[web.1]: Error: Cannot find module 'compression'"
    lines = [f"GET /items/{number} 200" for number in range(120)] + [words] + [f"{line} {n}" for n in range(60)]
    scene.add(EvidenceKind.LOGS, "service/shop", lines, {})

    assert len([claim for claim in find_claims(scene) if claim.cause == "program_module_missing"]) == count


def test_objects_speak_for_themselves(scene):
    """Where workloads are known, nobody has to guess by logs."""
    write_log(scene, "shop", "ERROR accept: too many open files")
    table = ["NAME   READY   UP-TO-DATE   AVAILABLE   AGE", "shop   1/1     1            1           9d"]
    query = "kubectl get deployments -n shop"
    scene.add(EvidenceKind.OBJECTS, "kubernetes:namespace/shop", table, ObjectFacts(form="kubectl"), query=query)

    assert find_claims(scene) == []


def test_they_are_part_of_what_telemetry_shows():
    """The catalogue takes all of them together."""
    assert {signature.id for signature in SIGNATURES} < {signature.id for signature in TELEMETRY}
    assert all(signature.action.startswith("none: a person must") for signature in SIGNATURES)


@pytest.mark.parametrize(
    ("words", "calm_after", "texts"),
    [
        ("ERROR TypeError: x is undefined", 0, ["the log of shop goes on failing"]),
        ("ERROR TypeError: x is undefined", 250, []),
        ("WARN calls that failed were tried again", 0, []),
    ],
)
def test_log_that_goes_on_failing_is_a_symptom(scene, words, calm_after, texts):
    """Warnings are what a program got over, and what ended long ago is over."""
    write_log(scene, "shop", words, times=6, calm_after=calm_after)

    assert [trouble.text for trouble in list_symptoms(read_cluster(scene.evidence))] == texts


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("app1 systemd[1]: shop.service: Failed with result 'exit-code'.", 1),
        ("app1 systemd[7711]: shop.service: Failed at step EXEC spawning /opt/shop: Exec format error", 1),
        ("app1 systemd[1]: shop.service: Deactivated successfully.", 0),
        ("app1 cron[7]: (root) CMD (grep 'Failed with result' log)", 0),
    ],
)
def test_log_that_ends_on_a_failed_unit_is_a_symptom(scene, line, count):
    """The lines of systemd have no level; another program's talk of a failure is none of a unit."""
    scene.add(EvidenceKind.LOGS, "service/app", [*(f"INFO {number}" for number in range(60)), line], {})

    assert len(list_symptoms(read_cluster(scene.evidence))) == count


@pytest.mark.parametrize(("after", "count"), [(4, 1), (9, 0)])
def test_few_long_lines_may_follow_the_last_words(scene, after, count):
    """A line of JSON is as long as five of plain text, and as many of them are a program's way out."""
    parting = '{"s":"F","msg":"' + "x" * 300 + '"}'
    lines = [*(f"INFO {number}" for number in range(60)), "ERROR accept: too many open files", *[parting] * after]
    scene.add(EvidenceKind.LOGS, "service/shop", lines, {})

    assert len(find_claims(scene)) == count


def test_link_that_explains_is_not_who_was_called(scene):
    """Nobody calls the documentation."""
    write_log(scene, "shop", "ERROR onnection refused (see https://docs.example:8443/x)")

    assert find_claims(scene) == []


def test_log_of_one_failing_line_does_not_go_on(scene):
    """What was said once was said once."""
    scene.add(EvidenceKind.LOGS, "service/shop", ["ERROR TypeError: x is undefined"], {})

    (trouble,) = list_symptoms(read_cluster(scene.evidence))

    assert trouble.text == "the log of shop says that something failed"


def test_log_that_fails_for_no_known_reason_stays_undetermined(scene):
    """A burst of errors is a symptom, and asked about."""
    write_log(scene, "checkout", "ERROR TypeError: x is undefined")

    diagnosis = scene.diagnose()

    assert diagnosis.verdict is Verdict.UNDETERMINED
    assert diagnosis.checks


@pytest.mark.parametrize("state", ["Shutting down, pool size = 2", "Terminated, pool size = 0"])
def test_work_that_a_closed_pool_refuses_is_not_too_much(scene, state):
    """Java says with the same exception that a program is on its way out."""
    refused = "ERROR java.util.concurrent.RejectedExecutionException: Task a.B@1 rejected from ThreadPoolExecutor@2"
    write_log(scene, "shop", f"{refused}[{state}, active threads = 0]")

    assert [claim for claim in find_claims(scene) if claim.cause == "workers_exhausted"] == []
