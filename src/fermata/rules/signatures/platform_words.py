"""How platforms that run other people's programs word what they did to one, and what clients say of a provider's no.

No program writes these lines: a router, a supervisor of machines or a client's library does, mostly without a level.
No line was taken from a running platform, and the shares are guesses that nothing measured. Sources (read 2026-11-27):

- Vendors' own: Heroku's codes (`lib/error_info.js` of heroku-apps, unpkg.com), vercel.com/docs/errors, Cloudflare's
  pages on the limits and fields of Workers, AWS's on the errors of load balancers that call Lambda and on the errors of
  stopped tasks of ECS.
- Lines that users quote in public repositories and threads: Fly.io, AWS Lambda in text and in JSON, Google Cloud
  Run and Functions, Render, Azure App Service, Gunicorn, Workers' outcomes, and the refusals of OpenAI, Stripe,
  Anthropic, Twilio, AWS, Google Cloud and Azure.
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
            r"|\binvalid_grant\b.{0,80}\b(?:expired|revoked)\b|\bauthorization grant is invalid, expired, or revoked\b"
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
)
"""In the order they are listed."""
