"""Collectors and actions beside an engine that allows only a part, or loses a container between two questions."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.integrations.docker.conftest import LIST

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.domain.facts import LogFacts, ResourceFacts, StateFacts, WorkloadPhase
from fermata.integrations.docker import collect as collect_module
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.records import make_scope

CHECKOUT = Entity.parse("docker:container/checkout/shop-checkout-1")


async def collect(system, name):
    """Return what one collector brings about checkout."""
    collector = next(c for c in system.list_collectors() if c.name == f"docker.{name}")
    return await collector.collect(make_scope("service/checkout", at=datetime.now(UTC)))


@pytest.mark.parametrize(("count", "times"), [(1, "once"), (3, "3 times")])
async def test_kills_within_a_running_container_are_told(serve, engine, count, times):
    """Only the events hold them: the container itself looks well."""
    rows = [
        {"Action": "oom", "Actor": {"ID": engine.CONTAINER_ID, "Attributes": {}}, "timeNano": 1_795_600_000_000_000_000}
    ] * count
    system = await serve(events=engine.answer(body="".join(json.dumps(row) + "\n" for row in rows).encode()))

    (state,) = await collect(system, "state")

    assert StateFacts.from_json(state.facts).kills_within_at == datetime.fromtimestamp(1_795_600_000, UTC)
    assert any(f"for memory (oom) {times} while it went on, last" in line.text for line in state.lines)


async def test_what_is_mounted_is_told(serve, engine):
    """A full disk is one of these, or the container's own layer."""
    mounts = [
        {"Type": "volume", "Name": "shop_data", "Destination": "/data", "RW": True},
        {"Type": "bind", "Source": "/srv/conf", "Destination": "/etc/redis", "RW": False},
        {"Type": "tmpfs", "Destination": "/run"},
    ]
    system = await serve(inspect=engine.answer(engine.INSPECTED | {"Mounts": mounts}))

    (state,) = await collect(system, "state")

    assert [line.text for line in state.lines if line.text.startswith("mount: ")] == [
        "mount: volume shop_data at /data",
        "mount: bind of /srv/conf at /etc/redis, read-only",
        "mount: tmpfs at /run",
    ]
    facts = StateFacts.from_json(state.facts)
    assert [(one.path, one.is_read_only) for one in facts.mounts] == [
        ("/data", False),
        ("/etc/redis", True),
        ("/run", False),
    ]


async def test_what_a_health_check_asks_and_said_is_told(serve, engine):
    """Of a long stack both ends, since its end says what went wrong; secrets stay out."""
    said = f"Traceback {'x' * 400} Connection refused"
    health = {"Status": "unhealthy", "FailingStreak": 3, "Log": [{"End": "noon", "ExitCode": 1, "Output": said}]}
    test = {"Test": ["CMD-SHELL", "curl -u admin:hunter2-Vq8x9 localhost:8080"]}
    state, config = engine.INSPECTED["State"] | {"Health": health}, engine.INSPECTED["Config"] | {"Healthcheck": test}
    system = await serve(inspect=engine.answer(engine.INSPECTED | {"State": state, "Config": config}))

    (found,) = await collect(system, "state")

    facts = StateFacts.from_json(found.facts)
    texts = [line.text for line in found.lines]
    assert facts.check_output == said
    assert facts.check_command.endswith("localhost:8080")
    assert "hunter2" not in found.model_dump_json()
    assert [text for text in texts if text.startswith("health check asks: curl ")]
    (ended,) = [text for text in texts if text.startswith("health check ended")]
    assert ended.endswith(" Connection refused")
    assert " ... " in ended


async def test_loop_is_seen_by_the_clock_of_its_engine(serve, engine):
    """One that is an hour behind has started a container just now, which our clock would call long ago."""
    theirs = datetime.now(UTC) - timedelta(hours=1)
    state = {"Status": "running", "StartedAt": f"{theirs:%Y-%m-%dT%H:%M:%S}.0Z", "FinishedAt": "0001-01-01T00:00:00Z"}
    inspected = engine.INSPECTED | {"State": state, "RestartCount": 3}
    system = await serve(inspect=engine.answer(inspected), date=theirs.strftime("%a, %d %b %Y %H:%M:%S GMT"))

    (found,) = await collect(system, "state")

    assert StateFacts.from_json(found.facts).phase is WorkloadPhase.CRASH_LOOP


