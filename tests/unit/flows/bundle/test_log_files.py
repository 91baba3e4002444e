"""Logs of a bundle: whose they are, which lines are kept, and that each keeps its number."""

import json

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle import log_text
from fermata.flows.bundle.log_files import find_owner


@pytest.mark.parametrize(
    ("stem", "ref"),
    [
        ("shop__cart-1__main", "kubernetes:pod/shop/cart-1"),
        ("shop__cart-1__main__previous", "kubernetes:pod/shop/cart-1"),
        ("checkout", "service/checkout"),
        ("a__b", "service/a__b"),
        ("edge proxy", "service/edge-proxy"),
    ],
)
def test_name_says_whose_log_it_is(stem, ref):
    """Three parts are a container's; any other word is a service's."""
    assert find_owner(stem).ref == ref


def test_log_is_evidence_with_its_place(folder, texts):
    """Lines as they stand, numbered as in the file, with path and oldest time as facts."""
    folder.write("logs/cart.log", "2026-11-23T12:00:00Z INFO a\r\n\r\n2026-11-23T12:01:00Z ERROR b\r\n")

    item = folder.get_only(EvidenceKind.LOGS)

    assert texts(item) == ["2026-11-23T12:00:00Z INFO a", "", "2026-11-23T12:01:00Z ERROR b"]
    assert (item.entity.ref, item.query, item.title) == ("service/cart", "logs/cart.log", "logs/cart.log")
    assert item.facts["path"] == "logs/cart.log"
    assert item.facts["oldest_at"] == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize("form", ['{{"service": "{}", "msg": "{}"}}', "level=info service={} msg={}"])
def test_lines_of_several_services_are_told_apart(folder, texts, form):
    """Each service gets its lines with the numbers they have; a stack follows the record before it."""
    lines = [form.format("a", 1), form.format("b", 2), "Traceback", form.format("a", 3), form.format("b", 4)]
    folder.write("logs/all.log", "\n".join(lines))

    first, second = folder.list_evidence(EvidenceKind.LOGS)

    assert (first.entity.ref, second.entity.ref) == ("service/a", "service/b")
    assert [line.number for line in first.lines] == [1, 4]
    assert [line.number for line in second.lines] == [2, 3, 5]
    assert second.title == "logs/all.log (b)"


def test_service_named_in_few_lines_does_not_split(folder):
    """A word that now and then stands in a message says nothing about whose line it is."""
    lines = ["INFO nothing"] * 5 + ["service=a ok"] * 2
    folder.write("logs/all.log", "\n".join(lines))

    assert folder.get_only(EvidenceKind.LOGS).entity.ref == "service/all"


@pytest.mark.parametrize(
    "times",
    [
        ["2026-11-10T12:00:02Z", "2026-11-10T12:00:01Z", "2026-11-10T12:00:01Z"],
        ["2026-11-10T12:00:03Z", "2026-11-10T12:00:02Z", "2026-11-10T12:00:02.5Z", "2026-11-10T12:00:01Z"],
    ],
)
def test_export_that_begins_with_the_newest_is_turned(folder, texts, times):
    """Google Cloud, Datadog and Loki answer so unless asked otherwise; read as it stands, an end would be a start."""
    folder.write("logs/api.json", [{"timestamp": at, "textPayload": at} for at in times])

    lines = texts(folder.get_only(EvidenceKind.LOGS))

    assert [line.rpartition(" ")[2] for line in lines] == times[::-1]


def test_export_that_begins_with_the_oldest_stays(folder, texts):
    """One that is late now and then is no reason to turn the others; nor are records without times."""
    times = ["2026-11-10T12:00:01Z", "2026-11-10T12:00:03Z", "2026-11-10T12:00:02Z", "2026-11-10T12:00:04Z"]
    folder.write("logs/api.json", [{"timestamp": at, "textPayload": at} for at in times])
    folder.write("logs/b.json", ["x", "y"])

    first, second = folder.list_evidence(EvidenceKind.LOGS)

    assert [line.rpartition(" ")[2] for line in texts(first)] == times
    assert texts(second) == ["x", "y"]


def test_stream_of_loki_that_begins_with_the_newest_is_turned(folder, texts):
    """Its API answers backward unless asked otherwise."""
    values = [["1795435201000000000", "b"], ["1795435200000000000", "a"]]
    folder.write("logs/all.json", {"data": {"result": [{"stream": {"app": "cart"}, "values": values}]}})

    assert [line[-1] for line in texts(folder.get_only(EvidenceKind.LOGS))] == ["a", "b"]


