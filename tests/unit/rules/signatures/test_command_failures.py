"""Commands that say why they failed, where somebody asks about them."""

import pytest

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.rules.signatures import diagnose
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.command_failures import SIGNATURES

HELM = "Error: UPGRADE FAILED: context deadline exceeded"
BUSY = "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress"
INVALID = 'The Deployment "web" is invalid: spec.selector: field is immutable'
UNMAPPED = 'error: resource mapping not found for name: "a" from "a.yaml": no matches for kind "B" in version "c/v1"'
FORBIDDEN = (
    'Error from server (Forbidden): error when creating "web.yaml": deployments.apps "web" is forbidden: exceeded quota'
)
FROM_FILE = 'Error from server (InternalError): error when creating "web.yaml": failed calling webhook'
FROM_STDIN = 'Error from server (BadRequest): error when creating "STDIN": strict decoding error'
(SIGNATURE,) = SIGNATURES


def ask(scene, *lines, kind=EvidenceKind.TEXT):
    """Give a case without alerts that holds a paste."""
    scene.add(kind, "text/paste", lines, {"form": "text", "objects": []} if kind is EvidenceKind.OBJECTS else {})
    case = scene.build()
    scope = case.scope.model_copy(update={"alerts": (), "entities": ()})
    return Case(scope=scope, alerts=(), evidence=case.evidence, question="why does it not arrive?")


@pytest.mark.parametrize(
    ("line", "must"),
    [
        (HELM, "Mend what Helm names"),
        (BUSY, "See whether that operation still runs"),
        ("Error: another operation (install/upgrade/rollback) is in progress", "See whether that operation still runs"),
        ('error: resource mapping not found for name: "a": no matches for kind "B" in version "c/v1"', "Mend what the"),
        ('The Deployment "web" is invalid: spec.selector: field is immutable', "Mend what the message names"),
        ("Error from server (Forbidden): error when creating STDIN: no", "Mend what the message names"),
        ("\u2502 Error: creating EKS Node Group: VcpuLimitExceeded", "Mend what Terraform names"),
        ("\u2502 Error: Error acquiring the state lock", "See in the lock's info who holds it"),
    ],
)
@pytest.mark.parametrize("kind", [EvidenceKind.TEXT, EvidenceKind.OBJECTS])
def test_command_that_failed_is_the_answer_to_who_asks(scene, line, must, kind):
    """Its own line is quoted."""
    diagnosis = diagnose(ask(scene, "$ something", line, "", kind=kind))

    assert diagnosis.verdict is Verdict.IDENTIFIED
    assert diagnosis.leading.cause == "command_failed"
    assert diagnosis.leading.citations[0].quote == line
    assert diagnosis.leading.person_must.startswith(must)


def test_error_of_terraform_without_colours_has_no_frame(scene):
    """As CI runs it; of a text that speaks of nobody the same words are another tool's."""
    error = "Error: Error acquiring the state lock"

    diagnosis = diagnose(ask(scene, "$ something", error, "", "Terraform acquires a state lock to protect"))

    assert diagnosis.leading.person_must.startswith("See in the lock's info who holds it")
    assert diagnosis.leading.citations[0].quote == error


@pytest.mark.parametrize("frame", ["", "\u2502 "])
def test_last_word_of_a_runner_is_no_reason_of_terraform(scene, frame):
    """Nor is what another tool says where Terraform's own errors stand in frames."""
    error = f"{frame}Error: Invalid provider configuration"
    others = ["Error: Terraform exited with code 1.", "Error: Process completed with exit code 1."]
    others += ["Error: Cannot find module 'left-pad'"] if frame else []

    diagnosis = diagnose(ask(scene, "$ terraform apply", error, *others))

    assert diagnosis.leading.citations[0].quote == error


@pytest.mark.parametrize(
    "lines",
    [
        [HELM, 'Release "web" has been upgraded. Happy Helming!'],
        [BUSY, "Rollback was a success! Happy Helming!"],
        ["\u2502 Error: a lock", "Apply complete! Resources: 1 added"],
        ["\u2502 Error: a lock", "No changes. Your infrastructure matches the configuration."],
        [HELM, "NAME: web", "LAST DEPLOYED: Fri Nov 27", "NAMESPACE: shop", "STATUS: deployed", "REVISION: 4"],
        ["$ helm upgrade -i web ./web", HELM, "$ helm install web ./web", "NAME: web", "STATUS: deployed"],
        ["$ helm upgrade web ./web", HELM, 'Release "web" has been upgraded. Happy Helming!'],
        [INVALID, "deployment.apps/web configured"],
        [INVALID, "deployment.apps/web serverside-applied"],
        [UNMAPPED, "b.c/a created"],
        [FORBIDDEN, "deployment.apps/web created"],
        [FROM_FILE, "$ kubectl apply -f web.yaml", "deployment.apps/web created"],
        [FROM_STDIN, "$ kustomize build . | kubectl apply -f -", "deployment.apps/web created"],
        ["error: error parsing web.yaml: yaml: line 2", "$ kubectl apply -f web.yaml", "service/web created"],
        ["error: the server doesn't have a resource type"],
        ['Error from server (NotFound): pods "web" not found'],
        ["ERROR UPGRADE FAILED: of a log"],
    ],
    ids=[
        "upgraded",
        "rolled back",
        "applied",
        "as declared",
        "deployed",
        "installed",
        "named",
        "configured",
        "on the server",
        "mapped",
        "allowed",
        "same file",
        "standard input",
        "parsed",
        "a question",
        "not found",
        "a log",
    ],
)
def test_what_went_well_at_last_or_only_asked_is_no_failure(scene, lines):
    """A question to the cluster that finds nothing fails nothing."""
    assert SIGNATURE.match(ask(scene, *lines)) == []


@pytest.mark.parametrize(
    "lines",
    [
        ["$ helm upgrade web ./web", HELM, "$ helm status search", "NAME: search", "STATUS: deployed"],
        ["$ helm upgrade web ./web", HELM, 'Release "search" has been upgraded. Happy Helming!'],
        [HELM, "STATUS: failed"],
        [HELM, "2  Fri Nov 27  deployed  web-1.2.0  1.2  Upgrade complete"],
        [INVALID, "service/web configured"],
        [INVALID, "deployment.apps/other configured"],
        [INVALID, "deployment.apps/web configured (dry run)"],
        [FROM_FILE, "service/web configured"],
        [FROM_FILE, "$ kubectl apply -f other.yaml", "deployment.apps/other created"],
        ["$ kubectl apply -f .", "service/web created", FROM_FILE],
    ],
    ids=[
        "another release", "another upgraded", "failed", "a row of the history", "another kind", "another object",
        "dry run", "same run", "another file", "before it",
    ],
)  # fmt: skip
def test_what_went_well_elsewhere_ends_no_failure(scene, lines):
    """Another release, another object, and the rest of the same run succeed beside what failed."""
    assert len(SIGNATURE.match(ask(scene, *lines))) == 1


def test_beside_an_alert_it_is_one_of_many_things_that_were_tried(scene):
    """So it is where anything else is seen to be wrong."""
    scene.add(EvidenceKind.TEXT, "text/paste", [HELM], {})

    assert SIGNATURE.match(scene.build()) == ()


def test_last_failure_of_each_tool_counts(scene):
    """What was tried before it was tried again."""
    found = SIGNATURE.match(ask(scene, HELM, BUSY, "\u2502 Error: a lock"))

    assert [one.citations[0].quote for one in found] == [BUSY, "\u2502 Error: a lock"]