async def test_container_that_could_not_be_started_says_why(serve, engine):
    """It never ran: the engine's words are all there is."""
    error = "driver failed programming external connectivity: listen tcp4 127.0.0.1:80: bind: address already in use"
    never = "0001-01-01T00:00:00Z"
    state = {"Status": "created", "ExitCode": 128, "Error": error, "StartedAt": never, "FinishedAt": never}
    system = await serve(inspect=engine.answer(engine.INSPECTED | {"State": state}))

    (found,) = await collect(system, "state")

    facts = StateFacts.from_json(found.facts)
    assert (facts.phase, facts.exit_code, facts.start_error) == (WorkloadPhase.EXITED, 128, error)
    assert error in found.lines[0].text


async def test_containers_beside_it_tell_names_addresses_and_their_end(serve, engine):
    """By these a failure of the one that is meant is tied to one of them, or not."""
    other, at = "d0" * 32, 1_795_600_000
    network = {"Networks": {"shop_default": {"IPAddress": "172.18.0.5", "Aliases": None}}}
    row = LIST[0] | {"Id": other, "Names": ["/shop-db-1"], "State": "exited", "Status": "Exited (0) 9 seconds ago"}
    row |= {"Labels": {"com.docker.compose.service": "db"}, "NetworkSettings": network}
    events = [
        {"Action": word, "Actor": {"ID": other, "Attributes": {}}, "timeNano": at * 10**9} for word in ("kill", "die")
    ]
    system = await serve(
        list=engine.answer([LIST[0] | {"Id": engine.CONTAINER_ID}, row]),
        events=engine.answer(body="".join(json.dumps(event) + "\n" for event in events).encode()),
    )

    _, beside = await collect(system, "state")

    facts = StateFacts.from_json(beside.facts)
    assert (facts.names, facts.addresses) == (("db",), ("172.18.0.5",))
    assert (facts.phase, facts.ended_at) == (WorkloadPhase.STOPPED, datetime.fromtimestamp(at, UTC))


async def test_container_halted_by_a_signal_is_told_as_paused_beside_it_as_well(serve, engine, monkeypatch):
    """The engine calls it running and healthy, and it answers nobody: SIGSTOP leaves no event."""
    rows = [LIST[0] | {"Id": engine.CONTAINER_ID}, LIST[0] | {"Id": "d0" * 32, "Names": ["/shop-db-1"]}]
    system = await serve(list=engine.answer(rows), other=engine.answer(engine.INSPECTED | {"Id": "d0" * 32}))
    # A process in a container's control group cannot be had without an engine.
    monkeypatch.setattr(collect_module, "is_halted", lambda _: True)

    for state in (found := await collect(system, "state")):
        facts = StateFacts.from_json(state.facts)
        assert (facts.phase, facts.system_state) == (WorkloadPhase.STOPPED, "paused by a signal")
        assert any("its first process is paused by a signal" in line.text for line in state.lines)
    assert len(found) == 2