def test_records_of_many_lines_each_are_lines(folder, texts):
    """As `wrangler tail --format json` prints them."""
    folder.write("logs/api.json", "\n".join(json.dumps({"scriptName": "edge", "n": n}, indent=2) for n in (1, 2)))

    item = folder.get_only(EvidenceKind.LOGS)

    assert texts(item) == ['{"scriptName": "edge", "n": 1}', '{"scriptName": "edge", "n": 2}']
    assert item.entity.ref == "service/edge"


@pytest.mark.parametrize("name", ["projectName", "scriptName", "ScriptName"])
def test_drain_of_a_platform_names_its_service(folder, name):
    """Vercel's drains say the project, Cloudflare's tail the script, and so does its Logpush, in capitals."""
    folder.write("logs/drain.ndjson", "\n".join([json.dumps({name: "shop", "message": "a"})] * 2))

    assert folder.get_only(EvidenceKind.LOGS).entity.ref == "service/shop"


LOKI = {"data": {"result": [{"stream": {"app": "cart"}, "values": [["1795435200000000000", "ERROR a"], ["x"]]}]}}


@pytest.mark.parametrize(
    ("content", "lines", "ref"),
    [
        ([{"service": "cart", "msg": "a"}, "b"], ['{"service": "cart", "msg": "a"}', "b"], "service/cart"),
        ({"hits": {"hits": [{"msg": "a"}]}}, ['{"msg": "a"}'], "service/all"),
        (LOKI, ["2026-11-23T12:00:00.000Z service=cart ERROR a"], "service/cart"),
        ({"msg": "a"}, ['{"msg": "a"}'], "service/all"),
        ('{"msg": "a"}\n{"msg": "b"}', ['{"msg": "a"}', '{"msg": "b"}'], "service/all"),
    ],
)
def test_exported_records_are_lines(folder, texts, content, lines, ref):
    """What a log system exports as JSON: a record a line, and a stream's service before its text."""
    folder.write("logs/all.json", content)

    item = folder.get_only(EvidenceKind.LOGS)

    assert (texts(item), item.entity.ref) == (lines, ref)


@pytest.mark.parametrize("content", ["{", "[]", "3"])
def test_json_without_records_is_named(folder, content):
    """The log beside it is read."""
    folder.write("logs/all.json", content)
    folder.write("logs/b.log", "x\n")

    assert folder.read().warnings[0].startswith("logs/all.json")


def test_container_is_never_split(folder):
    """A gateway's log names other services: it stays the gateway's."""
    folder.write("logs/shop__edge-1__envoy.log", '{"service": "a"}\n{"service": "b"}\n')

    assert folder.get_only(EvidenceKind.LOGS).entity.ref == "kubernetes:pod/shop/edge-1"


def test_meta_marks_a_cut_pull(folder):
    """Silence of a filtered log is no health: how it was pulled stands in `cut`."""
    folder.write("logs/a.log", "x\n")
    folder.write("logs/a.meta.json", {"filter": "error", "limit": 10})

    assert folder.get_only(EvidenceKind.LOGS).cut == "pulled with filter error, limit 10"


def test_empty_log_that_was_filtered_is_missing(folder):
    """Nothing passed the filter, which is not the same as nothing written."""
    folder.write("logs/a.log", "\n")
    folder.write("logs/a.meta.json", {"filter": "level>=error", "since": "2026-06-30T05:00:00Z"})
    folder.write("logs/b.log", "x\n")

    (gap,) = folder.read().gaps

    assert gap.reason == "logs/a.log: it is empty, pulled with filter level>=error, since 2026-06-30T05:00:00Z"


def test_empty_log_whose_meta_says_nothing_is_not_missing(folder):
    """No filter and no limit: all that was written is there."""
    folder.write("logs/a.log", "")
    folder.write("logs/a.meta.json", {})
    folder.write("logs/b.log", "x\n")

    assert folder.read().gaps == ()


def test_meta_without_its_log_is_missing(folder):
    """A pull was filtered, and of what it gave nothing is there."""
    folder.write("logs/a.meta.json", {"filter": "error"})
    folder.write("logs/b.log", "x\n")

    (gap,) = folder.read().gaps

    assert gap.reason == "logs/a.meta.json: the log that it tells of is not there"


def test_broken_meta_is_named_and_the_log_used(folder):
    """The log does not depend on it."""
    folder.write("logs/a.log", "x\n")
    folder.write("logs/a.meta.json", "{")

    bundle = folder.read()

    assert len(bundle.evidence) == 1
    assert "logs/a.meta.json:1: it is not JSON" in bundle.warnings[0]


