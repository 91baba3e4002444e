"""From a traceback to a request: the commit that the forge tells of is blamed, and the action takes it back."""

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import LogFacts
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.change import FAULTY_COMMIT
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.forges.shop import CODE, ONSET

TRACEBACK = (
    "2026-11-23T11:50:00Z ERROR checkout: unhandled",
    "Traceback (most recent call last):",
    f'  File "/srv/shop/{CODE}", line 5, in total',
    "    return fast_sum(lines)",
    "NameError: name 'fast_sum' is not defined",
)


def make_logs(scope):
    """Give the log of checkout that ends in the broken line."""
    return Evidence(
        incident_id=scope.incident_id,
        kind=EvidenceKind.LOGS,
        collector="supervisor.logs",
        entity=Entity(kind="service", name="checkout"),
        title="stderr of checkout",
        query="tail",
        observed_at=ONSET,
        fresh_until=ONSET.replace(hour=23),
        lines=tuple(EvidenceLine(number=n, text=text) for n, text in enumerate(TRACEBACK, start=1)),
        facts=LogFacts(stream="stderr", total_lines=len(TRACEBACK)).to_json(),
    )


async def test_traceback_leads_to_a_request_that_takes_the_commit_back(rig):
    """The added line is where the traceback ends; the request cites the incident."""
    scope, action = rig.make_scope(), rig.make_action()
    _, changes = await rig.collect()
    known = frozenset({action.spec.name})
    case = Case(scope=scope, alerts=scope.alerts, evidence=(make_logs(scope), *changes), known_actions=known)

    (found,) = FAULTY_COMMIT.match(case)
    (suggestion,) = found.suggestions
    given = action.validate(suggestion.target, suggestion.parameters)
    plan = plan_action(action, suggestion.target, given, await action.dry_run(suggestion.target, given))
    result = await action.execute(plan, KEY)

    assert found.confidence == 0.9
    assert result.outcome is Outcome.DONE, result.detail
    branch, title, body = rig.read_opened()
    assert title == 'Revert "Speed up totals (#7)"'
    assert f"Incident {scope.incident_id}: " in body
    assert rig.fake.history.find(branch).tree[CODE] == rig.fake.history.commits[rig.shop.early].tree[CODE]
