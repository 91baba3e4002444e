"""Causes that are no change."""

import pytest

from fermata.rules.changes.outside import FINDERS, find_outside


@pytest.fixture
def outside(incident):
    """Give a function that returns what the incident speaks for, by cause."""
    return lambda: {found.cause: found for found in find_outside(incident.read())}


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("ERROR x509: certificate has expired or is not yet valid", "certificate_expired"),
        ("ERROR lookup db.internal: no such host", "dns_failure"),
        ("ERROR license expired, tiles are off", "licence_expired"),
        ("ERROR kernel: blk_update_request: critical medium error", "hardware_failure"),
        ("ERROR guest reports steal 61%", "noisy_neighbour"),
        ("ERROR write: no space left on device", "disk_full"),
        ("ERROR token used before issued: clock skew", "clock_skew"),
        ("ERROR chronyd: System clock was stepped by -47.3 seconds", "clock_skew"),
        ("ERROR 429 too many requests from maps", "third_party_limit"),
        ("ERROR 40% packet loss to peer", "network_path_failure"),
        ('ERROR 503 service unavailable {"host": "api.acme.example", "path": "/v1/pay"}', "third_party_outage"),
        ("ERROR POST https://api.acme.example/pay: 503 service unavailable", "third_party_outage"),
    ],
)
def test_failure_that_says_so_names_its_cause(incident, outside, line, cause):
    """The line is quoted, and a person is told what to do."""
    found = incident.calm("shop").log("shop", (-3, 30, line))
    found = outside()[cause]

    assert found.service == "shop"
    assert found.quotes[0].text.endswith(line)
    assert found.person_must.endswith(".")
    assert found.subject.ref == "service/shop"


@pytest.mark.parametrize(
    "line",
    [
        "ERROR I/O error on POST request for /pay",
        "ERROR ModuleNotFoundError: No module named post",
        "ERROR 503 from pay.shop.internal",
        "ERROR POST https://mailer.internal.example/send: 503 service unavailable",
        "ERROR POST https://pay.corp.acme.com/send: 503 service unavailable",
        "ERROR connect to orders.cluster-abc.eu-central-1.rds.amazonaws.com (10.0.2.5): connection timed out",
        "ERROR connect to shop.abc.0001.euc1.cache.amazonaws.com: timed out",
        "ERROR connect to shop.postgres.database.azure.com: timed out",
        "ERROR com.acme.io.Retry: timed out",
        "ERROR com.acme.io.retry: timed out",
        "INFO POST https://api.acme.example/pay: 503",
        "ERROR 7#7: *429 connect() failed (111: Connection refused) while connecting to upstream",
    ],
)
def test_failure_that_only_sounds_alike_names_none(incident, outside, line):
    """A client's words, a host of the house, and a line that is no error."""
    incident.log("shop", (-3, 30, line))

    assert outside() == {}


@pytest.mark.parametrize(
    ("relation", "cause"),
    [("is after 2026-09-02T10:00:00Z", "certificate_expired"), ("is before 2027-01-01", "clock_skew")],
)
def test_end_of_a_certificate_is_told_from_its_begin(incident, outside, relation, cause):
    """Go says both in one sentence; which of them it is, the times behind it say."""
    line = f"ERROR x509: certificate has expired or is not yet valid: current time 2026-09-02T10:00:10Z {relation}"
    incident.log("shop", (-3, 30, line))

    assert set(outside()) == {cause}


def test_line_that_was_always_there_names_none(incident, outside):
    """An old complaint is not the fault."""
    incident.log("shop", (-115, 430, "ERROR legacy certificate has expired"))

    assert outside() == {}


@pytest.mark.parametrize(
    ("event", "confidence"),
    [
        ({"service": "s3", "region": "eu-1"}, 0.9),
        ({"service": "s3", "region": "us-9"}, 0.75),
        ({"service": "ec2", "region": "eu-1"}, 0.75),
        ({"service": "ec2", "region": "us-9"}, None),
        ({"service": "s3", "resolved_at": -30}, None),
        ({"service": "s3", "started_at": -900}, None),
        ({"service": "s3", "started_at": 90}, None),
        ({"service": "s3", "started_at": None}, None),
        ({"service": "s3", "status": "scheduled"}, None),
    ],
)
def test_provider_event_counts_when_it_overlaps_and_is_used(incident, outside, event, confidence):
    """Service and region have to be ours, and the time has to be that of the fault."""
    incident.labels["region"] = "eu-1"
    incident.log("shop", (-3, 30, "ERROR s3 put failed"))
    incident.status(**({"status": "investigating", "title": "Errors", "started_at": -5} | event))

    found = outside().get("provider_outage")

    assert (found.confidence if found else None) == confidence