def test_empty_log_is_no_evidence_and_no_fault(folder):
    """A source that wrote nothing."""
    folder.write("logs/a.log", "\n")
    folder.write("logs/b.log", "x\n")

    bundle = folder.read()

    assert len(bundle.evidence) == 1
    assert bundle.warnings == ()


def test_packed_log_is_refused(folder):
    """Nothing is unpacked."""
    folder.write("logs/a.log", b"\x1f\x8b\x08rest")
    folder.write("logs/b.log", "x\n")

    assert "packed" in folder.read().warnings[0]


def test_utf16_log_is_read(folder, texts):
    """As a redirection in PowerShell writes it."""
    folder.write("logs/a.log", "ERROR größe\r\nnext\r\n".encode("utf-16"))

    assert texts(folder.get_only(EvidenceKind.LOGS))[:2] == ["ERROR größe", "next"]


def test_binary_and_endless_lines_are_bounded(folder):
    """A line of a megabyte is cut, rubbish is text, and the next line keeps its number."""
    folder.write("logs/a.log", b"A" * 1_000_000 + b"\n\xff\x00\xfe rubbish\nlast\n")

    item = folder.get_only(EvidenceKind.LOGS)

    assert [line.number for line in item.lines] == [1, 2, 3]
    assert len(item.lines[0].text) == 2000
    assert item.lines[2].text == "last"
    assert "1 lines cut" in item.cut


@pytest.mark.parametrize("block", [1024, 64, 7])
def test_huge_log_keeps_head_tail_and_failures(folder, monkeypatch, block):
    """Of what lies between, lines that name a failure stay, each sort a few times; what was cut is said."""
    monkeypatch.setattr(log_text, "_BLOCK", block)
    # Constants: a log beyond the real limits would take longer to write than a unit test may.
    monkeypatch.setattr(log_text, "HEAD", 3)
    monkeypatch.setattr(log_text, "TAIL", 4)
    monkeypatch.setattr(log_text, "_OF_A_SORT", 2)
    lines = [f"INFO {n}" for n in range(1, 101)]
    for n in (20, 30, 40):
        lines[n - 1] = f"ERROR disk {n} failed"
    folder.write("logs/a.log", "\n".join(lines) + "\n")

    item = folder.get_only(EvidenceKind.LOGS)

    assert [line.number for line in item.lines] == [1, 2, 3, 20, 30, 97, 98, 99, 100]
    assert "9 of 100 lines" in item.cut
    assert "and 2 of 3 between them that name a failure" in item.cut
    assert item.facts["total_lines"] == 100


def test_failures_that_were_all_kept_are_not_counted_twice(folder, monkeypatch):
    """And where a block holds more of a word than is looked at, their number is a bound."""
    monkeypatch.setattr(log_text, "HEAD", 1)  # Constants, as above.
    monkeypatch.setattr(log_text, "TAIL", 1)
    lines = ["INFO 1", *["ERROR a", "INFO b"] * 5, "INFO 2"]
    folder.write("logs/a.log", "\n".join(lines) + "\n")
    kept = folder.get_only(EvidenceKind.LOGS).cut
    monkeypatch.setattr(log_text, "_BLOCK", 24)
    monkeypatch.setattr(log_text, "_MOST_OF_A_WORD", 1)

    bounded = folder.get_only(EvidenceKind.LOGS).cut

    assert "and 5 between them that name a failure" in kept
    assert "and 3 of more than 3 between them that name a failure" in bounded


def test_tail_of_endless_lines_is_bounded_by_its_bytes(folder, monkeypatch):
    """A log whose lines have no end takes no more memory than any other, and keeps counting."""
    monkeypatch.setattr(log_text, "HEAD", 1)  # Constants, as above.
    monkeypatch.setattr(log_text, "_BLOCK", 1000)
    monkeypatch.setattr(log_text, "_LONGEST_READ", 100)
    monkeypatch.setattr(log_text, "_TAIL_BYTES", 3000)
    folder.write("logs/a.log", "first\n" + ("x" * 5000 + "\n") * 9 + "y" * 3000)

    item = folder.get_only(EvidenceKind.LOGS)

    assert item.facts["total_lines"] == 11
    assert item.lines[0].text == "first"
    assert item.lines[-1].number == 11
    assert item.lines[-1].text.startswith("yyy")
    assert sum(len(line.text) for line in item.lines) < 5000


def test_secrets_in_a_log_are_counted_and_hidden(folder):
    """Also a private key over several lines, whose lines keep their numbers."""
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"
    folder.write("logs/a.log", f"token=ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\n{key}\nafter\n")

    item = folder.get_only(EvidenceKind.LOGS)

    assert item.lines[4].text == "after"
    assert "MIIE" not in str(item.lines)
    assert "ghp_" not in str(item.lines)
    assert item.redactions == 2


