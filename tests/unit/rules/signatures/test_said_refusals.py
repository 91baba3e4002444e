"""What processes say that they were refused, where nothing but their logs tells."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogFacts, ObjectFacts
from fermata.rules.signatures import CATALOGUE

BY_ID = {signature.id: signature for signature in CATALOGUE}
CACHE = "ReplyError: OOM command not allowed when used memory > 'maxmemory'."
TAKEN = "Error: listen EADDRINUSE: address already in use 127.0.0.1:8088"
FRAME = "    at Socket.onData (/srv/shop/server.js:8:90)"


def write_log(scene, lines, newest_at=ONSET, ref="supervisor:process/checkout"):
    """Add a log that was last written to then."""
    return scene.add(EvidenceKind.LOGS, ref, lines, LogFacts(newest_at=newest_at))


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        ("database_memory_full", CACHE),
        ("db_connection_exhaustion", "error: sorry, too many clients already"),
    ],
)
def test_running_process_that_is_refused_says_by_what(scene, cause, line):
    """A line with a time is surer than one without."""
    write_log(scene.state("running"), [line, FRAME])

    (found,) = scene.diagnose().hypotheses

    assert (found.cause, found.confidence, found.entity.ref) == (cause, 0.6, "supervisor:process/checkout")
    assert found.text.endswith("its lines have no times.")
    assert found.citations[0].quote == line


@pytest.mark.parametrize(("seconds", "is_said"), [(2, False), (40, True)])
def test_refusal_that_a_program_has_outlived_since_its_start_is_none(scene, seconds, is_said):
    """A server that may not write to its home says so as it starts, and serves for hours."""
    started_at = ONSET - timedelta(minutes=2)
    line = f"{started_at + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ} ERROR [Errno 13] Permission denied: '/home/x'"
    write_log(scene.state("running", started_at=started_at), [line])

    assert bool(scene.match(BY_ID["application_permission_denied"])) == is_said


def test_process_that_somebody_stopped_is_refused_nothing(scene):
    """What a database said of its clients before it was stopped is not why it is down."""
    line = "2026-11-23T09:51:10Z FATAL: remaining connection slots are reserved for superusers"
    write_log(scene.state("stopped"), [line])

    assert scene.match(BY_ID["db_connection_exhaustion"]) == []
    assert scene.diagnose().leading.cause == "stopped_process"


def test_line_with_a_time_is_surer(scene):
    """It says when it was, also far from the log's end."""
    write_log(scene.state("running"), [f"2026-11-23T09:51:10Z error {CACHE}", FRAME, *["GET / 200"] * 200])

    (found,) = scene.match(BY_ID["database_memory_full"])

    assert found.confidence == 0.8
    assert "no times" not in found.text


@pytest.mark.parametrize(
    ("line", "port"),
    [
        (TAKEN, "8088"),
        ("2026-11-23T09:51:10Z ERROR bind() to 0.0.0.0:80 failed (98: Address already in use)", "80"),
        ("2026-11-23T09:51:10Z ERROR Connection in use: ('0.0.0.0', 8000)", "8000"),
        ("2026-11-23T09:51:10Z ERROR Web server failed to start. Port 8080: Address already in use", "8080"),
    ],
)
def test_taken_port_is_named(scene, line, port):
    """The minutes of a time are no port."""
    write_log(scene.state("crash_loop", exit_code=1), [line.replace("Port 8080:", "port 8080,"), FRAME])

    (found,) = scene.match(BY_ID["port_already_in_use"])

    assert f"does not get its port {port}: something else has it" in found.text
    assert f"the port {port} (`ss -ltnp`)" in found.person_must
    assert scene.diagnose().leading.cause == "port_already_in_use"


def test_home_of_a_user_that_has_none_is_no_refusal(scene):
    """Gunicorn says so at each start of a worker, and serves."""
    line = "2026-11-23T09:51:10Z ERROR Control server error: [Errno 13] Permission denied: '/nonexistent'"
    write_log(scene.state("running"), [line])

    assert scene.match(BY_ID["application_permission_denied"]) == []


@pytest.mark.parametrize(("second", "is_taken"), [(9, True), (1, False)])
def test_taken_port_is_what_a_program_gives_up_over(scene, second, is_taken):
    """Gunicorn's last line tells the address alone; what it said long before, it got over."""
    said, last = "ERROR Connection in use: ('0.0.0.0', 8000)", "ERROR Can't connect to ('0.0.0.0', 8000)"
    write_log(scene.state("crash_loop"), [f"2026-11-23T09:51:0{second}Z {said}", f"2026-11-23T09:51:10Z {last}"])

    assert bool(scene.match(BY_ID["port_already_in_use"])) == is_taken


