"""Which call a line is about."""

import pytest

from fermata.rules.codefacts.files import make_file
from fermata.rules.codefacts.patterns import read_patterns
from fermata.rules.codefacts.selecting import AskedCall, find_mentions


def read(text, *callees, name="src/web/a.py"):
    """Give the facts and refusals that patterns find in one file of `web`."""
    calls = [AskedCall("web", callee) for callee in callees]
    return read_patterns([find_mentions(calls, [make_file(name, "web", text), make_file("o/b.py", "other", text)])])


@pytest.mark.parametrize(
    ("text", "callees", "call"),
    [
        ("adservice()\nget(timeout=2)\n", ("adservice", "cart"), "web->adservice"),
        ("adservice()\n\n\nget(timeout=2)\ncart()\n", ("adservice", "cart"), "web->cart"),
        ("adservice()\nget(timeout=2)\nbillingapi()\n", ("adservice", "billingapi"), None),
        ("adservice()" + "\n" * 40 + "get(timeout=2)", ("adservice", "cart"), "web->adservice"),
        ("adservice()" + "\n" * 40 + "get(timeout=2)" + "\n" * 40 + "billingapi()", ("adservice", "billingapi"), None),
        ("cart()" + "\n" * 5 + "get(timeout=2)", ("cart",), None),
        ("mongodb://x\nget(timeout=2)", ("mongo", "carts-db"), "web->mongo"),
        ("discovery()" + "\n" * 40 + "get(timeout=2)", ("discovery-server",), None),
    ],
)
def test_line_is_about_the_nearest_callee(text, callees, call):
    """As near to two it is about none, and a plain word counts only beside it."""
    facts, refused = read(text, *callees)

    assert [fact.call.id for fact in facts] == ([call] if call else [])
    assert [each.why for each in refused] == ([] if call else ["which call it is about cannot be told"])


def test_setting_is_about_what_is_close():
    """In a file of settings the next block is of something else."""
    text = "adservice:\n\n\n\n\n  timeout: 2s\n"

    assert read(text, "adservice", name="src/web/a.yml")[0] == []
    assert len(read(text, "adservice")[0]) == 1


def test_caller_names_nobody_by_its_own_name():
    """Nor by words that are everywhere; a variable that holds the address does."""
    files = [make_file("src/config/a.py", "config", "config()\nget(timeout=2)\n")]
    calls = [AskedCall("config", "config-server"), AskedCall("config", "db")]

    assert find_mentions(calls, files).files == ()

    named = AskedCall("config", "db", ("STORE_ADDR",))
    mentions = find_mentions([named], [make_file("src/config/a.py", "config", "get(env('STORE_ADDR'), timeout=2)")])
    facts, _ = read_patterns([mentions])
    assert (facts[0].call, facts[0].value, facts[0].where) == (named, 2000, "src/config/a.py:1")
