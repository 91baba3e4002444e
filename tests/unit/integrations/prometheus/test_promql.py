"""Taking an alert's expression apart: what is measured, and what it is compared with."""

import time
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.integrations.prometheus.promql import (
    LONGEST_EXPRESSION,
    Condition,
    find_expression,
    split_condition,
)


@pytest.mark.parametrize(
    ("url", "expression"),
    [
        ("http://vm:19090/graph?g0.expr=service_error_ratio+%3E+0.05&g0.tab=1", "service_error_ratio > 0.05"),
        ("https://x/prometheus/query?g0.expr=up%7Bjob%3D%22a%22%7D+%3D%3D+0", 'up{job="a"} == 0'),
        ("http://vm:9090/graph?g0.tab=1", ""),
        ("https://grafana.example.invalid/alerting/grafana/x/view?orgId=1", ""),
        ("", ""),
        ("not a url", ""),
        ("http://[broken/graph?g0.expr=up", ""),
        ("http://x/?" + "&".join(["a=1"] * 200), ""),
        ("http://x/?" + urlencode({"g0.expr": "a" * (LONGEST_EXPRESSION + 1)}), ""),
    ],
)
def test_expression_is_found_in_the_generator_url(url, expression):
    """The link Prometheus writes holds the rule's expression; other links, and absurd ones, hold none."""
    assert find_expression(url) == expression


@pytest.mark.parametrize(
    ("expression", "value", "operator", "threshold"),
    [
        ("up == 0", "up", "==", "0"),
        ("rate(errors[5m]) > 0.1", "rate(errors[5m])", ">", "0.1"),
        ("a / b >= 1e-3", "a / b", ">=", "1e-3"),
        ("a < -5", "a", "<", "-5"),
        ("latency > +Inf", "latency", ">", "+Inf"),
        ("a > bool 1", "a", ">", "1"),
        ("0.05 < a / b", "a / b", ">", "0.05"),
        ("5 >= bool a", "a", "<=", "5"),
        ("(a > 5)", "a", ">", "5"),
        ("((a / b)) > (5)", "a / b", ">", "5"),
        ("(a) / (b) != 1", "(a) / (b)", "!=", "1"),
        ("time() - start_time < 600", "time() - start_time", "<", "600"),
        ("sum by (or) (a) > 2", "sum by (or) (a)", ">", "2"),
    ],
)
def test_comparison_with_a_number_is_taken_off(expression, value, operator, threshold):
    """What is left has a value whether or not the alert fires; the number becomes the limit, told from its side."""
    assert split_condition(expression) == Condition(value, operator, threshold)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('x{a!="1",b=~">5"} > 3', 'x{a!="1",b=~">5"}'),
        ("x{a='it\\'s > 5'} > 3", "x{a='it\\'s > 5'}"),
        ("x{a=`> \\`} > 3", "x{a=`> \\`}"),
        ("min_over_time((a > 5)[5m:1m]) > 3", "min_over_time((a > 5)[5m:1m])"),
        ("count(up == 0) > 3", "count(up == 0)"),
        ("a # or b > 5\n> 3", "a # or b > 5"),
    ],
)
def test_operators_inside_brackets_strings_and_comments_do_not_count(expression, value):
    """Only what stands outside compares the alert's value."""
    assert split_condition(expression) == Condition(value, ">", "3")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a > b", "a"),
        ("a > on (pod) group_left b", "a"),
        ("a > b > 3", "a"),
        ("a >= 1 # comment", "a"),
    ],
)
def test_comparison_with_something_else_has_no_limit_to_tell(expression, value):
    """The left side is the alert's value; what it is compared with moves as well."""
    assert split_condition(expression) == Condition(value)


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("a > 1 and b > 2", Condition("a", ">", "1")),
        ("a > 1 AND on (x) b > 2", Condition("a", ">", "1")),
        ("(a > 1 and b) unless c", Condition("a", ">", "1")),
        ("a unless b", Condition("a")),
    ],
)
def test_first_operand_of_and_and_unless_is_the_alert(expression, condition):
    """`and` and `unless` let through series of their left side, with its values."""
    assert split_condition(expression) == condition


@pytest.mark.parametrize(
    "expression",
    [
        "a > 1 or b > 2",
        "a and b or c",
        "absent(up)",
        "a > (",
        "a) > 3",
        "a] > 3",
        'a{b="} > 3',
        "> 3",
        "and > 3",
        "a >",
        "a > bool",
        "",
    ],
)
def test_what_is_not_sure_is_left_whole(expression):
    """Two values, no comparison, or no valid expression: asked as it stands, and Prometheus decides."""
    assert split_condition(expression) == Condition(expression)


def test_deep_nesting_is_given_up_not_followed():
    """A rule nests two or three brackets; what nests more is asked as far as it was taken apart."""
    expression = "a > 1"
    for _ in range(20):
        expression = f"({expression}) and b"

    assert split_condition(expression).value == "(" * 12 + "a > 1" + ") and b" * 12


@given(st.text(alphabet="a(){}[]\"'`\\<>=!#\n 5andorbol", max_size=60))
def test_any_text_gives_a_part_of_itself(text):
    """Whatever a rule holds, nothing is made up and nothing is raised."""
    condition = split_condition(text)

    assert condition.value in text
    assert condition.threshold in text
    assert bool(condition.operator) == bool(condition.threshold)


@pytest.mark.parametrize("unit", ["(", "((a and b)", "a>", '"', "'\\", "<", "#\n", "{["])
def test_longest_expression_is_split_at_once(unit):
    """An alert comes from outside: no expression that is accepted keeps the processor busy."""
    expression = (unit * LONGEST_EXPRESSION)[:LONGEST_EXPRESSION]

    started = time.process_time()
    split_condition(expression)

    # Measured 0.06 s; quadratic work would take tens of seconds.
    assert time.process_time() - started < 2
