"""How platforms that run other people's programs word what they did to one, and what clients say of a provider's no.

No program writes these lines: a router, a supervisor of machines or a client's library does, mostly without a level.
No line was taken from a running platform, and the shares are guesses that nothing measured. Sources (read 2026-11-27):

- Vendors' own: Heroku's codes (`lib/error_info.js` of heroku-apps, unpkg.com), vercel.com/docs/errors, Cloudflare's
  pages on the limits and fields of Workers, AWS's on the errors of load balancers that call Lambda and on the errors of
  stopped tasks of ECS.
- Lines that users quote in public repositories and threads: Fly.io, AWS Lambda in text and in JSON, Google Cloud
  Run and Functions, Render, Azure App Service, Gunicorn, Workers' outcomes, and the refusals of OpenAI, Stripe,
  Anthropic, Twilio, AWS, Google Cloud and Azure.
- Lines that users quote in threads of Rails, Django, Prisma, Neon, Supabase and PlanetScale, from memory as well:
  missing tables and columns (SQLSTATE 42703 and 42P01 of PostgreSQL, 1054 and 1146 of MySQL, SQLite), pending
  migrations, prepared statements behind PgBouncer (pgbouncer.org/config.html, `max_prepared_statements`), databases
  that are turned off, AWS's limit of network interfaces, npm's, pnpm's and yarn's frozen lock files, and builds.
- From memory still: ECS' events about health checks and Fargate's capacity, "killed due to memory usage", Lambda's
  KMSAccessDeniedException and "signal: killed", S3's codes of errors, Gunicorn's arbiter, Railway's and Fly.io's
  checks, 535 of SMTP (RFC 4954, 6), `StripeAuthenticationError`, `InvalidAccessKeyId`, and "fetch" and "update" in
  Twilio's refusal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fermata.rules.signatures.base import Specificity


@dataclass(frozen=True, slots=True)
class PlatformFailure:
    """One thing that a platform does to a program or that a provider refuses it, in their words."""

    cause: str
    title: str
    pattern: re.Pattern[str]
    says: str
    """What follows the service's name in the text."""
    advice: str
    confidence: float
    specificity: Specificity = Specificity.STATE
    least_share: float = 0.0
    """Of the lines that tell of no failure since it was first said: what is said less often than that is usual."""


MEMORY = re.compile(
    r"\bError R1[45] \(Memory quota (?:vastly )?exceeded\)"
    r"|\bProcess appears to have been OOM killed!"
    r"|\bError Type: Runtime\.OutOfMemory\b|\berrorType\"\s?:\s?\"Runtime\.OutOfMemory\""
    r"|\bMemory limit of [\d.]+ ?[KMG]i?B? exceeded with [\d.]+ ?[KMG]i?B? used\b"
    r"|\b(?:Ran o|O)ut of memory \(used over \d+ ?[MG]i?B?\)"
    r"|\bRuntime exited with error: signal: killed\b"
    r"|\bOutOfMemoryError: Container killed due to memory usage\b"
    r"|\bwas sent SIGKILL! Perhaps out of memory\?"
    r"|\bWorker exceeded memory limit\b|\b[oO]utcome\"\s?:\s?\"exceededMemory\""
)
"""What a program was killed for, or what it is about to be. Every alternative begins with an edge, where it can: `re`
passes over a log several times as fast then."""

WORKERS = re.compile(
    r"\bserver reached (?:pm\.max_children|MaxRequestWorkers|MaxClients) setting\b"
    r"|\bpool \S+ seems busy \(you may|\buWSGI listen queue of socket \S+ .{0,40}\bfull\b"
    r"|\b(?:All|Maximum number of) threads \(\d{1,6}\) (?:are currently|created for connector)\b"
    r"|\bThere were not enough free threads in the ThreadPool\b|\bRequest queue is full\. Returning an error\b"
)
"""All workers of a server are busy, as PHP-FPM, Apache, uWSGI, Tomcat, .NET and Passenger say, most of them as a
warning: who waits for one says nothing, and its front says that it does not answer."""

