"""What platforms and providers say of a program, where only its log is known."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ObjectFacts
from fermata.rules.signatures.cluster_case import read_cluster
from fermata.rules.signatures.logged_failures import SIGNATURES as LOGGED
from fermata.rules.signatures.platform_failures import SIGNATURES
from fermata.rules.signatures.platform_words import PLATFORM_FAILURES
from fermata.rules.signatures.telemetry import SIGNATURES as TELEMETRY

H12 = 'heroku[router]: at=error code=H12 desc="Request timeout" method=GET path="/r" service=30000ms status=503'
H10 = 'heroku[router]: at=error code=H10 desc="App crashed" method=GET path="/r" status=503'
R15 = "heroku[web.1]: Error R15 (Memory quota vastly exceeded)"
COLD = "proxy[d8dd] fra [error][PC01] instance refused connection. is your app listening on 0.0.0.0:8080? make sure"

KEY = "Error code: 401 - Incorrect API key provided: sk-proj-****abcd"


def write_log(scene, *words, times=30, calm=120, between=1, after=0):
    """Add a log that works for a while, says something now and then, and works again."""
    lines = [f"GET /items/{number} 200" for number in range(calm)]
    for number in range(times):
        lines += [f"{word} ({number})" for word in words] + [f"GET /items/{number} 200"] * between
    lines += [f"GET /items/{number} 200" for number in range(after)]
    return scene.add(EvidenceKind.LOGS, "service/shop", lines, {})


def find_claims(scene):
    """Return what these signatures claim, with those about memory."""
    cluster = read_cluster(scene.evidence)
    return [claim for signature in (*SIGNATURES, *LOGGED) for claim in signature.find(cluster)]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (R15, "program_memory_exhausted"),
        ("app[d8] fra [info] Out of memory: Killed process 318 (node) total-vm:1kB", "program_memory_exhausted"),
        ("app[d8] fra [info] INFO Process appears to have been OOM killed!", "program_memory_exhausted"),
        ("REPORT RequestId: a Max Memory Used: 128 MB Status: error Error Type: Runtime.OutOfMemory",
         "program_memory_exhausted"),
        ('{"type":"platform.report","record":{"status":"error","errorType":"Runtime.OutOfMemory"}}',
         "program_memory_exhausted"),
        ("Memory limit of 512 MiB exceeded with 531 MiB used. Consider", "program_memory_exhausted"),
        ("==> Ran out of memory (used over 512MB) while running your code.", "program_memory_exhausted"),
        ('{"outcome": "exceededMemory", "scriptName": "a"}', "program_memory_exhausted"),
        (H12, "time_limit_exceeded"),
        ("2026-11-26T21:00:00Z 8f5 Task timed out after 3.00 seconds", "time_limit_exceeded"),
        ('{"outcome": "exceededCpu", "scriptName": "a"}', "time_limit_exceeded"),
        ('{"Outcome":"exceededCpu","ScriptName":"a"}', "time_limit_exceeded"),
        ('{"Outcome":"exceededMemory","ScriptName":"a"}', "program_memory_exhausted"),
        ('{"type":"platform.report","record":{"requestId":"a","status":"timeout"}}', "time_limit_exceeded"),
        ("504: GATEWAY_TIMEOUT Code: FUNCTION_INVOCATION_TIMEOUT ID: hkg1::a", "time_limit_exceeded"),
        ("504: GATEWAY_TIMEOUT Code: EDGE_FUNCTION_INVOCATION_TIMEOUT ID: hkg1::a", "time_limit_exceeded"),
        ("504: GATEWAY_TIMEOUT Code: MIDDLEWARE_INVOCATION_TIMEOUT ID: hkg1::a", "time_limit_exceeded"),
        ("[CRITICAL] WORKER TIMEOUT (pid:12)", "time_limit_exceeded"),
        (COLD, "port_not_listened_on"),
        ("ERROR - Container a didn't respond to HTTP pings on port: 8000, failing site start.", "port_not_listened_on"),
        ("Cloud Run error: Container failed to start. Failed to start and then listen on the port defined by the PORT",
         "port_not_listened_on"),
        ('heroku[router]: at=error code=H14 desc="No web processes running" status=503', "no_process_running"),
        ("WARNING The request was aborted because there was no available instance.", "instances_exhausted"),
        ("The Lambda function was throttled: Rate Exceeded.", "instances_exhausted"),
        ("StripeAuthenticationError: Invalid API Key provided: sk_live_****wxYz", "provider_key_refused"),
        ("ERROR TwilioRestException: HTTP 401 error: Unable to create record: Authenticate", "provider_key_refused"),
        ("Error code: 401 - {'error': {'message': 'Incorrect', 'code': 'invalid_api_key'}}", "provider_key_refused"),
        ("[ERROR] ClientError: User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: dynamodb:PutItem on",
         "cloud_permission_denied"),
        ("Permission 'secretmanager.versions.access' denied on resource", "cloud_permission_denied"),
        ("KMSAccessDeniedException: Lambda was unable to decrypt the environment variables", "cloud_permission_denied"),
        ("ResourceInitializationError: unable to pull secrets: failed to fetch: AccessDeniedException",
         "cloud_permission_denied"),
        ("RequestId: a Error: Runtime exited with error: signal: killed", "program_memory_exhausted"),
        ("web: OutOfMemoryError: Container killed due to memory usage", "program_memory_exhausted"),
        ("==> Out of memory (used over 512Mi)", "program_memory_exhausted"),
        ("[ERROR] Worker (pid:91) was sent SIGKILL! Perhaps out of memory?", "program_memory_exhausted"),
        ("Stripe::AuthenticationError: Expired API Key provided: sk_live_****abcd", "provider_key_refused"),
        ("No such price; a similar object exists in test mode, but a live mode key was used", "provider_key_refused"),
        ("ClientError: An error occurred (ExpiredToken) when calling the PutObject operation", "provider_key_refused"),
        ("ExpiredTokenException: The security token included in the request is expired", "provider_key_refused"),
        ("<Code>SignatureDoesNotMatch</Code>", "provider_key_refused"),
        ("invalid_grant: Token has been expired or revoked.", "provider_key_refused"),
        ('oauth2: cannot fetch token: 400 Bad Request Response: {"error": "invalid_grant"}', "provider_key_refused"),
        ("invalid_grant: AADSTS700082: The refresh token has expired due to inactivity.", "provider_key_refused"),
        ("Net::SMTPAuthenticationError: 535 5.7.8 Username and Password not accepted.", "provider_key_refused"),
        ("(service web) (task 1a) (port 8080) is unhealthy in (target-group arn:a) due to (reason Request timed out)",
         "health_check_failed"),
        ("1/1 replicas never became healthy!", "health_check_failed"),
        ("health[d8] cdg [error] Health check on port 3000 has failed. Your app", "health_check_failed"),
        ("(service web) was unable to place a task because no container instance met all of its requirements.",
         "task_not_placed"),
        ("(service web) was unable to place a task. Reason: Capacity is unavailable at this time.", "task_not_placed"),
        ("CannotPullContainerError: failed to resolve ref docker.io/acme/web:9: not found", "task_image_not_pulled"),
    ],
)  # fmt: skip
def test_what_a_platform_says_is_named_with_its_first_and_last_line(scene, words, cause):
    """It has no level, or one that tells nothing."""
    write_log(scene, words)

    (claim,) = find_claims(scene)

    assert (claim.cause, claim.subject.ref) == (cause, "service/shop")
    assert [quote.text for quote in claim.quotes] == [f"{words} (0)", f"{words} (29)"]


@pytest.mark.parametrize(
    "words",
    [
        "INFO task 7 timed out after a while, tried again",
        'heroku[router]: at=error code=H27 desc="Client Request Interrupted" status=499',
        "WARN StripeCardError: Your card has insufficient funds. (statusCode 402)",
        "WARN login of user 4 refused: invalid API key",
        "WARN user 4 is not authorized to perform this action",
        '{"type":"platform.report","record":{"requestId":"a","status":"success"}}',
        "INFO memory limit of the plan is 512 MiB",
        "WARN oauth: invalid_grant: Code was already redeemed",
        "ERROR POST /oauth/token 400 invalid_grant: refresh token expired for user 12",
        "ERROR token endpoint: invalid_grant (token revoked)",
        "(service web) has reached a steady state.",
        "(service web) was able to place a task",
        "INFO token of user 4 has expired",
        "ERROR com.acme.auth.ExpiredTokenException: token of user 12 expired at 12:00",
        "heroku[web.1]: Cycling",
    ],
)
def test_what_only_sounds_alike_names_none(scene, words):
    """A client that went away, a card, a user of ours."""
    write_log(scene, words)

    assert find_claims(scene) == []


@pytest.mark.parametrize(("times", "after", "count"), [(1, 60, 0), (12, 900, 0), (12, 20, 1)])
def test_what_a_log_got_over_is_not_claimed(scene, times, after, count):
    """What serves again has got over it."""
    write_log(scene, R15, times=times, after=after)

    assert len(find_claims(scene)) == count


def test_router_that_only_fails_afterwards_is_no_recovery(scene):
    """The program was killed once, and since then nobody but the router writes."""
    lines = [f"GET /items/{number} 200" for number in range(120)]
    lines += [R15, "heroku[web.1]: Process exited with status 137", "", *[f"{H10} {number}" for number in range(90)]]
    scene.add(EvidenceKind.LOGS, "service/shop", lines, {})

    (claim,) = find_claims(scene)

    assert claim.cause == "program_memory_exhausted"
    assert [quote.text for quote in claim.quotes] == [R15]


def test_what_was_said_once_before_work_went_on_is_nothing(scene):
    """One line alone counts where nothing but failures follow it."""
    write_log(scene, R15, times=1)

    assert find_claims(scene) == []


def test_what_was_said_from_the_beginning_is_routine(scene):
    """A warning that a platform gives all year long brought nothing about today."""
    write_log(scene, R15, times=200, calm=4, between=3)

    assert find_claims(scene) == []


@pytest.mark.parametrize(("words", "between"), [(COLD, 20), (H12, 80), (KEY, 40)])
def test_what_is_said_seldom_while_all_else_works_is_usual(scene, words, between):
    """A machine that starts on demand refuses its first request; of many customers' own keys one is wrong."""
    write_log(scene, words, between=between)

    assert find_claims(scene) == []


