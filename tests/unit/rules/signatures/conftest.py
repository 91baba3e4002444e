"""A scene: evidence as the supervisor and git collectors write it, put together piece by piece."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine, Gap
from fermata.domain.facts import (
    ChangeFacts,
    DesiredFacts,
    EnvironmentFacts,
    FileChange,
    ResourceFacts,
    StateFacts,
    WorkloadPhase,
)
from fermata.domain.scope import Scope
from fermata.flows.bundle.shipped import SHIPPED_SPECS
from fermata.kit.errors import InvariantBroken
from fermata.rules.answers import list_mismatches
from fermata.rules.citations import refuse_bad_citations
from fermata.rules.signatures import Case, diagnose

ONSET = datetime(2026, 11, 23, 9, 51, tzinfo=UTC)
NOW = ONSET + timedelta(minutes=1)
MIB = 1024**2
ACTIONS = frozenset(
    {
        *("supervisor.restart", "supervisor.set_env", "supervisor.set_memory_limit", "git.revert_commit"),
        *("docker.restart_container", "docker.set_memory_limit", "docker.recreate_with_previous_image"),
        "docker.recreate_with_previous_setting",
    }
)


def build_stack(error, *frames):
    """Write a Python traceback; each frame is `file:line:function`."""
    lines = ["Traceback (most recent call last):"]
    for frame in frames or ("/srv/shop/services/checkout.py:80:main",):
        file, line, function = frame.split(":")
        lines += [f'  File "{file}", line {line}, in {function}', f"    {function}_code()"]
    return [*lines, error]


def refuse_bad_suggestions(hypothesis):
    """Refuse a suggestion whose parameters its own action would refuse: no plan could come of it."""
    for suggestion in hypothesis.suggestions:
        spec = SHIPPED_SPECS[suggestion.name]
        if faults := list_mismatches(dict(suggestion.parameters), spec.parameters_schema):
            raise InvariantBroken(f"{suggestion.name} is suggested and would be refused: {faults}")


class Scene:
    """Builds a case about the alerted process `checkout`; every method returns the scene."""

    def __init__(self):
        self.evidence = []
        self.gaps = []
        self.actions = ACTIONS
        self.names = ["checkout"]
        self.resolved = False

    def add(self, kind, ref, lines, facts, *, observed_at=NOW, query=""):
        """Add a piece of evidence as it is."""
        item = Evidence(
            incident_id="inc-1",
            kind=kind,
            collector=f"test.{kind.value}",
            entity=Entity.parse(ref),
            title=f"{kind.value} of {ref}",
            query=query or f"{kind.value} {ref}",
            observed_at=observed_at,
            fresh_until=observed_at + timedelta(minutes=5),
            lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, start=1)),
            facts=facts if isinstance(facts, dict) else facts.to_json(),
        )
        self.evidence.append(item)
        return self

    def state(self, phase, name="checkout", *, lines=None, observed_at=NOW, **facts):
        """Say how a process lives; running ones have run for two hours."""
        phase = WorkloadPhase(phase)
        if phase is WorkloadPhase.RUNNING:
            facts.setdefault("started_at", NOW - timedelta(hours=2))
        words = [f"{name} {phase.value}", f"last exit code {facts.get('exit_code')}"] if lines is None else lines
        record = StateFacts(phase=phase, system_state=phase.value.upper(), **facts)
        return self.add(EvidenceKind.STATE, f"supervisor:process/{name}", words, record, observed_at=observed_at)

    def logs(self, lines, name="checkout", stream="stderr"):
        """Say what a process logged."""
        return self.add(
            EvidenceKind.LOGS, f"supervisor:process/{name}", lines, {"stream": stream}, query=f"{name} {stream}"
        )

    def resources(self, *, limit=64 * MIB, available=8192 * MIB, name="checkout", **facts):
        """Say what a process uses and may use."""
        record = ResourceFacts(memory_limit_bytes=limit, host_available_bytes=available, **facts)
        lines = ["memory 14 MiB", f"memory limit {limit} (ulimit -d)"]
        return self.add(EvidenceKind.RESOURCES, f"supervisor:process/{name}", lines, record)

    def environment(self, variables, name="checkout"):
        """Say what a process has in its environment."""
        lines = [f"{key}={value}" for key, value in variables.items()]
        record = EnvironmentFacts(variables=variables, origin=f"conf.d/{name}.ini")
        return self.add(EvidenceKind.ENVIRONMENT, f"supervisor:process/{name}", lines, record)

    def desired(self, variables, name="checkout", read_by=""):
        """Say what git declares for a service; with `read_by`, what a file of the machine does that was not read."""
        lines = [f"{key}={value}" for key, value in variables.items()]
        path = f"deploy/{name}.env"
        where = {"repository": "git:repository/shop", "commit": "c0ffee12" * 5}
        if read_by:
            path, where = f"/etc/systemd/system/{name}.service", {"repository": "", "commit": "", "read_by": read_by}
        record = DesiredFacts(variables=variables, path=path, **where)
        return self.add(EvidenceKind.DESIRED, f"service/{name}", lines, record)

    def change(self, sha, added, *, before=timedelta(minutes=1), diff=None, **facts):
        """Say what somebody committed: line numbers by path."""
        diff = diff or [f"+++ b/{path}" for path in added]
        defaults = {
            "title": f"Change {sha}",
            "author": "Tomás",
            "repository": "git:repository/shop",
            "diff_read": True,
            "revertible": True,
        }
        files = tuple(FileChange(path=path, added=tuple(lines)) for path, lines in added.items())
        record = ChangeFacts(id=sha, changed_at=ONSET - before, files=files, **(defaults | facts))
        return self.add(EvidenceKind.CHANGE, "service/checkout", diff, record, query=f"git show {sha}")

    def build(self):
        """Return the case."""
        alert = Alert(
            source="alertmanager",
            fingerprint="f1",
            name="CheckoutDown",
            status=AlertStatus.RESOLVED if self.resolved else AlertStatus.FIRING,
            severity=Severity.CRITICAL,
            labels={"service": "checkout"},
            annotations={},
            starts_at=ONSET,
            payload_digest="sha256:0",
            received_at=ONSET,
        )
        scope = Scope(
            incident_id="inc-1",
            alerts=(alert,),
            entities=tuple(Entity(kind="service", name=name) for name in self.names),
            onset=ONSET,
            window_start=ONSET - timedelta(hours=1),
            window_end=NOW,
        )
        return Case(
            scope=scope,
            alerts=(alert,),
            evidence=tuple(self.evidence),
            gaps=tuple(self.gaps),
            known_actions=self.actions,
        )

    def match(self, signature):
        """Return what one signature finds; its citations hold."""
        found = signature.match(self.build())
        for hypothesis in found:
            if hypothesis.cause != signature.id:
                raise InvariantBroken("A signature names another cause")
            refuse_bad_citations(hypothesis.citations, self.evidence)
            refuse_bad_suggestions(hypothesis)
        return list(found)

    def diagnose(self):
        """Return what the whole catalogue makes of it; its citations hold."""
        diagnosis = diagnose(self.build())
        for hypothesis in diagnosis.hypotheses:
            refuse_bad_citations(hypothesis.citations, self.evidence)
            refuse_bad_suggestions(hypothesis)
        return diagnosis


@pytest.fixture
def scene():
    """Give an empty scene about checkout."""
    return Scene()


@pytest.fixture
def stack():
    """Give the writer of tracebacks."""
    return build_stack


@pytest.fixture
def gap():
    """Give a gap in the scene's evidence."""
    return Gap(
        collector="supervisor.logs", entity=Entity.parse("supervisor:process/checkout"), reason="timed out after 5 s"
    )
