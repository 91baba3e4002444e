"""What is kept of a stack: its exception, and where the program's own code failed."""

import pytest
from tests.unit.rules.condense.test_scoring import around, rank


@pytest.mark.parametrize(
    ("stack", "own"),
    [
        (
            [
                "ERROR 1 --- [exec-7] c.s.Orders : request failed",
                "",
                "java.lang.NullPointerException: basket is null",
                "\tat java.base/java.util.Objects.requireNonNull(Objects.java:235)",
                "\tat org.springframework.aop.Proxy.invoke(Proxy.java:9)",
                "\tat com.shop.pricing.Price.total(Price.java:41)",
                "\tat com.shop.web.Orders.place(Orders.java:7)",
            ],
            5,
        ),
        (
            [
                "thread 'main' (7) panicked at /rustc/59807616/library/core/src/option.rs:9:5:",
                "stack backtrace:",
                "   0: core::panicking::panic_fmt",
                "             at /rustc/59807616/library/core/src/panicking.rs:80:14",
                "   1: quotes::pricing::total",
                "             at ./src/pricing.rs:2:5",
            ],
            5,
        ),
    ],
)
def test_frame_in_the_programs_own_code_is_kept_with_its_exception(stack, own):
    """It says where to look; those of frameworks do not. A blank line tells nothing."""
    ranked = rank(around(*(line for _ in range(20) for line in stack)))

    place = next(candidate for candidate in ranked if candidate.why == "where it failed")
    assert place.line == 200 + own
    assert all(candidate.raw.strip() for candidate in ranked)


def test_frame_below_another_record_is_not_the_exceptions_own():
    """What was logged in between belongs to nobody's stack."""
    ranked = rank(around("ERROR a.b.Failed: no frames", "INFO next", "  at com.shop.Price.total(Price.java:41)"))

    assert "where it failed" not in [candidate.why for candidate in ranked]