def test_provider_that_speaks_of_what_we_call_external_is_heard(incident, outside):
    """A vendor's status page names itself, and its products as we never do."""
    incident.graph("shop>acmepay", acmepay="external").log("shop", (-3, 30, "ERROR charge failed with 500"))
    incident.status(service="Charges", status="investigating", title="AcmePay errors", started_at=-5)

    assert outside()["provider_outage"].confidence == 0.75


def test_provider_event_without_a_line_cannot_be_quoted(incident, outside):
    """What cannot be cited is not claimed."""
    incident.log("shop", (-3, 30, "ERROR s3 put failed"))
    incident.status(service="s3", status="investigating", title="Errors", started_at=-5)
    last = incident.evidence[-1]
    incident.evidence[-1] = last.model_copy(update={"lines": ()})

    assert outside() == {}


def test_steal_time_that_rose_is_a_noisy_neighbour(incident, outside):
    """The metric shows it, whatever the logs say."""
    incident.metric("shop", "cpu_steal_percent", 1, 60).metric("mail", "cpu_steal_percent", 60, 1)

    assert outside()["noisy_neighbour"].confidence == 0.85


@pytest.mark.parametrize(("after", "confidence"), [(900, 0.9), (300, 0.7), (200, None)])
def test_load_at_the_door_is_a_surge(incident, outside, after, confidence):
    """From two and a half times the usual on; at four times nobody doubts it."""
    incident.graph("shop>stock").log("shop", (0, 30, "ERROR overloaded"))
    incident.metric("shop", "request_rate", 100, after, since=-2)
    incident.metric("stock", "request_rate", 100, after, since=-1)

    found = outside().get("traffic_surge")

    assert (found.confidence if found else None) == confidence
    assert found is None or found.service == "shop"


def test_load_that_grows_behind_the_door_is_no_surge(incident, outside):
    """Somebody repeats requests: the door gets as many as ever."""
    incident.graph("shop>stock").log("shop", (0, 30, "ERROR stock overloaded"))
    incident.metric("shop", "request_rate", 100, 100).metric("stock", "request_rate", 100, 900, since=-2)

    assert "traffic_surge" not in outside()


def test_load_that_grows_far_more_behind_the_door_is_doubted(incident, outside):
    """Three times at the door, thirty times behind it."""
    incident.graph("shop>stock").log("shop", (0, 30, "ERROR stock overloaded"))
    incident.metric("shop", "request_rate", 100, 300, since=-2)
    incident.metric("stock", "request_rate", 100, 3000, since=-2)

    assert outside()["traffic_surge"].confidence == 0.4


def test_failures_about_one_file_are_bad_input(incident, outside):
    """The same name in every failure, tried again and again."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR parse error in file=nord_7.edi line #, requeue"))

    found = outside()["bad_input_data"]

    assert found.confidence == 0.85
    assert "file nord_7.edi" in found.text


def test_others_of_the_kind_that_do_well_meanwhile_speak_for_the_data(incident, outside):
    """The same code reads other files without trouble; one other alone may be chance."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR parse error in file=nord_7.edi line #"))
    incident.log("shop", (1, 2, "INFO imported file=sued_1.edi"))
    one = outside()["bad_input_data"].spares
    incident.log("shop", (2, 2, "INFO imported file=west_4.edi"))

    assert (one, outside()["bad_input_data"].spares) == (False, True)


def test_thing_may_be_named_without_a_sign_of_equality(incident, outside):
    """`message 8812031` says as much as `message=8812031`."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR cannot decode message 8812031 at try #"))

    assert "message 8812031" in outside()["bad_input_data"].text


def test_sign_behind_a_value_is_none_of_it(incident, outside):
    """`offset=884213: unexpected end` is about 884213."""
    incident.calm("shop").log(
        "shop", (-3, 30, "ERROR cannot decode message offset=884213: unexpected end of JSON input")
    )

    assert "about offset 884213: ERROR" in outside()["bad_input_data"].text
    assert outside()["bad_input_data"].person_must == "Set offset 884213 aside, and ask its sender."


def test_failures_about_one_file_without_a_repetition_are_less_sure(incident, outside):
    """They may be many records of one file."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR parse error in file=nord_7.edi line #"))

    assert outside()["bad_input_data"].confidence == 0.65