async def test_container_beside_it_tells_when_it_was_made_and_since_when_it_runs(serve, engine):
    """A refusal from the second in which it was made anew is no fault of it."""
    other = "d0" * 32
    network = {"Networks": {"shop_default": {"IPAddress": "172.18.0.5", "Aliases": ["db", "orders-db"]}}}
    row = LIST[0] | {"Id": other, "Names": ["/shop-db-1"], "Status": "Up 9 seconds"}
    row |= {"Labels": {"com.docker.compose.service": "db"}}
    state = engine.INSPECTED["State"] | {"StartedAt": "2026-11-23T10:00:01Z"}
    config = engine.INSPECTED["Config"] | {"Cmd": ["--port", "5433"], "Labels": row["Labels"]}
    whole = {"Id": other, "Name": "/shop-db-1", "State": state, "Config": config, "NetworkSettings": network}
    system = await serve(
        list=engine.answer([LIST[0] | {"Id": engine.CONTAINER_ID}, row]), other=engine.answer(engine.INSPECTED | whole)
    )

    _, beside = await collect(system, "state")

    facts = StateFacts.from_json(beside.facts)
    assert beside.lines[0].text == (
        "shop-db-1 is running: Up 9 seconds; created 2026-11-23T10:00:00.123Z; started 2026-11-23T10:00:01.000Z"
    )
    assert (facts.started_at, facts.names) == (datetime(2026, 11, 23, 10, 0, 1, tzinfo=UTC), ("db", "orders-db"))
    assert (facts.addresses, facts.command) == (("172.18.0.5",), "--port 5433")


async def test_names_of_a_container_are_its_service_and_aliases_and_no_id(serve, engine):
    """Docker adds the id to the aliases; its own name is the entity's."""
    aliases = ["orders", "checkout", engine.CONTAINER_ID[:12], "shop-checkout-1"]
    network = {"Networks": {"shop_default": {"IPAddress": "", "Aliases": aliases}}}
    system = await serve(inspect=engine.answer(engine.INSPECTED | {"NetworkSettings": network}))

    (found,) = await collect(system, "state")

    assert StateFacts.from_json(found.facts).names == ("checkout", "orders")


async def test_restart_of_a_paused_container_says_what_it_costs(serve, engine):
    """To unpause it loses nothing."""
    state = engine.INSPECTED["State"] | {"Status": "paused"}
    system = await serve(inspect=engine.answer(engine.INSPECTED | {"State": state}))
    action = next(one for one in system.list_actions() if one.spec.name == "docker.restart_container")

    found = await action.dry_run(CHECKOUT, {})

    assert "What its processes hold in memory is lost; `docker unpause shop-checkout-1` loses nothing" in found.note


async def test_start_of_what_could_not_be_started_says_so(serve, engine):
    """Beside others only its state is known; right before it is proposed the engine is asked for more."""
    state = {"Status": "created", "ExitCode": 128, "Error": f"{'wrapped: ' * 60}bind: address already in use"}
    system = await serve(inspect=engine.answer(engine.INSPECTED | {"State": state}))
    action = next(one for one in system.list_actions() if one.spec.name == "docker.restart_container")

    found = await action.dry_run(CHECKOUT, {})

    assert "Its last start failed, and the next one does unless this was mended" in found.note
    assert found.note.endswith("bind: address already in use")


async def test_secret_in_the_words_of_an_engine_is_shown_nowhere(serve, engine):
    """What could not be run is quoted with its arguments."""
    error = 'exec: "serve --password=correct-horse-7": executable file not found in $PATH'
    state = {"Status": "created", "ExitCode": 127, "Error": error}
    system = await serve(inspect=engine.answer(engine.INSPECTED | {"State": state}))
    action = next(one for one in system.list_actions() if one.spec.name == "docker.restart_container")

    (found,) = await collect(system, "state")
    run = await action.dry_run(CHECKOUT, {})

    assert "executable file not found" in StateFacts.from_json(found.facts).start_error
    assert "executable file not found" in run.note
    assert "correct-horse" not in f"{found.to_json()} {run.note}"


async def test_logs_of_an_engine_whose_clock_is_ahead_are_told_in_our_time(serve, engine):
    """They are asked for by its clock, or an hour of them is missing; and what it dates is dated back."""
    said_at, ahead = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3), timedelta(hours=1)
    text = f"{said_at + ahead:%Y-%m-%dT%H:%M:%S}.000000000Z ready\n".encode()
    frame = b"\x01\x00\x00\x00" + len(text).to_bytes(4, "big") + text
    date = (datetime.now(UTC) + ahead).strftime("%a, %d %b %Y %H:%M:%S GMT")
    system = await serve(logs=engine.answer(body=frame), date=date)

    began = datetime.now(UTC)
    (logs,) = await collect(system, "logs")

    facts = LogFacts.from_json(logs.facts)
    assert abs(facts.newest_at - said_at) < timedelta(seconds=5)
    asked = next(line for line in engine.requests if "/logs?" in line).partition("since=")[2]
    since = float(asked.partition("&")[0].partition(" ")[0])
    assert abs(since - (began - timedelta(hours=1) + ahead).timestamp()) < 5


