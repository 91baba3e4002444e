from decimal import Decimal

import pytest

from fermata.domain.model import Usage
from fermata.rules.pricing import FREE, Price, Rate, believe_usage, compute_cost, compute_worst

# US dollars per million: 3 in, 15 out, 0.30 cached, 3.75 written.
SONNET = Price((Rate(Decimal(3), Decimal(15), Decimal("0.30"), Decimal("3.75")),))
PLAIN = Price((Rate(Decimal("0.5"), Decimal("1.5")),))
# Twice the price for the whole of a prompt over 200,000 tokens.
LONG = Price((
    Rate(Decimal(3), Decimal(15), Decimal("0.30"), Decimal("3.75")),
    Rate(Decimal(6), Decimal("22.5"), Decimal("0.60"), Decimal("7.50"), above_tokens=200_000),
))  # fmt: skip
THREE = Price((
    Rate(Decimal(1), Decimal(2)),
    Rate(Decimal(2), Decimal(4), above_tokens=32_000),
    Rate(Decimal(4), Decimal(8), above_tokens=128_000),
))  # fmt: skip
BULK = Price((
    Rate(Decimal(4), Decimal(10)),
    Rate(Decimal(1), Decimal(5), above_tokens=1_000),
))  # fmt: skip


@pytest.mark.parametrize(
    ("price", "usage", "expected"),
    [
        # Input and output alone.
        (SONNET, (0, 0, 0, 0), "0"),
        (SONNET, (1, 0, 0, 0), "0.000003"),
        (SONNET, (0, 0, 0, 1), "0.000015"),
        (SONNET, (1_000_000, 0, 0, 0), "3"),
        (SONNET, (1000, 0, 0, 500), "0.0105"),
        (PLAIN, (1000, 0, 0, 500), "0.00125"),
        (PLAIN, (7, 0, 0, 3), "0.000008"),
        (PLAIN, (1, 0, 0, 0), "0.0000005"),
        (FREE, (123_456, 5, 5, 789), "0"),
        # Cached parts are read at a tenth, and paid once.
        (SONNET, (1000, 1000, 0, 0), "0.0003"),
        (SONNET, (1000, 400, 0, 0), "0.00192"),
        (SONNET, (1000, 400, 0, 100), "0.00342"),
        (SONNET, (10_000, 9_000, 0, 1_000), "0.0207"),
        # Written parts are dearer, and paid once: not as input and as written.
        (SONNET, (1000, 0, 1000, 0), "0.00375"),
        (SONNET, (1000, 0, 400, 0), "0.0033"),
        (SONNET, (15_000, 0, 14_000, 500), "0.063"),
        (SONNET, (1000, 300, 200, 50), "0.00309"),
        (SONNET, (20_000, 18_000, 1_500, 700), "0.023025"),
        # A price list without prices for the cache: as other input.
        (PLAIN, (1000, 400, 0, 0), "0.0005"),
        (PLAIN, (1000, 0, 400, 0), "0.0005"),
        (PLAIN, (1000, 300, 200, 0), "0.0005"),
        # A provider that counts more cached tokens than input: the larger number.
        (SONNET, (100, 200, 0, 0), "0.00006"),
        (SONNET, (100, 0, 200, 0), "0.00075"),
        # Long prompts: the dearer rate holds for the whole of them, from one token above.
        (LONG, (200_000, 0, 0, 0), "0.6"),
        (LONG, (200_001, 0, 0, 0), "1.200006"),
        (LONG, (200_000, 0, 0, 1000), "0.615"),
        (LONG, (200_001, 0, 0, 1000), "1.222506"),
        (LONG, (300_000, 200_000, 0, 0), "0.72"),
        (LONG, (300_000, 0, 100_000, 0), "1.95"),
        (LONG, (199_999, 199_999, 0, 0), "0.0599997"),
        (LONG, (250_000, 100_000, 50_000, 2_000), "1.08"),
        (THREE, (32_000, 0, 0, 0), "0.032"),
        (THREE, (32_001, 0, 0, 0), "0.064002"),
        (THREE, (128_000, 0, 0, 1), "0.256004"),
        (THREE, (128_001, 0, 0, 1), "0.512012"),
        # No float anywhere: a million calls of a third of a micro-dollar.
        (Price((Rate(Decimal("0.1"), Decimal("0.4")),)), (3, 0, 0, 0), "0.0000003"),
        (Price((Rate(Decimal("0.075"), Decimal("0.3")),)), (1, 0, 0, 1), "0.000000375"),
        (Price((Rate(Decimal("1.1"), Decimal("4.4")),)), (3, 0, 0, 7), "0.0000341"),
        (Price((Rate(Decimal("0.15"), Decimal("0.6"), Decimal("0.0375")),)), (9_999, 4_096, 0, 333), "0.00123885"),
        (Price((Rate(Decimal("2.5"), Decimal(10), Decimal("1.25")),)), (1, 1, 0, 1), "0.00001125"),
    ],
)
def test_cost_is_exact(price, usage, expected):
    """Forty bills done by hand: cache reads, cache writes, long prompts, each token once."""
    total, cached, written, output = usage

    cost = compute_cost(
        price, Usage(input_tokens=total, cached_tokens=cached, cache_write_tokens=written, output_tokens=output)
    )

    assert cost == Decimal(expected)