def test_taken_port_without_a_number_is_told_without_one(scene):
    """A path of a socket has none."""
    write_log(scene.state("crash_loop"), ["ERROR unix:/run/shop.sock: Address already in use"])

    assert "does not get its port: " in scene.match(BY_ID["port_already_in_use"])[0].text


def test_program_that_runs_nevertheless_got_its_port(scene):
    """A failed attempt before the one that worked is over."""
    write_log(scene.state("running"), [TAKEN, FRAME])

    assert scene.match(BY_ID["port_already_in_use"]) == []


def test_what_does_not_stay_up_means_what_it_said_last(scene):
    """A cache that was full before is not why it ends now."""
    write_log(scene.state("crash_loop"), [CACHE, FRAME, TAKEN, FRAME])

    assert scene.match(BY_ID["database_memory_full"]) == []
    assert len(scene.match(BY_ID["port_already_in_use"])) == 1


@pytest.mark.parametrize("newest_at", [None, ONSET - timedelta(hours=1)])
def test_line_without_a_time_in_a_log_of_unknown_age_tells_nothing(scene, newest_at):
    """It may be from last week."""
    write_log(scene.state("running"), [CACHE, FRAME], newest_at)

    assert scene.match(BY_ID["database_memory_full"]) == []


def test_line_without_a_time_that_much_else_followed_is_over(scene):
    """Nobody says when it was."""
    write_log(scene.state("running"), [CACHE, FRAME, *["GET / 200"] * 100])

    assert scene.match(BY_ID["database_memory_full"]) == []


def test_refusal_of_something_else_is_not_the_alerted_ones(scene):
    """Nor is it looked for where no system claims the log."""
    write_log(scene.state("running").state("running", "mailer"), [CACHE, FRAME], ref="supervisor:process/mailer")
    write_log(scene, [f"2026-11-23T09:51:10Z error {CACHE}", FRAME], ref="service/checkout")

    assert scene.match(BY_ID["database_memory_full"]) == []


def test_guilty_change_leads_over_what_it_brought(scene):
    """What is refused after a change that is tied to it is that change's doing."""
    lines = ["2026-11-23T09:51:10Z ERROR pool: sorry, too many clients already, pool_size=500"] * 40
    diff = ["+++ b/config/pool.yml", "-pool_size: 5", "+pool_size: 500"]
    write_log(scene.state("running", started_at=ONSET - timedelta(seconds=20)), lines)
    scene.change("c0ffee1", {"config/pool.yml": [1]}, diff=diff)

    assert scene.match(BY_ID["db_connection_exhaustion"]) == []


def test_objects_of_a_cluster_tell_more(scene):
    """Where a pod is known, its cluster is read instead."""
    write_log(scene.state("running"), [CACHE, FRAME])
    pods = ["NAME      READY   STATUS    RESTARTS   AGE", "web-1-a   0/1     Pending   0          5m"]
    facts = ObjectFacts(form="kubectl")
    scene.add(EvidenceKind.OBJECTS, "kubernetes:cluster/x", pods, facts, query="kubectl get pods -n shop")

    assert scene.match(BY_ID["database_memory_full"]) == []


UPSTREAM = (
    "2026/11/23 09:51:12 [error] 25836#25836: *15 connect() failed (111: Connection refused) while connecting to "
    'upstream, client: 127.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:3999/", host: "x"'
)


def test_proxy_says_whom_it_does_not_reach(scene):
    """Where nothing that is known is down, it is the address or what should listen there."""
    write_log(scene.state("running").state("running", "web"), ["GET / 200", UPSTREAM])

    (found,) = scene.diagnose().hypotheses

    assert (found.cause, found.entity.ref) == ("callee_unreachable", "supervisor:process/checkout")
    assert found.text.startswith("checkout calls port 3999 of its own host, and nobody accepts the connection: ")
    assert "listens at port 3999 of its own host" in found.person_must


def test_what_is_down_explains_who_does_not_reach_it(scene):
    """Then that is the cause, or may be."""
    write_log(scene.state("running").state("stopped", "web").state("stopped", "mailer"), [UPSTREAM])

    assert scene.match(BY_ID["callee_unreachable"]) == []