def test_objects_speak_for_themselves(scene):
    """Where workloads are known, nobody has to guess by logs."""
    write_log(scene, R15)
    table = ["NAME   READY   UP-TO-DATE   AVAILABLE   AGE", "shop   1/1     1            1           9d"]
    query = "kubectl get deployments -n shop"
    scene.add(EvidenceKind.OBJECTS, "kubernetes:namespace/shop", table, ObjectFacts(form="kubectl"), query=query)

    assert find_claims(scene) == []


def test_they_are_part_of_what_telemetry_shows():
    """The catalogue takes all of them together."""
    assert {failure.cause for failure in PLATFORM_FAILURES} < {signature.id for signature in TELEMETRY}
    assert all(signature.action.startswith("none: a person must") for signature in SIGNATURES)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("ERROR ProgrammingError: column orders.coupon_id does not exist", "database_schema_behind"),
        ('ERROR:  column "coupon" of relation "orders" does not exist at character 9', "database_schema_behind"),
        ('ERROR UndefinedTable: relation "public.coupons" does not exist', "database_schema_behind"),
        ("ERROR Mysql2::Error: Unknown column 'orders.coupon_id' in 'field list'", "database_schema_behind"),
        ("ERROR (1146, \"Table 'shop.coupons' doesn't exist\")", "database_schema_behind"),
        ("ERROR django.db.utils.OperationalError: no such table: coupons", "database_schema_behind"),
        ("ERROR ActiveRecord::PendingMigrationError: run bin/rails db:migrate", "database_schema_behind"),
        ("ERROR The column `Order.coupon` does not exist in the current database.", "database_schema_behind"),
        ("ERROR SQLSTATE[42S22]: Column not found: 1054", "database_schema_behind"),
        ('ERROR prepared statement "s0" already exists', "prepared_statements_shared"),
        (r'ERROR code: "42P05", message: "prepared statement \"s0\" already exists"', "prepared_statements_shared"),
        ('ERROR prepared statement "lrupsc_1_0" does not exist', "prepared_statements_shared"),
        ("ERROR: The endpoint has been disabled. Enable it using Neon API and retry.", "hosted_database_asleep"),
        ("ERROR desc = database branch has been put to sleep due to inactivity", "hosted_database_asleep"),
        ("FATAL: Tenant or user not found", "pooler_tenant_unknown"),
        ("ERROR ENILimitReachedException: Lambda couldn't", "network_interfaces_exhausted"),
        ("ERROR the limit for Network Interfaces has been reached", "network_interfaces_exhausted"),
        ("npm error `npm ci` can only install packages when your package.json and package-lock.json",
         "lock_file_outdated"),
        ('ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"', "lock_file_outdated"),
        ('Error: Command "npm run build" exited with 1', "build_failed"),
        ("ERROR: failed to build: failed to solve: process", "build_failed"),
        (" !     Push rejected, failed to compile Node.js app.", "build_failed"),
    ],
)  # fmt: skip
def test_what_databases_functions_and_builds_refuse_is_named(scene, words, cause):
    """Their words are exact, and each has a remedy of its own."""
    write_log(scene, words)

    assert [claim.cause for claim in find_claims(scene)] == [cause]