async def test_each_line_of_a_log_is_told_with_when_it_was_written(serve, engine):
    """A program's own times have no zone, or are not there; a line without a stamp came with the one before."""
    lines = ["2026-11-23T10:00:00.5Z one", "2026-11-23T10:00:03.4Z two", "three", "2026-11-23T10:01:00.6Z four"]
    text = "".join(f"{line}\n" for line in lines).encode()
    system = await serve(logs=engine.answer(body=b"\x02\x00\x00\x00" + len(text).to_bytes(4, "big") + text))

    (logs,) = await collect(system, "logs")

    assert LogFacts.from_json(logs.facts).seconds == (0, 2, 2, 60)


@pytest.mark.parametrize("name", ["state", "logs", "resources", "environment", "changes"])
async def test_container_that_vanishes_is_left_out(serve, engine, name):
    """Listed a moment ago, gone when it is inspected: no gap, nothing to say."""
    system = await serve(inspect=engine.answer({"message": "No such container"}, status="404 Not Found"))

    assert list(await collect(system, name)) == []


async def test_state_stands_without_events(serve, engine):
    """A socket proxy that allows no events leaves what inspect says, and what is missing is told."""
    system = await serve(events=engine.answer(body=b"", status="403 Forbidden"))

    (state,) = await collect(system, "state")

    assert StateFacts.from_json(state.facts).system_state == "running"
    assert "no earlier ends" in state.cut
    assert "403" in state.cut


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error"])
async def test_limit_stands_without_statistics(serve, engine, status):
    """It ended meanwhile, or the engine cannot measure: its limit is known all the same."""
    system = await serve(stats=engine.answer({"message": "no"}, status=status))

    (resources,) = await collect(system, "resources")

    assert ResourceFacts.from_json(resources.facts).memory_limit_bytes == 32 * 1024**2
    assert "nothing of its use" in resources.cut


async def test_container_that_ended_between_two_questions_is_not_said_to_use_nothing(serve, engine):
    """An engine answers with zeros for what does not run: no measurement."""
    system = await serve(stats=engine.answer({"memory_stats": {}}))

    (resources,) = await collect(system, "resources")

    assert ResourceFacts.from_json(resources.facts).memory_bytes is None
    assert "just ended" in resources.cut


async def test_host_that_is_not_told_is_no_hindrance(serve, engine):
    """`/info` is often forbidden."""
    system = await serve(info=engine.answer(body=b"", status="403 Forbidden"))

    (resources,) = await collect(system, "resources")

    assert ResourceFacts.from_json(resources.facts).memory_bytes == 1000
    assert "nothing of the host" in resources.cut


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "500 Oops", "503 Busy"])
async def test_engine_that_refuses_its_list_is_a_gap(serve, engine, status):
    """Without the list nothing can be found."""
    system = await serve(list=engine.answer(body=b"", status=status))

    with pytest.raises(OperationalError, match="answered GET /containers/json"):
        await collect(system, "state")


async def plan(system, parameters):
    """Return the limit's action and its planned form."""
    action = next(a for a in system.list_actions() if a.spec.name == "docker.set_memory_limit")
    dry_run = await action.dry_run(CHECKOUT, parameters)
    return action, plan_action(action, CHECKOUT, parameters, dry_run)


