"""What Docker and compose print of containers is their state, and is tied to what their logs say."""

from datetime import UTC, datetime

import pytest

from fermata.domain.diagnosis import Verdict
from fermata.domain.facts import ChangeFacts, StateFacts, WorkloadPhase
from fermata.flows.bundle.diagnose import diagnose_bundle

PS = """\
$ docker compose ps -a
NAME         IMAGE         COMMAND                  SERVICE   CREATED       STATUS                      PORTS
shop-db-1    postgres:16   "docker-entrypoint.s…"   db        2 hours ago   Exited (137) 10 minutes ago
shop-web-1   shop/web:1    "python app.py"          web       2 hours ago   Up 2 hours (unhealthy)      8080/tcp
shop-new-1   shop/new:1    "python new.py"          new       1 hour ago    Created
"""
DOCKER_PS = """\
CONTAINER ID   IMAGE         COMMAND          CREATED       STATUS                         PORTS     NAMES
4f5e9a1b2c3d   shop/web:1    "python app.py"  2 hours ago   Up 2 hours (health: starting)            shop-web-1
5f5e9a1b2c3d   shop/mail:1   "python app.py"  2 hours ago   Restarting (1) 5 seconds ago             shop-mail-1
6f5e9a1b2c3d   shop/cart:1   "python app.py"  2 hours ago   Up 3 minutes (Paused)                    shop-cart-1
"""
COMPOSE_1 = """\
   Name                 Command               State     Ports
-------------------------------------------------------------
shop_db_1    docker-entrypoint.sh postgres   Exit 1
shop_web_1   python app.py                   Up        8080/tcp
"""


def read_states(folder):
    """Give the facts of each container by its entity's ref."""
    return {item.entity.ref: StateFacts.from_json(item.facts) for item in folder.list_evidence("state")}


def test_table_of_compose_is_read(folder):
    """The service is said; how long ago something was is not known, as nobody says when it was printed."""
    folder.write("objects/ps.txt", PS)

    states = read_states(folder)

    db = states["docker:container/db/shop-db-1"]
    assert (db.phase, db.system_state, db.exit_code, db.names) == (WorkloadPhase.EXITED, "exited", 137, ("db",))
    web = states["docker:container/web/shop-web-1"]
    assert (web.phase, web.system_state, web.version) == (WorkloadPhase.RUNNING, "running (unhealthy)", "shop/web:1")
    assert (web.exit_code, web.started_at) == (None, None)
    assert states["docker:container/new/shop-new-1"].phase is WorkloadPhase.STOPPED
    assert folder.read().warnings == ()


def test_table_of_docker_is_read_and_names_services_by_what_follows_the_project(folder):
    """Its rows share the project's name."""
    folder.write("objects/ps.txt", DOCKER_PS)

    states = read_states(folder)

    assert {ref: (one.phase.value, one.system_state) for ref, one in states.items()} == {
        "docker:container/web/shop-web-1": ("starting", "running (starting)"),
        "docker:container/mail/shop-mail-1": ("crash_loop", "restarting"),
        "docker:container/cart/shop-cart-1": ("stopped", "paused"),
    }
    assert states["docker:container/mail/shop-mail-1"].exit_code == 1


def test_table_of_compose_1_is_read(folder):
    """It has a rule below its head."""
    folder.write("objects/ps.txt", COMPOSE_1)

    states = read_states(folder)

    assert states["docker:container/db/shop_db_1"].exit_code == 1
    assert states["docker:container/web/shop_web_1"].phase is WorkloadPhase.RUNNING


def test_what_up_prints_ends_in_a_state(folder):
    """The last word counts; the engine's refusal says why a container was not started."""
    why = "driver failed programming external connectivity on endpoint shop-web-1: Bind for 0.0.0.0:80 failed: taken"
    folder.write(
        "objects/up.txt",
        "$ docker compose up -d\n"
        " ✔ Network shop_default  Created  0.1s\n"
        " ⠿ Container shop-db-1   Starting  0.1s\n"
        " ✘ Container shop-db-1   Error     30.2s\n"
        " ✔ Container shop-mail-1 Started   0.4s\n"
        " Container shop-old-1  Removed\n"
        " ⠿ Container shop-web-1  Starting\n"
        "dependency failed to start: container shop-db-1 is unhealthy\n"
        "dependency failed to start: container shop-seed-1 exited (3)\n"
        f"Error response from daemon: {why}\n",
    )

    states = read_states(folder)

    assert states["docker:container/db/shop-db-1"].system_state == "running (unhealthy)"
    assert states["docker:container/mail/shop-mail-1"].phase is WorkloadPhase.RUNNING
    assert states["docker:container/seed/shop-seed-1"].exit_code == 3
    web = states["docker:container/web/shop-web-1"]
    assert (web.phase, web.start_error) == (WorkloadPhase.EXITED, why)
    assert len(states) == 4


