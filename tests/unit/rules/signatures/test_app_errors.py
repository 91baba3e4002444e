import pytest
from tests.unit.rules.signatures.harbour import Harbour
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.app_errors import SIGNATURES, list_ended_troubles


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("ModuleNotFoundError: No module named 'requests'", "application_module_missing"),
        ("Error: Cannot find module 'express'", "application_module_missing"),
        ("java.lang.ClassNotFoundException: com.mysql.cj.jdbc.Driver", "application_module_missing"),
        ("error: unknown flag: --listen-adress", "application_argument_invalid"),
        ("error: yaml: line 7: did not find expected key", "application_configuration_invalid"),
        ('nginx: [emerg] unknown directive "proxy_pas"', "application_configuration_invalid"),
        ("org.flywaydb.core.api.exception.FlywayValidateException: failed", "application_schema_mismatch"),
        ("FATAL:  database files are incompatible with server", "application_data_incompatible"),
        ('initdb: error: directory "/data" exists but is not empty', "application_data_incompatible"),
        ("java.lang.OutOfMemoryError: Java heap space", "application_memory_exhausted"),
        ("error: listen tcp :8080: bind: address already in use", "port_already_in_use"),
        ("PermissionError: [Errno 13] Permission denied: '/data'", "application_permission_denied"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'a.yml'", "application_file_missing"),
    ],
)
def test_last_words_of_a_program_that_does_not_stay_up_are_its_cause(line, cause):
    """Whatever it is written in."""
    harbour = Harbour().app("web", ready=False).log("web", "starting", line)

    (claim,) = harbour.find(SIGNATURES, cause)

    assert claim.subject.ref == "kubernetes:deployment/shop/web"
    assert claim.quotes[0].line == 2


def test_program_that_runs_may_say_what_it_likes():
    """Complaints of what is ready are routine."""
    harbour = Harbour().app("web").log("web", "error: unknown flag: --x", "ValueError: no", "panic: no")

    assert harbour.list_causes(SIGNATURES) == []


def test_latest_complaint_is_the_one_that_counts():
    """What it got over comes first."""
    harbour = Harbour().app("web", ready=False).log("web", "error: unknown flag: --a", "error: unknown flag: --b")

    (claim,) = harbour.find(SIGNATURES, "application_argument_invalid")

    assert "--b" in claim.text


def test_port_that_is_taken_beside_another_container_is_another_signatures():
    """Two containers of one pod are likelier than the node."""
    harbour = Harbour().app("web", ready=False, more=({"name": "exporter"},))
    harbour.log("web", "error: listen tcp :8080: bind: address already in use")

    assert harbour.find(SIGNATURES, "port_already_in_use") == []


@pytest.mark.parametrize(
    "line", ["ValueError: no", "panic: runtime error: index out of range", "Unhandled exception. System.Exception: no"]
)
def test_any_exception_is_at_least_a_state(line):
    """What brings it about is not told."""
    harbour = Harbour().app("web", ready=False).app("calm").log("web", "error: a", line, "error: b").log("calm", line)

    (claim,) = harbour.find(SIGNATURES, "application_exception")

    assert claim.confidence == 0.4
    assert line in claim.text


def logged(*lines, name="import-6f8c7d9b5-2kxzq"):
    """Return a town of which nothing but a log is known."""
    return Town().log(name, *lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("rows 1000", 'Exception in thread "main" java.lang.OutOfMemoryError: heap', "\tat a.B.c(B.java:7)", ""),
        ("Traceback (most recent call last):", '  File "a.py", line 3, in <module>', "MemoryError: no"),
    ],
)
def test_log_that_ends_with_an_exception_is_the_end_of_a_program(lines):
    """Nothing else was captured that would tell how it is."""
    town = logged(*lines)

    (claim,) = town.find(SIGNATURES, "application_memory_exhausted")

    assert claim.subject.ref == "kubernetes:deployment/shop/import"
    assert claim.text.startswith("import's log ends with: ")
    assert [item.ref for item in list_ended_troubles(town.build())] == ["kubernetes:deployment/shop/import"]


@pytest.mark.parametrize(
    "town",
    [
        logged("MemoryError: no", "rows 1000"),
        logged("2026-11-23 09:50:01,882 ERROR db: psycopg.OperationalError: connection failed"),
        logged(""),
        logged("MemoryError: no", name="import"),
        logged("MemoryError: no").pod("other-1", None, node="n1", ready=True),
    ],
    ids=["goes on", "is logged", "says nothing", "is anybody's", "pods are known"],
)
def test_log_that_does_not_tell_of_an_end_says_nothing(town):
    """What goes on has got over it, and where pods are known they say how they are."""
    assert list_ended_troubles(town.build()) == ()


def test_stack_of_any_runtime_belongs_to_its_exception():
    """Go writes functions and files on lines of their own after the panic."""
    stack = ("", "goroutine 18 [running]:", "main.handle(0xc000, 0x3)", "\t/src/h.go:9 +0x1d", "exit status 2")

    assert logged("served", "panic: index out of range", *stack).list_causes(SIGNATURES) == ["application_exception"]


def test_taken_port_needs_a_pod_that_holds_one_container():
    """Of a log alone nobody knows how many there are."""
    assert logged("fatal error: bind: address already in use").list_causes(SIGNATURES) == []