@pytest.mark.parametrize(
    "line",
    [
        "ERROR parse error in file=nord#.edi, requeue",
        "ERROR parse error in file not found, requeue",
        "ERROR crash in file=nord_7.edi, requeue",
        "ERROR parse error in message offset=#: requeue",
    ],
)
def test_failures_about_different_things_are_no_bad_input(incident, outside, line):
    """Another name each time, no name at all, or a failure that has nothing to do with data."""
    incident.calm("shop").log("shop", (-3, 30, line))

    assert "bad_input_data" not in outside()


def test_few_failures_about_one_thing_are_chance(incident, outside):
    """Below eight nobody can tell."""
    incident.calm("shop").log("shop", (-3, 5, "ERROR parse error in file=nord_7.edi, requeue"))

    assert "bad_input_data" not in outside()


def test_name_that_healthy_lines_have_too_is_no_bad_input(incident, outside):
    """Everything is about the only partner there is."""
    incident.log("shop", (-115, 300, "INFO stored partner=NORD #"), (-3, 30, "ERROR parse error partner=NORD #"))

    assert "bad_input_data" not in outside()


def test_overload_by_one_tenant_is_a_noisy_neighbour(incident, outside):
    """One customer takes what all share."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR pool exhausted tenant=Acme4 query #"))

    assert outside()["noisy_neighbour"].confidence == 0.6


def test_proxy_that_all_come_through_is_no_tenant(incident, outside):
    """What nginx names is who it talks to and the site that was asked for: neither is a party of its own."""
    words = 'client: 10.244.2.1, server: shop.example, upstream: "http://x", host: "shop.example"'
    incident.calm("shop").log("shop", (-3, 30, f"ERROR upstream timed out, {words} #"))

    assert not {"noisy_neighbour", "bad_input_data", "third_party_outage"} & outside().keys()


def test_stranger_that_floods_a_shared_store_is_a_noisy_neighbour(incident, outside):
    """It depends on nothing that fails, and nothing that fails depends on it."""
    incident.graph("shop>db", "report>db", "edge>shop", db="db").metric("db", "cpu_percent", 10, 99, since=-3)
    incident.metric("report", "request_rate", 10, 90, since=-4).metric("edge", "request_rate", 10, 90, since=-4)
    incident.log("shop", (-2, 30, "ERROR timed out"))

    found = outside()["noisy_neighbour"]

    assert found.service == "report"
    assert "it shares db with what fails" in found.text


def test_party_outside_the_house_that_fails_is_named(incident, outside):
    """The graph calls it external, and its own numbers went bad."""
    incident.graph("shop>psp", psp="external").metric("psp", "error_rate", 0.1, 40, since=-3)

    assert outside()["third_party_outage"].service == "psp"


def test_metric_without_a_line_is_quoted_by_nothing(incident):
    """There is no line to point at."""
    incident.metric("shop", "cpu_steal_percent", 1, 60)
    incident.evidence[0] = incident.evidence[0].model_copy(update={"lines": ()})

    (found,) = find_outside(incident.read())

    assert found.quotes[0].text == ""


def test_long_line_is_cut_in_the_text_for_people(incident, outside):
    """The quote holds all of it."""
    incident.log("shop", (-3, 30, "ERROR no such host " + "x" * 400))

    assert outside()["dns_failure"].text.endswith("…")


def test_surest_cause_comes_first(incident):
    """Several may be spoken for."""
    incident.log("shop", (-3, 30, "ERROR 429 too many requests: certificate has expired"))

    assert [found.cause for found in find_outside(incident.read())] == ["certificate_expired", "third_party_limit"]


def test_every_finder_is_silent_about_nothing(incident):
    """An incident without evidence speaks for no cause."""
    symptoms = incident.read()

    assert [list(finder(symptoms)) for finder in FINDERS.values()] == [[]] * len(FINDERS)


def test_load_that_begins_inside_is_a_job_of_our_own(incident, outside):
    """The door gets as many as ever: somebody's schedule or switch brings it."""
    incident.graph("edge>shop", "jobs>render", edge="gateway").log("render", (0, 30, "ERROR killed"))
    incident.metric("edge", "request_rate", 100, 100).metric("jobs", "request_rate", 1, 90, since=-2)

    assert outside()["traffic_surge"].confidence < 0.5