@pytest.mark.parametrize(("status", "outcome"), [("403 Forbidden", Outcome.FAILED), ("500 Oops", Outcome.FAILED)])
async def test_refused_update_changed_nothing(serve, engine, status, outcome):
    """The engine said no, and the container is as it was: certainly not done, and the words say which permission."""
    system = await serve(update=engine.answer(body=b"", status=status))
    action, planned = await plan(system, {"limit_bytes": 64 * 1024**2})

    result = await action.execute(planned, KEY)

    assert result.outcome is outcome
    assert "POST /containers/<id>/update" in result.detail


async def test_update_without_an_answer_is_unknown(serve, engine):
    """It may have taken effect."""
    system = await serve(update=b"")
    action, planned = await plan(system, {"limit_bytes": 64 * 1024**2})

    assert (await action.execute(planned, KEY)).outcome is Outcome.UNKNOWN


async def test_host_without_memory_limits_is_told(serve, engine):
    """A kernel without the memory cgroup takes a limit and does nothing with it."""
    system = await serve(info=engine.answer({"MemTotal": 2**40, "MemoryLimit": False}))

    with pytest.raises(UserError, match="cannot be changed"):
        await plan(system, {"limit_bytes": 64 * 1024**2})


async def test_creation_stands_without_images(serve, engine):
    """A socket proxy that allows no images: when the container was created is known all the same."""
    system = await serve(images=engine.answer(body=b"", status="403 Forbidden"))

    (change,) = await collect(system, "changes")

    assert change.title == "shop-checkout-1 was created from shop/checkout:1"
    assert "nothing of its images" in change.cut


def _image(number, *tags, created=1_795_600_000):
    return {"Id": f"sha256:{number}" + "0" * 63, "RepoTags": list(tags) or None, "Created": created}


