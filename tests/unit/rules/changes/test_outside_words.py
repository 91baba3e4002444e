"""Words for what refuses us, told from words for what we refuse and for what is full."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.outside import find_outside


def find_causes(incident, line):
    """Return what is found of a service that begins to say a line."""
    return {found.cause for found in find_outside(incident.calm("shop").log("shop", (-3, 30, line)).read())}


@pytest.mark.parametrize(
    "line",
    [
        "ERROR GET https://api.maps.example/tile: 429 too many requests",
        "ERROR exceeded the compute time quota",
        "ERROR ERR max requests limit exceeded. Limit: 500000, Usage: 500000",
        "ERROR ProvisionedThroughputExceededException: provisioned throughput for the table was exceeded",
        "ERROR ThrottlingException: Rate exceeded",
        "ERROR HttpError: API rate limit exceeded for installation ID 1234.",
        'ERROR ResponseError: Unauthorized {"errors":[{"message":"Maximum credits exceeded"}]}',
    ],
)
def test_refusal_of_who_asks_too_often_is_a_limit(incident, line):
    """Of clients, gateways and hosted databases."""
    assert "third_party_limit" in find_causes(incident, line)


@pytest.mark.parametrize(
    "line",
    [
        "ERROR Error R14 (Memory quota exceeded)",
        "ERROR upload of user 8812 refused: storage quota exceeded (5 GB plan)",
        "ERROR you have exceeded your storage quota",
        "ERROR rate limiter: 429 Too Many Requests for ip 203.0.113.77 on /login",
        '203.0.113.9 - - "GET /login HTTP/1.1" 429 162 error',
        '203.0.113.9 - - "GET /login HTTP/1.1" 429 162 "https://shop.example.com/" error',
        "ERROR The Lambda function was throttled: Rate Exceeded.",
    ],
)
def test_what_is_full_or_refused_by_us_is_no_limit_of_others(incident, line):
    """Nobody is sent to ask another party for more."""
    assert "third_party_limit" not in find_causes(incident, line)


@pytest.mark.parametrize(
    "line",
    [
        "ERROR GET https://shop-prod-3a1b.herokuapp.com/items: 503",
        'ERROR "requestUrl": "https://shop.example.com/items", "status": 503',
    ],
)
def test_name_that_a_platform_gave_us_is_nobody_elses(incident, line):
    """A request log names the site that was asked for."""
    assert find_causes(incident, line) == set()


@pytest.mark.parametrize("host", ["a.b-1.eu-central-1.pay.acme.example", "api.eu-1.acme.co"])
def test_host_is_named_whole(incident, host):
    """Part of a name is another name, though it ends like one."""
    line = f"ERROR POST https://{host}/pay: 503 service unavailable"

    (found,) = find_outside(incident.calm("shop").log("shop", (-3, 30, line)).read())

    assert found.text.startswith(f"{host}, which is not ours")


@pytest.mark.parametrize(
    "line",
    [
        'ERROR at=error code=H14 method=GET path="/" host=shop.example.com request_id=7f dyno= status=503 bytes=',
        'ERROR dial tcp 127.0.0.1:3000: refused {"remote_ip": "1.2.3.4", "host": "shop.example.com", "uri": "/"} 502',
        'ERROR heroku[router]: at=error code=H20 path="/" host=shop.example.com dyno= connect= service= status=503',
        'ERROR {"host": "www.shop.com", "timestamp": 1, "projectId": "prj_1", "message": "Task timed out after 10 s"}',
        'ERROR {"RequestHost":"shop.example.com","DownstreamStatus":502}: 502',
        'ERROR 502 "GET https://shop.example.com:443/cart HTTP/2.0"',
    ],
)
def test_site_that_was_asked_for_is_ours(incident, line):
    """Routers, proxies and drains name it in each request that came in."""
    assert "third_party_outage" not in find_causes(incident, line)


@pytest.mark.parametrize(
    "line",
    [
        "ERROR ENOSPC: System limit for number of file watchers reached, watch '/app'",
        "ERROR failed to create fsnotify watcher: no space left on device",
    ],
)
def test_too_many_watched_files_fill_no_disk(incident, line):
    """The kernel's word for both is ENOSPC."""
    assert "disk_full" not in find_causes(incident, line)


def test_watchdog_watches_no_files(incident):
    """What is full stays full beside it."""
    line = "ERROR write /data/a: no space left on device, watchdog stopped the service"

    assert "disk_full" in find_causes(incident, line)


def test_line_of_source_in_a_stack_is_no_proof(incident):
    """Python writes the source below each frame, and its resolver is called as one of the words for its failure."""
    incident.log(
        "shop",
        (-6, 1, '  File "/usr/lib/python3.11/socket.py", line 962, in getaddrinfo'),
        (-5, 1, "    for res in _socket.getaddrinfo(host, port, family, type, proto, flags):"),
        (-4, 1, "socket.gaierror: [Errno -3] Temporary failure in name resolution"),
        (-3, 1, "    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:118:26)"),
    )

    (found,) = [one for one in find_outside(incident.read()) if one.cause == "dns_failure"]

    assert found.text.endswith("says: socket.gaierror: [Errno -3] Temporary failure in name resolution")
    assert ["gaierror" in quote.text for quote in found.quotes] == [True]


def test_error_below_a_frame_without_source_is_a_proof(incident):
    """Compiled modules, as uvloop's, have no source to show: the error follows their frame at once."""
    incident.log(
        "shop",
        (-6, 1, '  File "uvloop/loop.pyx", line 1978, in create_connection'),
        (-5, 1, "socket.gaierror: [Errno -3] Temporary failure in name resolution"),
    )

    assert [one.cause for one in find_outside(incident.read())] == ["dns_failure"]


@pytest.mark.parametrize(
    "told",
    [
        "jwt: token used before valid: nbf=1795858810",
        "token has invalid claims: token is not valid yet",
        "NotBeforeError: jwt not active",
        'JWTClaimValidationFailed: "nbf" claim timestamp check failed',
        "PrematureJwtException: JWT must not be accepted before 2026-11-28T09:39:00Z",
        "The Token can't be used before 2026-11-28T09:39:00Z.",
        "JWT::ImmatureSignature: Signature nbf has not been reached",
        "BeforeValidException: Cannot handle token with nbf prior to 2026-11-28",
    ],
)
def test_token_of_a_server_whose_clock_is_ahead_tells_of_clocks(incident, told):
    """As libraries of Go, Node.js, Java, Ruby and PHP word it."""
    assert "clock_skew" in find_causes(incident, f"ERROR {told}")


def test_image_that_is_not_given_out_limits_nobody_else(incident):
    """An object tells of itself: what a registry refuses one workload's pods is no limit of all that stands beside."""
    line = 'message: Back-off pulling image "shop/img:1.1": ImagePullBackOff: 429 Too Many Requests - toomanyrequests'
    incident.calm("shop").add(EvidenceKind.OBJECTS, "shop", [line])

    assert find_outside(incident.read()) == ()