def test_refusal_that_names_nobody_is_of_the_one_that_was_started(folder):
    """Without one, it is of nobody that is known."""
    folder.write("objects/a.txt", "Container shop-db-1  Created\nError response from daemon: no space left on device\n")
    folder.write("objects/b.txt", "Error response from daemon: no space left on device\n")

    (state,) = read_states(folder).values()

    assert state.start_error == "no space left on device"


@pytest.mark.parametrize("form", ["docker", "compose", "json"])
def test_events_are_lives_and_deployments(folder, form):
    """When a container was made, how often and how it ended: with the times that stand there."""

    def tell(second, action, code=""):
        at, own = f"2026-11-23T12:00:{second:02}", f"exitCode={code}, " if code else ""
        if form == "json":
            told = f'{{"exitCode":"{code}","image":"shop/web:2","name":"shop-web-1"}}'
            return f'{{"action":"{action}","attributes":{told},"service":"web","time":"{at}Z","type":"container"}}'
        if form == "docker":
            at, own = f"{at}.123456789Z", f"com.docker.compose.service=web, {own}"
        else:
            at = at.replace("T", " ") + ".123456"
        return f"{at} container {action} {'4f5e' * 16} ({own}image=shop/web:2, name=shop-web-1)"

    told = [("create", ""), ("start", ""), ("oom", ""), ("die", "137"), ("start", ""), ("exec", ""), ("die", "137")]
    folder.write("objects/events.txt", "\n".join(tell(*one) for one in enumerate_events(told)))

    (state,) = read_states(folder).values()
    (change,) = folder.list_evidence("change")

    assert (state.phase, state.exit_code, state.exits) == (WorkloadPhase.EXITED, 137, 2)
    assert state.killed_for_memory
    assert state.created_at.replace(microsecond=0) == datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
    assert state.ended_at.replace(microsecond=0) == datetime(2026, 11, 23, 12, 0, 6, tzinfo=UTC)
    facts = ChangeFacts.from_json(change.facts)
    assert (facts.kind, facts.title) == ("deployment", "shop-web-1 was created from shop/web:2")


def enumerate_events(told):
    """Give each event a second of its own."""
    return [(second, action, code) for second, (action, code) in enumerate(told)]


def test_container_that_somebody_stopped_or_removed_did_not_end_by_itself(folder):
    """A kill before the end says so; what was destroyed has no state."""
    lines = [
        f"2026-11-23T12:00:0{second}Z container {action} {'4f5e' * 16} (exitCode=0, image=i, name={name})"
        for second, (name, action) in enumerate(
            [("a", "start"), ("a", "kill"), ("a", "die"), ("b", "die"), ("b", "destroy"), ("c", "pause")]
        )
    ]
    folder.write("objects/events.txt", "\n".join(lines))

    states = read_states(folder)

    assert {ref: (one.phase.value, one.exits) for ref, one in states.items()} == {
        "docker:container/a": ("stopped", 0),
        "docker:container/c": ("stopped", 0),
    }


@pytest.mark.parametrize(
    "text",
    [
        "STATUS of the shop: up and running\n",
        "NAME   READY   STATUS\nweb-1  1/1  Running\n",
        '{"type": "container", "action": "die"\n',
        '{"type": "container", "action": "die", "attributes": []}\n',
        "2026-11-23T12:00:00Z container top 4f5e4f5e4f5e (name=a)\n",
        "IMAGE   COMMAND   STATUS\nweb   x   Up\n",
        "NAME   IMAGE   STATUS\nweb x   y   somehow\n",
    ],
)
def test_what_only_looks_alike_is_no_container(folder, text):
    """It stays text."""
    folder.write("objects/other.txt", text)

    assert folder.list_evidence("state") == []


def test_command_of_docker_among_kubectl_s_is_read(folder):
    """A paste may hold any command."""
    folder.write("kubectl.json", {"docker compose ps -a": PS.partition("\n")[2]})

    assert len(read_states(folder)) == 3