@pytest.mark.parametrize(
    "line",
    [
        "ERROR Connection refused",
        "ERROR connect ECONNREFUSED api.stripe.com:443",
        "ERROR upstream http://127.0.0.1:3999/ answered 500",
    ],
)
def test_call_that_names_nobody_of_the_house_is_none(scene, line):
    """Nobody is named, somebody outside, or the call did not fail so."""
    write_log(scene.state("running"), [line])

    assert scene.match(BY_ID["callee_unreachable"]) == []


def test_guilty_change_leads_over_the_call_that_it_broke(scene):
    """An address that somebody has just changed is that change's doing."""
    lines = ["2026-11-23T09:51:10Z ERROR connect ECONNREFUSED 127.0.0.1:3999, UPSTREAM_PORT=3999"] * 40
    diff = ["+++ b/config/upstream.env", "-UPSTREAM_PORT=3100", "+UPSTREAM_PORT=3999"]
    write_log(scene.state("running", started_at=ONSET - timedelta(seconds=20)), lines)
    assert len(scene.match(BY_ID["callee_unreachable"])) == 1

    scene.change("c0ffee1", {"config/upstream.env": [1]}, diff=diff)

    assert scene.match(BY_ID["callee_unreachable"]) == []


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("2026-11-23T09:51:10Z ERROR Error: EACCES: permission denied, open '/srv/shop/etc/rates.json'", "rates.json"),
        (
            "2026-11-23T09:51:10Z ERROR PermissionError: [Errno 13] Permission denied: '/srv/shop/rates.json'",
            "rates.json",
        ),
        ('2026-11-23T09:51:10Z [crit] open() "/srv/www/a.png" failed (13: Permission denied)', "/srv/www/a.png"),
        ("2026-11-23T09:51:10Z ERROR open /etc/shop/key.pem: permission denied", "/etc/shop/key.pem"),
        (
            '2026-11-23T09:51:10Z [crit] to unix:/run/php.sock failed (13: Permission denied), "GET /a HTTP"',
            "/run/php.sock",
        ),
        (
            '{"level":"error","req":{"url":"/api/rates"},"msg":"EACCES: permission denied, open \'/srv/rates.json\'"}',
            "/srv/rates.json",
        ),
    ],
)
def test_file_that_may_not_be_used_is_named(scene, line, path):
    """A deploy that leaves a file to another user shows in the programs that run on and fail at it."""
    write_log(scene.state("running"), [line])

    (found,) = scene.match(BY_ID["application_permission_denied"])

    assert path in found.text
    assert f"{path}" in found.person_must
    assert "namei -l /" in found.person_must


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-23T09:51:10Z ERROR permission denied for table orders",
        "2026-11-23T09:51:10Z ERROR git@forge: Permission denied (publickey).",
        "2026-11-23T09:51:10Z ERROR listen EACCES: permission denied 0.0.0.0:80",
        "2026-11-23T09:51:10Z ERROR org.springframework.security.access.AccessDeniedException: denied, path=/admin",
        "2026-11-23T09:51:10Z ERROR POST /api/orders failed: permission denied for user 42",
        "2026-11-23T09:51:10Z ERROR grpc /shop.Orders/Create: permission denied for relation orders",
        "2026-11-23T09:51:10Z ERROR Forbidden (Permission denied): /admin/users",
        '2026-11-23T09:51:10Z ERROR Permission denied, request: "DELETE /api/orders/4"',
    ],
)
def test_permission_without_a_file_is_another_matter(scene, line):
    """Databases and remote servers deny permissions, too."""
    write_log(scene.state("running"), [line])

    assert scene.match(BY_ID["application_permission_denied"]) == []


@pytest.mark.parametrize(("seconds", "is_taken"), [((0, 1), True), ((0, 60), False)])
def test_times_that_stand_beside_the_lines_are_theirs(scene, seconds, is_taken):
    """A container's program writes none, and its engine knows them."""
    lines = ["ERROR Connection in use: ('0.0.0.0', 8000)", "ERROR Can't connect to ('0.0.0.0', 8000)"]
    facts = LogFacts(oldest_at=ONSET, newest_at=ONSET + timedelta(seconds=seconds[-1]), seconds=seconds)
    scene.state("crash_loop").add(EvidenceKind.LOGS, "supervisor:process/checkout", lines, facts)

    found = scene.match(BY_ID["port_already_in_use"])

    assert [(one.confidence, "have no times" in one.text) for one in found] == ([(0.8, False)] if is_taken else [])