def test_answer_of_another_party_that_cannot_be_read_is_bad_input(incident, outside):
    """It changed what it sends; whether we changed how we read is for the changes to say."""
    incident.graph("shop>bankfeed", bankfeed="external").calm("shop")
    incident.log("shop", (-3, 30, "ERROR bankfeed: missing required field in answer"))

    found = outside()["bad_input_data"]

    assert found.confidence == 0.6
    assert found.text.startswith("What bankfeed sends is not what shop expects")


@pytest.mark.parametrize(
    "text", ["ERROR bankfeed timed out", "ERROR missing required field", "INFO bankfeed: cannot parse"]
)
def test_other_failures_of_another_party_are_no_bad_input(incident, outside, text):
    """It has to be named, and the failure has to be about what it sent."""
    incident.graph("shop>bankfeed", bankfeed="external").calm("shop").log("shop", (-3, 30, text))

    assert "bad_input_data" not in outside()


def test_load_on_one_part_is_a_surge_when_as_much_came_in_at_the_door(incident, outside):
    """Somebody tries passwords: of the usual requests few are logins."""
    incident.graph("edge>login", edge="gateway").log("login", (0, 30, "WARN queue is long"))
    incident.metric("edge", "request_rate", 80, 900, since=-2).metric("login", "request_rate", 30, 850, since=-2)

    assert outside()["traffic_surge"].confidence == 0.9


SPOT = "ERROR import of nord_full.csv failed at line 41207: cannot decode, try #"


def test_one_spot_of_one_file_that_ends_every_attempt_is_bad_input(incident, outside):
    """It is the same line each time, and most of the rest goes well."""
    incident.calm("shop").log("shop", (-3, 30, SPOT)).metric("shop", "error_rate", 0.001, 0.4, since=-3)

    found = outside()["bad_input_data"]

    assert (found.confidence, found.spares) == (0.85, True)
    assert "at line 41207 of nord_full.csv" in found.text


def test_spot_without_word_of_the_rest_spares_nobody(incident, outside):
    """Perhaps it was the only file there was: everything fails, or nobody counts."""
    incident.calm("shop").log("shop", (-3, 30, SPOT)).metric("shop", "error_rate", 0.001, 0.99, since=-3)

    assert outside()["bad_input_data"].spares is False


@pytest.mark.parametrize(
    "text",
    [
        "ERROR import of nord_full.csv failed at line #: cannot decode",
        "ERROR import of nord_full.csv failed at line 41207, try #",
        "INFO import of nord_full.csv at line 41207: cannot decode, try #",
    ],
)
def test_failures_at_many_spots_or_of_another_kind_are_no_bad_input(incident, outside, text):
    """A reader that is broken fails wherever it reads, and a reader that is killed says nothing about data."""
    incident.calm("shop").log("shop", (-3, 30, text))

    assert "bad_input_data" not in outside()


def test_names_that_several_services_cannot_resolve_are_surely_no_setting(incident):
    """One may ask the wrong resolver; three do not at once."""
    incident.log("shop", (-3, 30, "ERROR lookup db.internal: no such host"))
    alone = find_outside(incident.read())[0]
    for service in ("mail", "stock"):
        incident.log(service, (-3, 30, "ERROR lookup db.internal: no such host"))

    assert (alone.cause, alone.confidence) == ("dns_failure", 0.85)
    assert find_outside(incident.read())[0].confidence == 0.9


@pytest.mark.parametrize(
    ("line", "doubtful", "sure"),
    [
        ("ERROR 429 too many requests from maps", 0.5, 0.5),
        ("ERROR maps 429 OVER_DAILY_LIMIT", 0.65, 0.65),
        ("ERROR 429 too many requests: limit of plan TRIAL", 0.5, 0.8),
    ],
)
def test_limit_that_is_hit_by_asking_as_often_as_ever_is_the_other_party_s(incident, line, doubtful, sure):
    """Their plan changed, not what we ask for; what is counted by the day, no minute of ours used up."""
    incident.log("shop", (-3, 30, line))
    before = find_outside(incident.read())[0]
    incident.metric("shop", "provider_requests_rate", 20, 20)

    assert (before.cause, before.confidence) == ("third_party_limit", doubtful)
    assert find_outside(incident.read())[0].confidence == sure