def test_caller_of_a_container_that_is_down_is_tied_to_it(folder):
    """Its log is of `docker compose logs`; without the table a resolver would be blamed."""
    folder.write("alerts/a.json", {"title": "WebErrors", "service": "web", "started_at": "2026-11-23T12:00:00Z"})
    folder.write("objects/ps.txt", PS)
    folder.write(
        "logs/compose.log",
        "db-1   | LOG:  database system is shut down\n"
        'web-1  | 2026-11-23T12:00:01Z ERROR psycopg.OperationalError: could not translate host name "db" to address\n',
    )

    diagnosed = diagnose_bundle(folder.read())

    leading = diagnosed.diagnosis.leading
    assert (diagnosed.diagnosis.verdict, leading.cause) == (Verdict.IDENTIFIED, "dependency_refused")
    assert leading.entity.ref == "docker:container/db/shop-db-1"
    assert "shop-web-1 cannot reach" in leading.text


@pytest.mark.parametrize("ended", ["Exited (0) 2 hours ago", "Exited (1) 2 hours ago", "Exited (137) 5 weeks ago"])
def test_container_that_is_not_called_explains_no_failing_call(folder, ended):
    """`docker ps --all` lists jobs that are done, and what was left behind; the failing line names somebody else."""
    folder.write("alerts/a.json", {"title": "WebErrors", "service": "web", "started_at": "2026-11-23T12:00:00Z"})
    folder.write(
        "objects/ps.txt",
        DOCKER_PS.partition("5f5e")[0]
        + DOCKER_PS.splitlines()[2].replace("Restarting (1) 5 seconds ago ", f"{ended:<29}").replace("mail", "migrate"),
    )
    folder.write("logs/web.log", "2026-11-23T12:00:01Z ERROR dial tcp: connect tcp://ledger:5432: connection refused\n")

    leading = diagnose_bundle(folder.read()).diagnosis.leading

    assert (leading.cause, "ledger:5432" in leading.text) == ("callee_unreachable", True)


def test_container_that_ended_weeks_ago_is_left_over(folder):
    """Nobody is sent to look why it ended; how long it is precisely is not known."""
    folder.write("objects/ps.txt", PS.replace("Exited (137) 10 minutes ago", "Exited (137) 3 weeks ago   "))

    assert set(read_states(folder)) == {"docker:container/web/shop-web-1", "docker:container/new/shop-new-1"}


@pytest.mark.parametrize(
    ("lines", "phase", "exits"),
    [
        (["web-1  | KeyError: 'total'", "web-1 exited with code 1"], WorkloadPhase.EXITED, 1),
        (["web-1 exited with code 1", "web-1  | ready"], WorkloadPhase.RUNNING, 1),
        (["web-1 exited with code 1 (restarting)", "web-1  | ready"] * 3, WorkloadPhase.CRASH_LOOP, 3),
    ],
)
def test_end_between_the_lines_of_a_compose_log_is_read(folder, lines, phase, exits):
    """Compose says who ended; who says something afterwards was started again."""
    folder.write("logs/compose.log", "\n".join(["db-1   | ready"] * 4 + lines + ["db-1   | ready"] * 4) + "\n")

    (state,) = folder.list_evidence("state")

    facts = StateFacts.from_json(state.facts)
    assert state.entity.ref == "docker:container/web-1"
    assert (facts.phase, facts.exit_code, facts.exits) == (phase, 1, exits)
    assert state.lines[0].text.startswith("web-1 exited with code 1")


def test_refusal_is_of_the_container_that_it_names_in_full(folder):
    """A name may begin as another one does."""
    folder.write(
        "objects/up.txt",
        " Container shop-web-1  Running\n Container shop-web-10  Starting\n"
        "Error response from daemon: driver failed programming connectivity on endpoint shop-web-10: Bind failed\n",
    )

    assert [one.phase.value for one in read_states(folder).values()] == ["running", "exited"]


def test_signal_that_only_tells_is_no_stop(folder):
    """Logs are rotated by a hang-up; what ends afterwards ended by itself."""
    told = [("kill", "signal=1"), ("die", "exitCode=2"), ("start", "exitCode=0"), ("kill", "signal=15"), ("die", "a=b")]
    lines = [
        f"2026-11-23T12:00:0{second}Z container {action} {'4f5e' * 16} (image=i, name=a, {own})"
        for second, (action, own) in enumerate(told)
    ]
    folder.write("objects/a.txt", "\n".join(lines[:2]))
    folder.write("objects/b.txt", "\n".join(lines).replace("name=a", "name=b"))

    states = read_states(folder)

    assert {ref: (one.phase.value, one.exits) for ref, one in states.items()} == {
        "docker:container/a": ("exited", 1),
        "docker:container/b": ("stopped", 1),
    }