@pytest.mark.parametrize(
    ("price", "tokens", "expected"),
    [
        (SONNET, (1000, 500), "0.01125"),
        (PLAIN, (1000, 500), "0.00125"),
        (LONG, (200_001, 0), "1.5000075"),
        (Price((Rate(Decimal(3), Decimal(15), cache_write_per_mtok=Decimal(1)),)), (1000, 0), "0.003"),
        (FREE, (1_000_000, 1_000_000), "0"),
        # A reader's price above the input's own, as a typing error makes it: still never too little.
        (Price((Rate(Decimal(3), Decimal(15), cached_per_mtok=Decimal(6)),)), (1000, 0), "0.006"),
        # Cheaper in bulk: a prompt of 1,000 tokens costs more than one of 1,001.
        (BULK, (1000, 10), "0.0041"),
        (BULK, (1001, 10), "0.0041"),
        (BULK, (9000, 10), "0.00905"),
    ],
)
def test_reservation_is_the_dearest_way(price, tokens, expected):
    """All of the input at its dearest kind and rate, the longest answer."""
    assert compute_worst(price, *tokens) == Decimal(expected)


@pytest.mark.parametrize("price", [SONNET, PLAIN, LONG, THREE, BULK, FREE])
@pytest.mark.parametrize("estimate", [1, 999, 1_000, 1_001, 32_001, 200_000, 200_001, 250_000])
def test_no_bill_is_above_its_reservation(price, estimate):
    """However much shorter the input is than its estimate, and however it falls into parts."""
    worst = compute_worst(price, estimate, 2_000)

    for count in {0, 1, estimate // 3, min(estimate, 1_000), min(estimate, 200_000), estimate}:
        for cached, written in ((0, 0), (count, 0), (0, count), (count // 2, count - count // 2)):
            usage = Usage(input_tokens=count, cached_tokens=cached, cache_write_tokens=written, output_tokens=2_000)
            assert compute_cost(price, usage) <= worst


def believe(told, said_bytes=0, reckoned=(900, 500)):
    """Give what is believed of (input, cached, written, output) told for a prompt of 900 tokens."""
    names = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens")
    usage = Usage(**dict(zip(names, told, strict=True)))
    return usage, believe_usage(usage, input_tokens=reckoned[0], output_tokens=reckoned[1], said_bytes=said_bytes)


@pytest.mark.parametrize(
    ("told", "said_bytes"),
    [
        ((880, 0, 0, 120), 480),
        ((100, 0, 0, 0), 0),
        ((10, 80, 20, 120), 480),
        ((7600, 7600, 7600, 6000), 0),
        ((900, 0, 0, 2), 33),
        ((900, 0, 0, 9000), 9000),
        ((1, 0, 0, 1), 1),
    ],
)
def test_usage_that_can_be_true_is_believed(told, said_bytes):
    """Vocabularies differ, providers add words of their own, and models think: the bounds are wide."""
    usage, believed = believe(told, said_bytes, (900, 500) if told[0] > 1 else (50, 500))

    assert (believed.usage, believed.doubt) == (usage, "")


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ((10**12, 0, 0, 120), (7600, 0, 0, 120)),
        ((900, 10**12, 0, 120), (900, 7600, 0, 120)),
        ((900, 0, 10**12, 120), (900, 0, 7600, 120)),
        ((900, 0, 0, 10**12), (900, 0, 0, 6000)),
    ],
)
def test_usage_that_is_too_much_counts_as_the_most_it_can_be(told, counted):
    """One nonsense figure does not end a month's budget, and what was told is written down."""
    _, believed = believe(told)

    usage = believed.usage
    assert (usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens, usage.output_tokens) == counted
    assert "1,000,000,000,000" in believed.doubt
    assert "900 and at most 500 were reckoned with: counted as the most it can be" in believed.doubt


@pytest.mark.parametrize(
    ("told", "said_bytes"),
    [
        ((99, 0, 0, 120), 0),
        ((10, 60, 29, 120), 0),
        ((-1, 900, 0, 120), 0),
        ((0, 0, 0, 120), 0),
        ((-(10**12), 0, 0, 120), 0),
        ((900, 0, 0, 1), 33),
        ((900, 0, 0, -5), 0),
        ((900, -5, 0, 5), 0),
        ((900, 0, -5, 5), 0),
    ],
)
def test_usage_that_is_too_little_says_nothing(told, said_bytes):
    """A figure below what was sent or said, or below nothing, would fill a used-up budget again."""
    _, believed = believe(told, said_bytes)

    assert believed.usage is None
    assert believed.doubt.endswith("too few")
