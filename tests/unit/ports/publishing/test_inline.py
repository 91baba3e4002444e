"""The middle of a line as runs."""

import pytest

from fermata.ports.publishing.inline import Run, parse_inline, read_text

URL = "https://x.example/a"


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("plain", [Run("plain")]),
        ("", []),
        ("a **b** *c*", [Run("a "), Run("b", is_bold=True), Run(" "), Run("c", is_italic=True)]),
        ("**a *b* c**", [Run("a ", is_bold=True), Run("b", is_bold=True, is_italic=True), Run(" c", is_bold=True)]),
        ("`**x**` ``a`b``", [Run("**x**", is_code=True), Run(" "), Run("a`b", is_code=True)]),
        (f"[a **b**]({URL})", [Run("a ", url=URL), Run("b", is_bold=True, url=URL)]),
        (
            "[w](https://w.example/a_(b)?q=(c:(d))), ok",
            [Run("w", url="https://w.example/a_%28b%29?q=%28c:%28d%29%29"), Run(", ok")],
        ),
        ("[m](#src-m1)", [Run("m", url="#src-m1")]),
        ("[m](javascript:alert)", [Run("[m](javascript:alert)")]),
        ('<a id="src-1"></a>one', [Run(anchor="src-1"), Run("one")]),
        ("a<br>b", [Run("a\nb")]),
        (r"a \*b\* \<i\>", [Run("a *b* <i>")]),
        ("&lt;b&gt; &amp;lt; &#65; &copy;", [Run("<b> &lt; A &copy;")]),
        ("![alt](x.svg) ![](y.svg)", [Run("alt ")]),
        ("<b>raw</b>", [Run("<b>raw</b>")]),
        ("2 * 3 * 4 and **open", [Run("2 * 3 * 4 and **open")]),
    ],
)
def test_line_is_read_as_it_is_seen(text, runs):
    """What drafts use is known; everything else is the text it is."""
    assert list(parse_inline(text)) == runs


def test_emphasis_in_emphasis_ends_somewhere():
    """What is deeper is text, also of links."""
    text = "x"
    for number in range(8):
        text = f"**{text}**" if number % 2 else f"*{text}*"

    deep = parse_inline(f"[a [b]({URL})]({URL})")

    assert "x" in read_text(parse_inline(text))
    assert "a" in read_text(deep)
