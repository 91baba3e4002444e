"""Card numbers are hidden however they are grouped, and other long numbers are read."""

import pytest

from fermata.kit.redaction import redact, redact_named

VISA = "4111" + "1111" * 3


def _group(number, sign=" ", *sizes):
    parts, start = [], 0
    for size in sizes or (4, 4, 4, 4, 3):
        parts.append(number[start : start + size])
        start += size
    return sign.join(part for part in parts if part)


@pytest.mark.parametrize(
    "number",
    [
        VISA,
        "5555" + "5555" * 2 + "4444",
        "2223" + "0031" + "2200" + "3222",
        "3782" + "822463" + "10005",
        "6011" + "1111" * 2 + "1117",
        "3530" + "1113" + "3330" + "0000",
        "3056" + "930902" + "5904",
        "3852" + "000002" + "3237",
        "6200" + "0000" * 2 + "0005",
        "6759" + "6498" + "2643" + "8453",
    ],
)
def test_number_of_each_issuer_is_hidden(number):
    """Visa, Mastercard old and new, American Express, Discover, JCB, Diners Club, UnionPay, Maestro."""
    cleaned = redact(f"customer {number} was charged twice")

    assert number not in cleaned.text
    assert cleaned.text.startswith("customer [redacted:card:")
    assert cleaned.count == 1


@pytest.mark.parametrize(
    "text",
    [
        VISA,
        _group(VISA),
        f"card {_group(VISA)}.",
        f"card {_group(VISA, '-')}, please look",
        f"{_group(VISA, '.')} is his card",
        f"{_group(VISA)} 12/27 123",
        f"{_group(VISA)} 1227",
        f"{VISA}/12/27",
        f"amex {_group('37828224' + '6310005', ' ', 4, 6, 5)}",
        f"diners {_group('3056930902' + '5904', '-', 4, 6, 4)}",
        f'{{"pan": {VISA}, "exp": "12/27"}}',
        f'{{"number":"{VISA}"}}',
        f"alice,{VISA},12/27",
        f"17,{VISA},12/27",
        f"GET /v1/cards/{VISA} 200",
        f"order_id=17 card={VISA}",
        f"order id {_group(VISA)}",
    ],
)
def test_number_is_hidden_wherever_it_stands(text):
    """Alone, in groups, before the date it is good to, in JSON, in CSV, in a path of cards."""
    cleaned = redact(text).text

    assert "1111" not in cleaned
    assert "6310005" not in cleaned
    assert "5904" not in cleaned
    assert redact(cleaned).text == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "card " + VISA[:-1] + "2",
        "order 1111111111111117",
        "order 4111111111111",
        f"trace_id={VISA}",
        f"traceId: {VISA}",
        f'"offset": {VISA}',
        f"duration_ns {VISA}",
        f'"startTimeUnixNano":"{VISA}"',
        f"shop_orders_total {VISA}",
        f"uptime={VISA}",
        f"ts {VISA}",
        f"blk_{VISA}",
        f"sha256:{VISA}",
        f"0.{VISA}",
        f"{VISA}.5 s",
        f"{VISA}e3",
        f"/orders/{VISA}/items",
        f"a1b2-{VISA}",
        f"{VISA}-0001",
        f"00000010: 00ff {_group(VISA)} 6f72",
        f"00000010: {_group(VISA)} 6f72 6c64",
        f"row 1200 {_group(VISA)}",
        f"{_group(VISA)} 5021 1800",
        "2026-11-27 1764259200000",
        "1748266814.000200",
        "imei 356938035643809",
        "+49 4111 111111",
        "10.4.11.11",
    ],
)
def test_other_numbers_stay(text):
    """A wrong check digit, no issuer's, ids, moments, offsets, digests, fractions, rows of figures."""
    assert redact(text).text == text


def test_field_that_is_named_as_an_id_stays():
    """Where a name says what a number is, the number is not guessed at."""
    assert redact_named("dd.trace_id", VISA).text == VISA
    assert redact_named("number", VISA).count == 1