PLATFORM_FAILURES = (
    PlatformFailure(
        "time_limit_exceeded",
        "A platform ended what took longer than it may",
        re.compile(
            r"\bTask timed out after [\d.]+ seconds\b"
            r"|\"type\"\s?:\s?\"platform\.report\".{1,600}\"status\"\s?:\s?\"timeout\""
            r"|\b(?:INTERNAL_)?(?:EDGE_)?FUNCTION_INVOCATION_TIMEOUT\b|\bMIDDLEWARE_INVOCATION_TIMEOUT\b"
            r"|\bcode=H12 desc="
            r"|\bFunction execution took \d+ ms, finished with status: 'timeout'"
            r"|\brequest has been terminated because it has reached the maximum request timeout\b"
            r"|\[CRITICAL\] WORKER TIMEOUT \(pid:"
            r"|\bWorker exceeded CPU time limit\b|\"[oO]utcome\"\s?:\s?\"exceededCpu\""
        ),
        "takes longer than its platform allows, and is ended",
        "Find out what it waits for or computes (a query, a call without a timeout), and shorten that before you raise "
        "the limit.",
        0.5,
        least_share=0.02,  # One request of fifty: a guess, between a slow report now and then and an outage.
    ),
    PlatformFailure(
        "port_not_listened_on",
        "A platform finds nobody listening where it looks",
        re.compile(
            r"\bError R10 \(Boot timeout\)"
            r"|\bis your app listening on (?:0\.0\.0\.0|\[::\]):\d+"
            r"|\bPort scan timeout reached, no open ports detected\b"
            r"|\bdidn't respond to HTTP pings on port: \d+"
            r"|\bcontainer failed to start and listen on the port defined\b"
            r"|\bFailed to start and then listen on the port defined by the PORT\b"
        ),
        "does not listen where its platform looks, or not in time",
        "Let it listen on 0.0.0.0 and on the port that the platform gives (mostly `PORT`), and look at what it does "
        "before it listens.",
        0.6,
        least_share=0.2,  # A machine that starts on demand is asked before it listens, and then serves.
    ),
    PlatformFailure(
        "no_process_running",
        "A platform has no process of a service that could answer",
        re.compile(r"\bcode=H14 desc="),
        "has no process that could answer",
        "Start one (Heroku: `heroku ps:scale web=1`), and find out who scaled it down.",
        0.7,
    ),
    PlatformFailure(
        "instances_exhausted",
        "A platform has no further instance for a request",
        re.compile(
            r"\bThe request was aborted because there was no available instance\b"
            r"|\bThe Lambda function was throttled\b|\bTooManyRequestsException: Rate Exceeded\b"
        ),
        "gets no further instance for its requests",
        "See how many instances or calls at a time it may have, what keeps them busy, and who asks more.",
        0.6,
    ),
    PlatformFailure(
        "health_check_failed",
        "A platform's health check does not pass",
        re.compile(
            r"\bis unhealthy in \(target-group\b|\breplicas never became healthy!|\bHealthcheck failed!"
            r"|\bHealth check on port \d+ has failed\."
        ),
        "does not pass the health check of its platform",
        "Ask the path and the port of the check by hand: a 404 is another path, a refused connection another port or "
        "address, a time-out a slow start.",
        0.5,
        least_share=0.2,  # A copy that starts is asked before it is ready.
    ),
    PlatformFailure(
        "task_not_placed",
        "A platform finds no room for a task",
        re.compile(r"\bwas unable to place a task because\b|\bwas unable to place a task\. Reason: Capacity\b"),
        "gets no place for its tasks",
        "Compare what the task asks for (memory, CPU, ports) with what the line says is missing: make it smaller, add "
        "instances, or try another zone where the platform has no capacity.",
        0.7,
        Specificity.ORIGIN,
    ),
    PlatformFailure(
        "task_image_not_pulled",
        "A platform cannot pull the image of a task",
        re.compile(r"\bCannotPullContainerError\b"),
        "cannot be started, as its image is not pulled",
        "Compare the image's name and tag with its registry, and see whether the task may log in there and reach it.",
        0.7,
        Specificity.ORIGIN,
    ),
    PlatformFailure(
        "provider_key_refused",
        "A provider does not accept the key or the token that a program shows",
        re.compile(
            r"\bInvalid API Key provided\b|\bIncorrect API key provided\b|\bStripeAuthenticationError\b"
            r"|\bcode[\"']\s?:\s?[\"']invalid_api_key[\"']"
            r"|\bHTTP 401 error: Unable to (?:create|fetch|update) record: Authenticat"
            r"|\bauthentication_error\b.{0,60}\binvalid x-api-key\b"
            r"|\bUnrecognizedClientException\b|\bInvalidClientTokenId\b|\bInvalidAccessKeyId\b"
            r"|\bExpired API Key provided\b|\bobject exists in (?:test|live) mode, but a (?:live|test) mode key\b"
            # Programs call the errors of their own users' tokens so, too: AWS's have its words beside them.
            r"|\bExpiredToken(?:Exception)?\) when calling\b"
            r"|\bExpiredToken(?:Exception)?\b.{0,80}\b(?:security|provided) token\b|\bSignatureDoesNotMatch\b"
            # RFC 6749 gives `invalid_grant` to every server of tokens, a program's own for its users as well: Google's
            # and Microsoft's words and those of their clients' libraries tell a provider's.
            r"|\binvalid_grant\b.{0,80}\b(?:Token has been (?:expired|revoked)\b|AADSTS\d{5,7}\b)"
            r"|\b(?:RefreshError|GaxiosError|cannot fetch token|OAuth2::Error|Msal\w{0,20}Error|AADSTS\d{5,7})\b"
            r".{0,200}\binvalid_grant\b"
            r"|\bauthorization grant is invalid, expired, or revoked\b"
            r"|\b535[ -]5\.7\.\d\b"
        ),
        "shows a key that its provider does not accept",
        "Compare the key that runs with the provider's list: whether it was rolled, revoked or is another "
        "environment's; set the new one, and restart what holds the old one.",
        0.7,
        Specificity.ORIGIN,
        least_share=0.05,  # Some programs call a provider with each customer's own key, and one of those is wrong.
    ),
    PlatformFailure(
        "cloud_permission_denied",
        "A cloud's permissions do not allow what a program asks for",
        re.compile(
            r"\bis not authorized to perform: [a-z0-9-]+:[A-Za-z]+"
            r"|\bPermission '[a-z]+\.[A-Za-z.]+' denied on resource\b"
            r"|\bdoes not have [a-z]+\.[A-Za-z]+\.[a-zA-Z]+ access to the Google Cloud\b"
            r"|\bdoes not have authorization to perform action 'Microsoft\."
            r"|\bKMSAccessDeniedException\b|\bResourceInitializationError: .{1,400}\bAccessDeniedException\b"
        ),
        "may not do at its cloud what it asks for",
        "Compare the role or policy of the identity that the line names with what it needs, and find out who changed "
        "either.",
        0.7,
        Specificity.ORIGIN,
        least_share=0.02,
    ),
    PlatformFailure(
        "database_schema_behind",
        "A program asks its database for a table or a column that is not there",
        re.compile(
            r"\bcolumn \\?\"?[\w.]{1,128}\\?\"? (?:of relation \\?\"[\w.]{1,128}\\?\" )?does not exist\b"
            r"|\brelation \\?\"[\w.]{1,128}\\?\" does not exist\b|\bUnknown column '[^']{1,128}' in\b"
            r"|\bno such (?:table|column): \w|\bTable '[\w.-]{1,128}' doesn't exist\b|\bSQLSTATE\[42S(?:02|22)\]"
            r"|\bPendingMigrationError\b|\bMigrations are pending\b"
            r"|\bThe (?:table|column) `[^`]{1,128}` does not exist in the current database\b"
        ),
        "asks its database for a table or a column that is not there",
        "Compare the migrations that ran with the version that runs: run the one that is missing (or go back to the "
        "version before it); where a migration took it away, older code still asks for it.",
        0.7,
        Specificity.ORIGIN,
        least_share=0.02,
    ),
    PlatformFailure(
        "prepared_statements_shared",
        "A pooler hands one session's prepared statements to another",
        re.compile(r"\bprepared statement \\{0,3}\"[^\"\\]{1,80}\\{0,3}\" (?:already exists|does not exist)\b"),
        "finds prepared statements of other sessions, or lacks its own, as behind a pooler that pools by transaction",
        "Where it is PgBouncer, set `max_prepared_statements` (from 1.21 on), or turn them off in the client (Prisma "
        "`pgbouncer=true`, psycopg `prepare_threshold=None`, asyncpg `statement_cache_size=0`), or pool by session.",
        0.7,
        Specificity.ORIGIN,
        least_share=0.02,
    ),
    PlatformFailure(
        "hosted_database_asleep",
        "A provider has turned a database off",
        re.compile(
            r"\b[Tt]he endpoint has been disabled\. Enable it using\b"
            r"|\bdatabase branch \S{0,80} ?has been put to sleep\b|\bdatabase (?:branch )?is sleeping\b"
        ),
        "asks a database that its provider has turned off",
        "Wake or enable it at the provider (Neon: start its compute; PlanetScale: wake the branch), and find out why "
        "it was turned off: nothing used it, a plan, an invoice, or somebody.",
        0.75,
        Specificity.ORIGIN,
    ),
    PlatformFailure(
        "pooler_tenant_unknown",
        "A provider's pooler does not know the project or the user",
        re.compile(r"\bTenant or user not found\b"),
        "is not known to the pooler of its database",
        "Compare its connection string with the provider's: at Supabase the user is `postgres.` with the project's "
        "reference, the host that of the project's own region; and see whether the project is paused or was deleted.",
        0.7,
        Specificity.ORIGIN,
        least_share=0.02,
    ),
    PlatformFailure(
        "network_interfaces_exhausted",
        "A platform has no network interface left for a function",
        re.compile(
            r"\bENILimitReachedException\b|\bunable to create an elastic network interface\b"
            r"|\blimit for [Nn]etwork [Ii]nterfaces has been reached\b"
        ),
        "gets no network interface in its VPC",
        "Have the quota of elastic network interfaces of the VPC raised, or let fewer pairs of subnets and security "
        "groups stand in functions: those that share a pair share interfaces.",
        0.7,
        Specificity.ORIGIN,
    ),
    PlatformFailure(
        "lock_file_outdated",
        "A build refuses a lock file that does not fit its list of packages",
        re.compile(
            r"`npm ci` can only install packages when your package\.json\b|\bERR_PNPM_OUTDATED_LOCKFILE\b"
            r"|\bYour lockfile needs to be updated, but yarn was run with\b"
            r"|\bThe lockfile would have been modified by this install, which is explicitly forbidden\b"
        ),
        "is not built, as its lock file does not fit its list of packages",
        "Install once without freezing (`npm install`, `pnpm install`, `yarn install`), commit the lock file with the "
        "list, and build again; what ran before goes on meanwhile.",
        0.8,
        Specificity.ORIGIN,
    ),
    PlatformFailure(
        "build_failed",
        "A platform's build ends with an error",
        re.compile(
            r"(?:^|\s)Failed to compile\.\s*$|\bError: Command \"[^\"]{1,120}\" exited with [1-9]"
            r"|\bERROR: failed to (?:build|solve): "
            r"|\bprocess \"[^\"]{1,200}\" did not complete successfully: exit code: [1-9]"
            r"|\bBuild failed because of webpack errors\b|(?:^|\s)!\s+Push rejected, failed to compile\b"
            r"|\bError occurred prerendering page \"",
            re.MULTILINE,
        ),
        "is not built",
        "Read the first error of the build, and build that commit by hand; what ran before goes on meanwhile.",
        0.6,
    ),
)
"""In the order they are listed."""
