import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from fermata.rules.ticks import BoxKind
from fermata.web.markdown import render_markdown

DRAFT = """---
case: "inc-1"
---

# Post-mortem: Checkout

> A draft.

**Began 12:00 UTC.** Then *more* of `x < y`.

## Timeline

| UTC | who | what |
|---|---|---|
| 12:00:00 | ana | a \\| b |
| 12:01:00 | bob | **down** |

## What went well

<!-- For people: what helped? -->

- one
  goes on
- two
1. three

---

```
<b>code</b>
```

<details>
<summary>1 message</summary>

- [ ] said <!-- keep m1 -->
- [x] done

</details>
"""


def test_what_a_draft_uses_is_shown():
    """Headings, tables, lists, emphasis, folds, code, and what the template tells people; the front matter is not."""
    html = render_markdown(DRAFT)

    assert "case:" not in html
    assert "<h1>Post-mortem: Checkout</h1>" in html
    assert "<blockquote>A draft.</blockquote>" in html
    assert "<strong>Began 12:00 UTC.</strong> Then <em>more</em> of <code>x &lt; y</code>." in html
    assert '<th scope="col">who</th>' in html
    assert '<td class="clock">12:00:00</td><td>ana</td><td>a | b</td>' in html
    assert '<p class="hint">For people: what helped?</p>' in html
    assert "<li>one goes on</li><li>two</li><li>three</li>" in html
    assert "<hr>" in html
    assert "<code>&lt;b&gt;code&lt;/b&gt;</code>" in html
    assert re.search(r"<details [^>]*>\n<summary>1 message</summary>", html)
    assert html.endswith("</details>")


def test_boxes_are_shown_with_what_can_be_done():
    """The comment that names a message is not shown; what is beside the line comes from whoever shows the page."""
    html = render_markdown(
        "## Actions\n\n- [ ] add it\n- [x] said <!-- keep m1 -->\n", None, lambda box: Markup("{}").format(box.id)
    )

    assert "<span>add it</span> own-" in html
    assert "<span>said</span> m1" in html
    assert "keep" not in html
    assert html.count("\u2610") == html.count("\u2611") == 1
    assert BoxKind.KEEP.value not in html


def test_links_are_web_addresses_or_places_on_the_page():
    """Anything else stays the text it is; a source is shown by whoever knows it."""
    html = render_markdown(
        "[a](https://x.example/?a=1&b=2) [b](#src-m1) [c](javascript:alert(1)) [d](//evil) ![p](plots/x.svg) [m](#m)",
        lambda url, label, is_row: Markup("<i>{}</i>").format(label) if url == "#m" and not is_row else None,
    )

    assert '<a href="https://x.example/?a=1&amp;b=2" rel="noreferrer noopener">a</a>' in html
    assert '<a href="#src-m1">b</a>' in html
    assert "[c](javascript:alert(1)" in html
    assert "[d](//evil)" in html
    assert "<img" not in html
    assert "<i>m</i>" in html


def test_address_with_brackets_is_read_to_its_end():
    """In pairs, as CommonMark has it: dashboards' addresses are full of them; what does not close is text."""
    html = render_markdown(
        "[k](https://k.example/d?_g=(time:(from:now))&_a=1) [w](https://w.example/a_(b)), [o](https://x.y/(z"
    )

    assert '<a href="https://k.example/d?_g=(time:(from:now))&amp;_a=1" rel="noreferrer noopener">k</a> ' in html
    assert '<a href="https://w.example/a_(b)" rel="noreferrer noopener">w</a>, [o](https://x.y/(z' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "**<b>**",
        "`<b>`",
        "| <b> |\n|---|\n| <b> |",
        "# <b>",
        "- <b>",
        "> <b>",
        "<details>\n<summary><b></summary>\n</details>",
        "<summary><b></summary>",
        "<!-- <b> -->",
        '[<b>](https://x.example/"onclick="x)',
        '<a id="x" onclick="y"></a>',
    ],
)
def test_nothing_that_people_wrote_is_markup(text):
    """Others read it: every character of theirs is escaped, wherever it stands."""
    html = render_markdown(text)

    assert not re.search(r"<(?:script|img|b|a id)\b", html)
    assert not re.search(r'"\s*onclick=', html)


@pytest.mark.parametrize(
    "text", ["<details>\nopen", "```\nopen", "</details>", "| a", "<details>", "**a", "[a](", "`a"]
)
def test_what_never_ends_is_ended(text):
    """Half a document is still a page."""
    html = render_markdown(text)

    assert html.count("<details") == html.count("</details>")
    assert html.count("<pre") == html.count("</pre>")


def test_characters_that_are_not_seen_are_shown():
    """No line reads otherwise than it stands."""
    assert "\u27e8U+202E\u27e9" in render_markdown("a\u202eb")


def test_emphasis_ends_somewhere():
    """What is nested deeper than anybody writes is text."""
    assert render_markdown("**a *b* c**") == '<div class="paragraph"><strong>a <em>b</em> c</strong></div>'
    assert render_markdown("a\\*b\\*") == '<div class="paragraph">a*b*</div>'


@settings(deadline=None)
@given(st.text(st.sampled_from("ab <>[]()*`|\\-#!\n&\"'"), max_size=60))
def test_any_text_is_a_page_of_its_own(text):
    """Whatever is typed, elements are closed in order, and only those that this page knows."""
    html = render_markdown(text)

    tags = re.findall(r"<(/?)([a-z0-9]+)", html)
    stack = []
    for closes, name in tags:
        if name in ("br", "hr"):
            continue
        if closes:
            assert stack.pop() == name
        else:
            stack.append(name)
    assert stack == []


def test_run_of_backticks_is_text_at_once():
    """Tried from each of its marks it took minutes: somebody's message must not hold the server up."""
    assert render_markdown("x " + "`" * 20_000).count("`") == 20_000


@pytest.mark.parametrize(
    "text",
    [
        "[a](" * 40_000,
        "![" * 40_000,
        "![](" * 40_000,
        "# a" + " " * 40_000 + "x",
        "<!--" + " " * 4_000 + "x",
        "a|b\n|---" + " " * 40_000 + "x|",
    ],
    ids=["links", "images", "addresses", "heading", "hint", "divider"],
)
def test_long_line_takes_time_that_grows_with_it(text):
    """And not with its square or its cube, for which the server answered nobody: a tenth of a second, not many."""
    started = time.process_time()
    render_markdown(text)
    assert time.process_time() - started < 2


def test_heading_is_closed_by_marks_or_by_none():
    """What is cut off is what was cut off before: marks and blanks at the end, and nothing between words."""
    assert render_markdown("## a # b ##  ") == "<h2>a # b</h2>"
    assert render_markdown("<!--  say who  -->") == render_markdown("<!-- say who -->")
