"""Logs from a Loki that reads LogQL strictly."""

import asyncio

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogFacts
from fermata.kit.errors import OperationalError
from fermata.ports.handing import Handed, take_over
from fermata.testing.collector_contract import cut_off
from fermata.testing.loki import LokiStream
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer

SCOPE = make_scope("kubernetes:deployment/shop/checkout")


async def collect(system, scope=SCOPE):
    """Ask the one collector."""
    (collector,) = system.list_collectors()
    return await collector.collect(scope)


async def test_trouble_before_the_end_is_there_and_the_cut_is_told(make):
    """The newest lines, and further back those that speak of trouble, oldest first."""
    evidence = await collect(make())

    told = next(one for one in evidence if 'pod="checkout-0"' in one.title)
    texts = [line.text for line in told.lines]
    assert texts[0] == "ERROR cannot reach db-primary"
    assert texts[-1] == "GET /cart 599"
    assert len(texts) == 99
    assert told.kind is EvidenceKind.LOGS
    assert told.cut == (
        "all lines only from 2026-11-23T11:58:22.000Z on (the newest 100); before that those with a word of trouble"
    )
    assert told.query == (
        "logcli query '{app=\"checkout\", namespace=\"shop\"}' --from=2026-11-23T11:00:00.000Z "
        "--to=2026-11-23T12:00:01.000Z --limit=100"
    )  # fmt: skip
    facts = LogFacts.from_json(told.facts)
    assert (facts.stream, facts.total_lines, facts.oldest_at.minute) == ("stderr", 99, 10)
    assert [facts.seconds[0], facts.seconds[1], facts.seconds[-1]] == [0, 2902, 2999]
    assert len(facts.seconds) == 99


async def test_what_is_handed_over_is_what_is_returned(make):
    """To look for secrets in a thousand lines takes most of a second: it is done once."""
    handed = Handed()

    with take_over(handed):
        evidence = await collect(make())

    assert len(evidence) == len(handed.evidence) == 2
    assert all(one is other for one, other in zip(evidence, handed.evidence, strict=True))


async def test_entity_that_is_slow_costs_none_of_the_others(make, server):
    """What was answered by the deadline is there."""
    known = server.respond

    def respond(request):
        is_slow = 'cart"' in "".join(request.query.get("query", ()))
        return Answer({}, delay_s=60) if is_slow else known(request)

    server.respond = respond
    (collector,) = make().list_collectors()
    scope = make_scope("kubernetes:deployment/shop/cart", "kubernetes:deployment/shop/checkout")

    handed = await cut_off(collector, scope, 'lines of {app="cart", namespace="shop"}')

    assert [item.entity.name for item in handed.evidence] == ["checkout", "checkout"]


async def test_entry_of_several_lines_is_several_lines(make):
    """A traceback that an agent joined can be read and cited; colours and secrets are gone."""
    evidence = await collect(make())

    told = next(one for one in evidence if 'pod="checkout-1"' in one.title)
    assert [line.text for line in told.lines][:3] == [
        "Traceback (most recent call last):",
        '  File "a.py", line 3',
        "ValueError: bad",
    ]
    assert "hunter2secret" not in told.to_json().__str__()
    assert told.lines[-1].text.startswith("connecting to postgres://")
    assert told.redactions == 1


async def test_streams_with_trouble_come_first_and_too_many_are_told(make, loki):
    """Twelve streams are kept of an entity."""
    oldest = loki.streams[0].lines[0][0]
    loki.streams = [
        LokiStream({"app": "checkout", "pod": f"p{n}"}, [(oldest + n, "ERROR" if n == 3 else "fine")])
        for n in range(14)
    ]

    evidence = await collect(make())

    assert 'pod="p3"' in evidence[0].title
    assert "2 of 14 streams are left out" in evidence[0].cut
    assert len(evidence) == 12


async def test_neighbour_and_stranger_are_not_asked_for(make, loki):
    """Only streams of the scope's entities; nothing at all for a name Loki does not have."""
    await collect(make())

    assert all('app="checkout"' in query for query in loki.queries)
    assert list(await collect(make(), make_scope("service/nobody"))) == []


async def test_plain_end_is_all_when_errors_are_switched_off(make, loki):
    """`error_lines: 0` halves the calls, and the cut says what is then not there."""
    evidence = await collect(make(error_lines=0))

    assert len(loki.queries) == 1
    assert evidence[0].cut.endswith("(the newest 100)")


async def test_limit_on_both_questions_is_told(make, loki):
    """Lines of trouble may be cut as well."""
    start = loki.streams[0].lines[0][0]
    loki.streams = [LokiStream({"app": "checkout"}, [(start + n * 10**9, "ERROR x") for n in range(300)])]

    (evidence,) = await collect(make())

    assert "these only from" in evidence.cut


async def test_selector_that_loki_refuses_is_told_beside_the_others(make):
    """A mistake in the settings of one service does not take the logs of the other."""
    system = make(labels={"cart": "{app=cart}"})

    evidence = await collect(system, make_scope("service/checkout", "service/cart"))

    assert {one.entity.name for one in evidence} == {"checkout"}
    assert "parse error" in evidence[0].cut
    with pytest.raises(OperationalError, match="parse error"):
        await collect(system, make_scope("service/cart"))


async def test_tenant_and_login_are_sent(make, loki, server):
    """Without the tenant Loki says `no org id`, and the error names the setting."""
    loki.tenant = "shop"

    with pytest.raises(OperationalError, match=r"no org id.*loki\.tenant, sent as X-Scope-OrgID"):
        await collect(make())

    assert await collect(make(tenant="shop", username="me", password="p"))
    assert server.requests[-1].headers["authorization"].startswith("Basic ")


async def test_metrics_instead_of_lines_are_not_its_answer(make, server, loki):
    """A matrix has no lines to read."""
    matrix = {"status": "success", "data": {"resultType": "matrix", "result": []}}
    server.respond = lambda request: Answer(matrix) if request.path.endswith("query_range") else loki(request)

    with pytest.raises(OperationalError, match="not its API's"):
        await collect(make())


async def test_questions_go_at_once(make, server, loki):
    """Two entities with two questions each cost one round trip after the labels, not four."""
    waiting = 0
    most = 0

    async def respond(request):
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        for _ in range(20):
            await asyncio.sleep(0)
        waiting -= 1
        return loki(request)

    server.respond = respond

    await collect(make(), make_scope("service/checkout", "service/cart"))

    assert most >= 4
