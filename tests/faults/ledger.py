"""A provider with a till of its own, a gateway in front of it, and the rows that ledger and till must agree on.

The till counts in whole units of 1e-12 dollars, by its own formula: it shares none with what it is compared to.
"""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

from fermata.domain.model import AttemptOutcome, ModelRequest, TaskKind, Usage
from fermata.kit.errors import GuardRefused
from fermata.models.gateway import Gateway
from fermata.models.settings import ModelSettings
from fermata.ports.model import NoModelAnswered
from fermata.rules.condense.tokens import count_tokens
from fermata.testing.providers import FakeAnthropic, FakeOpenAi, Script
from fermata.testing.web_server import Answer

PRICE = {"input_per_mtok": "3.1", "output_per_mtok": "15.7", "cached_per_mtok": "0.31"}
_PICO_PER_TOKEN = {"plain": 3_100_000, "cached": 310_000, "output": 15_700_000}
_PICO = Decimal(10) ** 12
ANSWER_TOKENS = 200
# A busy machine is no slow provider.
DEADLINES = {"first_byte_s": 60, "stall_s": 60, "answer_s": 120, "wait_s": 0}


@dataclass
class Till:
    """What one provider billed, call by call, whether or not the answer was ever seen."""

    fake: FakeOpenAi | FakeAnthropic
    spends_all: bool = True
    """Every answer is as long as it may be; otherwise as long as the call's number says, with some of it cached."""
    delay_s: float = 0.0
    """Answers of odd calls come so much later: at any instant some are under way."""
    on_bill: object = None
    """Called with how many were billed so far."""
    bills: list = field(default_factory=list)
    """Pairs of a call's name and the pico-dollars it was billed."""

    def __call__(self, request):
        """Count the request's tokens, bill them, answer."""
        if request.method == "GET":
            return self.fake(request)
        body = request.read()
        name = find_name(body)
        number = int(name.rpartition("-")[2])
        most = body.get("max_tokens") or body.get("max_completion_tokens")
        count = count_tokens(str(body["messages"]))
        usage = Usage(
            input_tokens=count,
            cached_tokens=0 if self.spends_all else count * (number % 4) // 4,
            output_tokens=most if self.spends_all else 1 + number * 37 % most,
        )
        self.fake.script.usage = usage
        answer = self.fake(request)
        billed = self.fake.script.hits[-1].usage
        self.bills.append((name, count_pico(billed)))
        if self.on_bill is not None:
            self.on_bill(len(self.bills))
        late = self.delay_s if number % 2 else 0.0
        return Answer(answer.body, answer.status, answer.headers, answer.fault, late)

    @property
    def total_usd(self):
        """The server's own sum."""
        return sum_usd(self.bills)


def count_pico(usage):
    """Give what a call costs there, in 1e-12 dollars: whole numbers only."""
    plain = usage.input_tokens - usage.cached_tokens
    parts = {"plain": plain, "cached": usage.cached_tokens, "output": usage.output_tokens}
    return sum(_PICO_PER_TOKEN[name] * tokens for name, tokens in parts.items())


def sum_usd(bills):
    """Give the sum of bills in dollars."""
    return Decimal(sum(pico for _, pico in bills)) / _PICO


def find_name(body):
    """Give the name of the call a request belongs to: the first word of its last message."""
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[0]["text"]
    return text.split(" ", 1)[0]


def make_till(make=FakeOpenAi, **how):
    """Give a provider with a till."""
    return Till(make(Script(say="It was killed for its memory.")), **how)


def make_target(url, model="dear", **more):
    """Give the settings of a target that costs money."""
    return {"base_url": url, "model": model, "price": PRICE, "tier": "high", **more}


def build_gateway(targets, book, clock, *, deadlines=DEADLINES, **settings):
    """Give the real gateway over some targets."""
    whole = {"targets": targets, "deadlines": dict.fromkeys(("low", "medium", "high"), deadlines), **settings}
    return Gateway(ModelSettings.model_validate(whole), book, clock)


def make_request(name, **changes):
    """Give a request whose row and whose bill bear the same name."""
    values = {
        "kind": TaskKind.DIAGNOSE,
        "prompt_name": "diagnose",
        "prompt_digest": name,
        "instructions": "Say what is wrong.",
        "content": f"{name} checkout was killed at 12:00",
        "max_output_tokens": ANSWER_TOKENS,
    }
    return ModelRequest(**values | changes)


async def ask_all(gateway, names, **changes):
    """Ask all at once; give the answers and the refusals."""
    requests = [make_request(name, **changes) for name in names]
    done = await asyncio.gather(*(gateway.ask(request) for request in requests), return_exceptions=True)
    refused = [each for each in done if isinstance(each, GuardRefused | NoModelAnswered)]
    answers = [each for each in done if not isinstance(each, BaseException)]
    assert len(refused) + len(answers) == len(done), [each for each in done if isinstance(each, BaseException)]
    return answers, refused


async def read_rows(store, clock_now):
    """Give every row of the ledger up to an instant, and the ids of those that are open."""
    from datetime import UTC, datetime, timedelta

    end = clock_now + timedelta(days=400)

    def work(transaction):
        rows = transaction.spending.list_attempts(datetime(2000, 1, 1, tzinfo=UTC), end)
        return rows, {row.id for row in transaction.spending.list_open(end, limit=10_000)}

    return await store.read(work)


def sum_rows(rows):
    """Give what rows of the ledger count."""
    return sum((row.cost_usd for row in rows), Decimal(0))


def pick(rows, outcome=AttemptOutcome.OK):
    """Give the rows with an outcome."""
    return [row for row in rows if row.outcome is outcome]