@pytest.mark.parametrize(
    "words",
    [
        "ERROR Type error: Property 'discount' does not exist on type 'CartLine'.",
        'ERROR database "shop" does not exist',
        'ERROR role "app" does not exist',
        "ERROR the user does not exist",
        "ERROR statement already exists for invoice",
        "ERROR tenant not found",
        "ERROR endpoint has been disabled for your account",
        "the spreadsheet has an unknown column",
        "ERROR network interface eth0 is down",
        "INFO lock file written",
        "job 'sleep' has been put to bed",
        "build finished, exited with 0",
    ],
)
def test_what_only_sounds_like_these_refusals_is_not_named(scene, words):
    """Users, types and disks lack things as well."""
    write_log(scene, words)

    named = {claim.cause for claim in find_claims(scene)}

    assert not named & {
        *("database_schema_behind", "prepared_statements_shared", "hosted_database_asleep", "pooler_tenant_unknown"),
        *("network_interfaces_exhausted", "lock_file_outdated", "build_failed"),
    }


def test_lock_file_that_ends_a_build_is_named_by_one_line(scene):
    """What npm writes behind it is of the same failure."""
    log = [
        "npm error code EUSAGE",
        "npm error `npm ci` can only install packages when your package.json",
        "npm error Missing: zod@3.23.8 from lock file",
        "ERROR: failed to build: failed to solve: exit",
    ]
    scene.add(EvidenceKind.LOGS, "service/shop", log, {})

    assert {claim.cause for claim in find_claims(scene)} == {"lock_file_outdated", "build_failed"}