def test_binary_log_is_named(folder):
    """A core dump named `.log` is no silence."""
    folder.write("logs/core.log", bytes(range(256)) * 400)

    folder.write("logs/b.log", "up")

    assert folder.read().warnings == ("logs/core.log: it is binary, and no text",)


def test_log_with_holes_and_colours_is_text(folder, texts):
    """One that was truncated while somebody wrote it begins with NULs."""
    folder.write("logs/a.log", b"\0" * 9000 + b"\x1b[31mERROR\x1b[0m disk full\r\n")

    assert "ERROR" in texts(folder.get_only(EvidenceKind.LOGS))[-1]


def test_log_of_wide_characters_is_cut_and_says_so(folder, monkeypatch):
    """Beyond what is decoded at once."""
    monkeypatch.setattr(log_text, "_LARGEST_WIDE", 20)
    folder.write("logs/a.log", "ERROR 1\nERROR 2\nERROR 3\n".encode("utf-16"))

    (item,) = folder.list_evidence(EvidenceKind.LOGS)

    assert item.cut == "only the first 20 of 50 bytes are read in this encoding"


DATADOG = {
    "id": "AQ0",
    "attributes": {"timestamp": "2026-11-10T12:00:00Z", "status": "error", "service": "api", "message": "no\nroute"},
}
SENTRY = {
    "eventID": "31",
    "dateCreated": "2026-11-10T12:00:00Z",
    "title": "no route",
    "tags": [{"key": "site", "value": "eu"}, {"key": "level", "value": "error"}],
}
JOURNAL = {
    "__REALTIME_TIMESTAMP": "1794312000000000",
    "PRIORITY": "3",
    "_SYSTEMD_UNIT": "api.service",
    "MESSAGE": "no route",
}

GOOGLE = {
    "insertId": "a",
    "timestamp": "2026-11-10T12:00:00Z",
    "severity": "ERROR",
    "textPayload": "no route",
    "resource": {"type": "k8s_container", "labels": {"container_name": "pay"}},
}

REQUEST = {
    "requestMethod": "GET",
    "requestUrl": "https://pay-x.a.run.app/a/b?key=1",
    "status": 503,
    "remoteIp": "203.0.113.3",
    "latency": "4.2s",
}


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("api.json", [DATADOG], "2026-11-10T12:00:00.000Z ERROR service=api no route"),
        ("api.json", [SENTRY], "2026-11-10T12:00:00.000Z ERROR no route"),
        ("api.json", [JOURNAL], "2026-11-10T12:00:00.000Z ERROR service=api no route"),
        (
            "api.jsonl",
            "\n".join(json.dumps(JOURNAL | {"_SYSTEMD_UNIT": "", "SYSLOG_IDENTIFIER": name}) for name in "ab"),
            "2026-11-10T12:00:00.000Z ERROR service=a no route",
        ),
        ("api.json", [{"eventID": "32", "dateCreated": "now"}], '{"eventID": "32", "dateCreated": "now"}'),
        ("api.json", [{"eventID": "33", "date": 1794312000, "tags": {}}],
         '2026-11-10T12:00:00.000Z {"eventID": "33", "date": 1794312000, "tags": {}}'),
        ("api.json", [JOURNAL | {"MESSAGE": list(b"no\xff route")}],
         "2026-11-10T12:00:00.000Z ERROR service=api no\ufffd route"),
        ("api.json", [JOURNAL | {"PRIORITY": "6", "_TRANSPORT": "stdout", "MESSAGE": "ERROR no route"}],
         "2026-11-10T12:00:00.000Z service=api ERROR no route"),
        ("api.json", [JOURNAL | {"PRIORITY": "4", "_TRANSPORT": "stdout"}],
         "2026-11-10T12:00:00.000Z WARNING service=api no route"),
        ("api.json", [JOURNAL | {"PRIORITY": "6", "_TRANSPORT": "syslog"}],
         "2026-11-10T12:00:00.000Z INFO service=api no route"),
        ("api.json", [JOURNAL | {"MESSAGE": [300]}],
         "2026-11-10T12:00:00.000Z ERROR service=api " + json.dumps(JOURNAL | {"MESSAGE": [300]})),
        ("api.json", {"events": [{"logStreamName": "1", "timestamp": 1794312000000, "message": "ERROR timed out\n"}]},
         "2026-11-10T12:00:00.000Z ERROR timed out"),
        ("api.json", [GOOGLE], "2026-11-10T12:00:00.000Z ERROR service=pay no route"),
        ("api.json", [GOOGLE | {"textPayload": "", "httpRequest": REQUEST}],
         "2026-11-10T12:00:00.000Z ERROR service=pay GET /a/b from 203.0.113.3 status=503 latency=4.2s"),
        ("api.json", [GOOGLE | {"textPayload": "", "httpRequest": {"requestMethod": "GET", "status": 200}}],
         "2026-11-10T12:00:00.000Z ERROR service=pay GET / from unknown status=200"),
        ("api.json", [GOOGLE | {"httpRequest": REQUEST}], "2026-11-10T12:00:00.000Z ERROR service=pay no route"),
        ("api.json", [{"timestamp": "2026-11-10T12:00:00Z", "severity": "INFO", "httpRequest": {"status": 3}}],
         ('2026-11-10T12:00:00.000Z INFO {"timestamp": "2026-11-10T12:00:00Z", "severity": "INFO", '
         '"httpRequest": {"status": 3}}')),
        ("api.json", {"results": [[{"field": "@timestamp", "value": "2026-11-10 12:00:00.000"},
                                   {"field": "@message", "value": "START\n"}, {"field": "@ptr", "value": "C"}]]},
         "2026-11-10T12:00:00.000Z START"),
        ("api.json", [GOOGLE | {"resource": {"labels": 1}}], "2026-11-10T12:00:00.000Z ERROR no route"),
        ("api.json", [{"__REALTIME_TIMESTAMP": 7, "a": 1}], '{"__REALTIME_TIMESTAMP": 7, "a": 1}'),
    ],
)  # fmt: skip
def test_export_has_its_time_and_level_where_lines_have_them(folder, texts, name, content, line):
    """What a system keeps under names of its own would else be read as a line without a time that went well."""
    folder.write(f"logs/{name}", content)

    assert texts(folder.read().evidence[0])[0] == line


