"""Text from outside in Markdown: readable where it is words, code where it could be more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.kit.markdown import write_address, write_anchor, write_fence, write_inline


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("checkout ran out of memory, again.", "checkout ran out of memory, again."),
        ("ask @ops now", "ask `@ops` now"),
        ("see #12 and !34", "see `#12` and `!34`"),
        ("fixed in GH-5: yes", "fixed in `GH-5`: yes"),
        ("commit 0123abc broke it", "commit `0123abc` broke it"),
        ("![x](https://evil.example/?q=1)", "`![x](https://evil.example/?q=1)`"),
        ("www.evil.example", "`www.evil.example`"),
        ("<img src=x> <b>bold</b>", "`<img src=x> <b>bold</b>`"),
        ("/approve 0123456789abcdef", "`/approve 0123456789abcdef`"),
        ("from 100 % to 4.5 %; lowest (0 %).", "from 100 % to 4.5 %; lowest (0 %)."),
        ("1. first", "`1`. first"),
        (
            "ended with exit code 1. Why (exit code 12) is not known",
            "ended with exit code 1. Why (exit code 12) is not known",
        ),
        ("on a:b/c (image=1), since", "on `a:b/c (image=1)`, since"),
        ("at 12:30:01.5Z); it", "at `12:30:01.5Z`); it"),
        ("- item", "`-` item"),
        ('page: "Resolved - all sent."', 'page: "Resolved - all sent."'),
        ("its log says 'MemoryError'.", "its log says 'MemoryError'."),
        ('see "GH-5", "0123abc"', 'see `"GH-5", "0123abc"`'),
        ("a `b` c", "a `b` c"),
        ("logs: `Pool-1 - is full`, (`@here`) now", "logs: `Pool-1 - is full`, (`@here`) now"),
        ("a ``b` c", "a ``` ``b` ``` c"),
        (":tada: done", "`:tada:` done"),
        ("__init__ *now*", "`__init__ *now*`"),
        ("one\ntwo", "one<br>two"),
        ("zero\u200bwidth", r"`zero\u200bwidth`"),
        ("limit_bytes=1  two", "`limit_bytes=1` two"),
        ("a=1  b=2", "`a=1  b=2`"),
        ("for faulty_commit: 900cdb6970 is", "for `faulty_commit`: `900cdb6970` is"),
        ("f054ed26: git.revert_commit on it", "`f054ed26`: `git.revert_commit` on it"),
        ("it reads refund_ref. Then #12. Is it foo_bar?", "it reads `refund_ref`. Then `#12`. Is it `foo_bar`?"),
        ("is it `a b`? At 12:30:01. And then foo_bar...", "is it `a b`? At `12:30:01`. And then `foo_bar`..."),
        ("in shop/. and ..", "in `shop/.` and `..`"),
        ("", ""),
    ],
)
def test_words_stay_words_and_the_rest_is_code(text, written):
    """What a forge would act on stands in code; what is only words is read as words."""
    assert write_inline(text) == written


@given(st.text(alphabet="ab\"'`@#!/<>[]()*_~|\\ \t:.-1", max_size=60))
def test_outside_of_code_stands_nothing_that_a_forge_acts_on(text):
    """Whatever is given, what is left outside of code holds no character that means something to Markdown."""
    outside = "".join(part for part in _split_outside(write_inline(text)))

    assert not set(outside) & set("`@#!/<>[]*_~|\\")


@given(st.text(max_size=200))
def test_fence_is_closed_by_its_own_end_only(text):
    """No line within is a fence of that length or longer."""
    first, *lines, last = write_fence(text, "diff").split("\n")

    assert first == f"{last}diff"
    assert set(last) == {"`"}
    assert all(last not in line for line in lines)


def _split_outside(markdown):
    """Yield what stands outside of spans of code, by CommonMark's rule: a span ends at a run of the same length."""
    rest = markdown.replace("<br>", " ")
    while rest:
        before, tick, after = rest.partition("`")
        yield before
        if not tick:
            return
        run = len(tick + after) - len((tick + after).lstrip("`"))
        content = (tick + after)[run:]
        end = _find_run(content, run)
        if end < 0:
            yield "`"
            return
        rest = content[end + run :]


def _find_run(text, length):
    """Return where a run of exactly so many backticks begins, or -1."""
    at = 0
    while at < len(text):
        if text[at] == "`":
            run = len(text[at:]) - len(text[at:].lstrip("`"))
            if run == length:
                return at
            at += run
        else:
            at += 1
    return -1


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://chat.example/p1?a=b#c", "https://chat.example/p1?a=b#c"),
        ("https://chat.example/a (b)", "https://chat.example/a%20%28b%29"),
        ("javascript:alert(1)", ""),
        ("//evil.example", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_targets(url, written):
    """And nothing in one ends the link before its end."""
    assert write_address(url) == written


def test_anchor_holds_nothing_that_could_leave_its_attribute():
    """Ids come from outside."""
    assert write_anchor('slack:C1/1.2"><b>') == "src-slack_C1_1.2___b_"