def test_clock_is_surely_off_where_its_own_service_says_so(incident, outside):
    """A token that is not valid yet may have other reasons."""
    incident.log("shop", (-3, 30, "ERROR token is not yet valid"))
    doubtful = outside()["clock_skew"].confidence
    incident.log("vm", (-3, 30, "ERROR chronyd: clock skew, no source"))

    assert (doubtful, outside()["clock_skew"].confidence) == (0.65, 0.85)


@pytest.mark.parametrize(("key", "confidence"), [("file", 0.65), ("offset", 0.5)])
def test_failure_is_of_the_kind_that_the_rest_of_its_event_says(incident, outside, key, confidence):
    """One line says what it was about, another what happened; who keeps an order stops at one offset in any case."""
    incident.log("shop", (-3, 30, f"ERROR job failed {key}=X88120"), (-3, 30, "ERROR invalid number in row"))

    assert outside()["bad_input_data"].confidence == confidence


@pytest.mark.parametrize(
    ("kinds", "confidence"),
    [({"db": "db"}, 0.4), ({"db": "external"}, 0.5), ({}, 0.5), ({"db": "db", "maps": "external"}, 0.5)],
    ids=["our store", "another party", "nobody knows", "either"],
)
def test_limit_of_our_own_store_is_hardly_another_partys(incident, outside, kinds, confidence):
    """It is overrun, and by whom is what is asked."""
    incident.graph("shop>db", "shop>maps", **kinds).metric("db", "errors", 1, 90, since=-3)
    incident.calm("shop").log("shop", (-3, 30, "ERROR 429 too many requests"))

    assert outside()["third_party_limit"].confidence == confidence


def test_time_that_was_taken_out_leaves_no_key_behind(incident):
    """A line in key and value is quoted without the hole where its time stood."""
    line = 'level=error ts= msg="x509: certificate has expired"'

    (found,) = find_outside(incident.calm("shop").log("shop", (-6, 30, line)).read())

    assert found.text.endswith('says: level=error msg="x509: certificate has expired"')


def test_line_of_one_supplier_in_every_failure_is_bad_input(incident, outside):
    """A reader that is broken fails at more than one."""
    incident.calm("feed", "INFO read item # supplier=nord")
    incident.log("feed", (-3, 30, 'ERROR cannot parse item supplier=sued line=4411: invalid price "12,50 EUR"'))

    found = outside()["bad_input_data"]

    assert "at line 4411 of supplier=sued" in found.text
    assert found.confidence == 0.85


@pytest.mark.parametrize(
    "line",
    [
        "ERROR render page 7 rows=429: out of paper",
        "ERROR user 429 upload failed",
        "ERROR batch 7: 429 of 500 rows imported",
        "ERROR checkout took 429 ms",
        "ERROR certificate of attendance 621 expired in queue",
        "ERROR gift certificate has expired",
        "ERROR licence plate 621 has expired sticker",
        "ERROR subscription of customer 12 has expired",
        "ERROR daily withdrawal limit reached for card 7",
        "ERROR disk quota: coupon not yet valid",
        "ERROR payment link is down for maintenance of the till",
        "ERROR smart collection failed to load",
        "ERROR image was dimmed twice",
        "ERROR conflict resolution failed for note 7",
        "ERROR last-mile courier did not answer",
        "ERROR user has path /tmp/x twice",
    ],
)
def test_word_out_of_its_sense_names_none(incident, outside, line):
    """Businesses have numbers, certificates, licences, limits and last miles of their own."""
    incident.calm("shop").log("shop", (-3, 30, line))

    assert not {"third_party_limit", "certificate_expired", "licence_expired", "hardware_failure", "clock_skew",
                "dns_failure", "network_path_failure"} & outside().keys()  # fmt: skip


def test_one_line_of_many_names_none(incident, outside):
    """Of a thousand alike, one takes 429 or names a limit by chance."""
    incident.calm("shop").log("shop", (-4, 1, "ERROR too late, answered 429"), (-3, 60, "ERROR too late, answered 503"))

    assert "third_party_limit" not in outside()


def test_quote_shows_what_is_claimed(incident, outside):
    """Lines of one shape differ in their numbers; the one that is cited has the number."""
    incident.calm("shop").log("shop", (-3, 1, "ERROR upstream answered 500"), (-2, 30, "ERROR upstream answered 429"))

    assert "429" in outside()["third_party_limit"].quotes[0].text
    assert "answered 429" in outside()["third_party_limit"].text