def test_journal_lines_that_are_cut_stay_as_they_are(folder, texts):
    """A pull that ended in the middle of a line loses none, and each line keeps its number."""
    whole = json.dumps(JOURNAL)
    folder.write("logs/api.log", f"{whole}\n{whole[:40]}\n[1]\n")

    lines = folder.get_only(EvidenceKind.LOGS).lines
    assert [line.number for line in lines] == [1, 2, 3]
    assert [line.text for line in lines][1:] == [whole[:40], "[1]"]


def test_file_that_ends_within_a_record_keeps_the_others(folder, texts):
    """Whatever its ending: it was still written as it was copied."""
    whole = json.dumps(JOURNAL)
    folder.write("logs/api.json", f"{whole}\n{whole}\n{whole[:40]}")

    assert len(texts(folder.get_only(EvidenceKind.LOGS))) == 3


@pytest.mark.parametrize("content", ['[{"msg": "a"},\n{"msg', '{"a": 1', '"a"\n{'])
def test_document_that_is_cut_is_left_out(folder, content):
    """Of a document nobody knows how much is missing."""
    folder.write("logs/api.json", content)
    folder.write("logs/web.log", "ok\n")

    assert any("logs/api.json" in warning for warning in folder.read().warnings)


def test_lines_of_docker_compose_are_those_of_their_services(folder, texts):
    """It writes the container before each line, which is no part of what was said; its file's name is nobody's."""
    lines = ["api-1     | 2026-11-23T12:00:00Z INFO ok", "worker-12 | up", "shop_db_1 | ready", "api-2     | INFO ok"]
    folder.write("logs/compose.log", "\n".join(lines))

    found = {item.entity.name: texts(item) for item in folder.list_evidence(EvidenceKind.LOGS)}

    assert found == {"api": ["2026-11-23T12:00:00Z INFO ok", "INFO ok"], "worker": ["up"], "shop_db": ["ready"]}


def test_bars_within_lines_name_no_service(folder):
    """A table, or a level behind the time."""
    folder.write("logs/cart.log", "2026-11-23 12:00:00 | INFO | ok\n2026-11-23 12:00:01 | INFO | ok\n")

    (item,) = folder.list_evidence(EvidenceKind.LOGS)

    assert item.entity.name == "cart"


def test_colours_of_a_terminal_are_no_part_of_a_line(folder, texts):
    """`fly logs` writes them; what is quoted has none, and stays in its place."""
    folder.write("logs/api.log", "\x1b[2m2026-11-20T14:05:00Z\x1b[0m app \x1b[31mERROR\x1b[0m refused\nplain [31m\n")

    assert texts(folder.get_only(EvidenceKind.LOGS)) == ["2026-11-20T14:05:00Z app ERROR refused", "plain [31m"]
