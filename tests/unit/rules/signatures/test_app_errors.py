import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.app_errors import SIGNATURES


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