async def test_images_beside_it_are_named_where_what_ran_before_is_not_known(serve, engine):
    """A container removed and created anew leaves no trace of what ran; the person on call may know the tag."""
    listed = [
        _image(2, "shop/checkout:old"),
        _image(3, "<none>:<none>"),
        _image(4),
        _image(5, "shop/checkout:new", created=1_795_700_000),
        _image(1, "shop/checkout:1") | {"Id": engine.INSPECTED["Image"]},
    ]
    inspected = engine.INSPECTED | {"Created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    system = await serve(image_list=engine.answer(listed), inspect=engine.answer(inspected))

    (change,) = await collect(system, "changes")

    assert change.lines[1].text == (
        "images beside it on this engine: shop/checkout:new (built 2026-11-26T13:33:20.000Z), "
        "shop/checkout:old (built 2026-11-25T09:46:40.000Z); none is known to have run"
    )
    assert "what ran before is not known" in change.cut
    assert any("reference%22%3A+%5B%22shop%2Fcheckout%22" in request for request in map(str, engine.requests))


def _event(at):
    """Write that a container of another service started, as an engine does."""
    stamp = str(int(at.timestamp())) + "000000000"
    return f'{{"Action":"start","Actor":{{"ID":"aa","Attributes":{{"name":"mail"}}}},"timeNano":{stamp}}}\n'.encode()


@pytest.mark.parametrize(
    ("created", "event", "said"),
    [
        (10, 5, ": it keeps its last 256 events only, health checks among them, and the oldest of a container is of "),
        (10, None, ": it has no event of then, as it keeps its last 256 only and none from before its own start"),
        (10, 12, ""),
        (60 * 24 * 90, 5, ""),
    ],
    ids=["used up", "none at all", "not used up", "created long before"],
)
async def test_events_that_were_used_up_are_told_where_they_would_say_what_ran_before(
    serve, engine, created, event, said
):
    """Crash loops write an event each few seconds, and an engine keeps its last 256."""
    now = datetime.now(UTC)
    inspected = engine.INSPECTED | {"Created": f"{now - timedelta(minutes=created):%Y-%m-%dT%H:%M:%SZ}"}
    body = b"" if event is None else _event(now - timedelta(minutes=event))
    system = await serve(inspect=engine.answer(inspected), events=engine.answer(body=body))

    (change,) = await collect(system, "changes")

    before, _, why = change.cut.partition("what ran before is not known to this engine any more")
    assert why.startswith(said)
    assert not before
    # What was there before the window began is no change of it: nobody has to know what ran before that.
    assert bool(change.cut) is (created < 60)
    assert bool(why) is bool(said)


async def test_container_beside_it_is_told_with_its_mounts(serve, engine):
    """Who else may write to a volume that is full is seldom one that the alert names."""
    mounts = [
        {"Type": "volume", "Name": "shop_data", "Destination": "/out", "RW": True},
        {"Type": "bind", "Source": "/etc/shop", "Destination": "/conf", "RW": False},
    ]
    job = {"Id": "b" * 64, "Names": ["/reports"], "State": "exited", "Status": "Exited (0)", "Mounts": mounts}
    labels = {"com.docker.compose.service": "checkout"}
    own = {"Id": engine.CONTAINER_ID, "Names": ["/shop-checkout-1"], "State": "running", "Labels": labels}
    system = await serve(list=engine.answer([own, job]))

    beside = (await collect(system, "state"))[-1]

    told = [line.text for line in beside.lines]
    assert told[1:] == ["mount: volume shop_data at /out", "mount: bind of /etc/shop at /conf, read-only"]
    assert [one.is_read_only for one in StateFacts.from_json(beside.facts).mounts] == [False, True]


async def test_list_of_images_that_is_refused_is_no_gap(serve, engine):
    """It is a hint; the rest stands without it."""
    system = await serve(image_list=engine.answer(body=b"", status="403 Forbidden"))

    (change,) = await collect(system, "changes")

    assert [line.text for line in change.lines if "beside it" in line.text] == []
    assert "nothing of its images" not in change.cut


DESTROYED = (
    b'{"Action":"destroy","Actor":{"ID":"aa00aa00aa00","Attributes":{"name":"checkout","image":"shop/checkout:1.0"}},'
    b'"timeNano":1795600000000000000}\n'
)


async def test_container_that_was_removed_is_no_all_clear(serve, engine):
    """The engine remembers that it destroyed it: that is told, where silence would read as health."""
    other = {"Id": "b" * 64, "Names": ["/mail"], "State": "running"}
    system = await serve(list=engine.answer([other]), events=engine.answer(body=DESTROYED))

    with pytest.raises(OperationalError, match="has no container checkout any more; it was destroyed at 2026"):
        await collect(system, "state")


@pytest.fixture
def serve_canary(serve, engine):
    """Give a function that starts an engine with one container, which has nothing but the image in common."""

    async def start(events):
        canary = {"Name": "/canary", "Config": {"Image": "shop/checkout:1.0", "Labels": {}}}
        listed = {"Id": engine.CONTAINER_ID, "Names": ["/canary"], "Image": "shop/checkout:1.0", "State": "running"}
        return await serve(
            list=engine.answer([listed]),
            inspect=engine.answer(engine.INSPECTED | canary),
            events=engine.answer(body=events),
        )

    return start


async def test_container_of_the_same_image_is_shown_for_what_it_is(serve_canary):
    """Its title says that only the image has the name."""
    (state,) = await collect(await serve_canary(b""), "state")

    assert state.title.startswith("canary, matched by its image only: ")


async def test_container_of_the_same_image_is_not_taken_for_the_removed_one(serve_canary):
    """That another one is well is no all-clear either."""
    system = await serve_canary(DESTROYED)

    with pytest.raises(OperationalError, match=r"no container checkout any more.*only the image is the same of canary"):
        await collect(system, "state")


async def test_container_that_was_made_anew_is_not_missed(serve, engine):
    """Its old self was destroyed, and its service runs."""
    system = await serve(events=engine.answer(body=DESTROYED))

    (state,) = await collect(system, "state")

    assert state.cut == ""
    assert "image" not in state.title


async def test_removed_container_of_another_name_is_no_business_of_this_incident(serve, engine):
    """A full name means that container and no other."""
    system = await serve(list=engine.answer([]), events=engine.answer(body=DESTROYED.replace(b"checkout", b"mail")))

    assert list(await collect(system, "state")) == []
