"""What other tools could not read of a post-mortem's first lines does not leave the house unseen."""

import pytest

from fermata.flows.postmortem.front_matter import refuse_broken_front
from fermata.kit.errors import UserError


@pytest.mark.parametrize(
    "text",
    [
        '---\ncase: "inc-1"\nstarted: 2026-07-02T12:20:00.000Z\nmitigated: 12:38 # by the graph\n---\n# T\n',
        "---\nowners: [ana, mei]\n---",
        "---\n---\n# T\n",
        "# T\n\n---\n\nbroken: [yaml\n",
        "---\n\nProse below a rule: not a field, twice.\n",
        "---\n\nProse between rules\n\n---\n",
        "---\n- a\n- b\n---\n",
        "",
    ],
)
def test_front_matter_that_can_be_read_leaves(text):
    """And so does a document without one, whatever rules and colons stand in it."""
    refuse_broken_front(text, "a.md")


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('---\ncase: "inc-1"\ntitle: Payments: down again\n---\n# T\n', 3, "mapping values are not allowed"),
        ('---\ncase: "inc-1\nstarted: null\n---\n', 4, "unexpected end of stream"),
        ("---\ncase: a\nowners: [ana, mei\nstarted: null\n---\n", 4, "`started: null`"),
        ("---\ncase: a\nmitigated: null\nmitigated: 12:30\n---\n", 4, "it gives `mitigated` twice"),
        ("---\ncase: a\n\ttitle: b\n---\n", 3, ""),
        ("---\ncase: a\ntitle: x\x07\n---\n", 3, "a sign that YAML does not have"),
        ("---\ncase: a\ntitle: x\n\n# T\n", 1, "no line `---` ends it"),
        (f"---\na: {'{a: ' * 4_000}\n---\n", 2, "nested too deep"),
        (f"---\n{'a: b' * 6_000}\n---\n", 1, "longer than 20,000"),
    ],
)
def test_broken_front_matter_is_refused_with_its_line(text, line, why):
    """In the file's own count, with what stands there and what to do."""
    with pytest.raises(UserError) as caught:
        refuse_broken_front(text, "docs/a.md")

    assert caught.value.what == "docs/a.md was not exported"
    assert f"line {line} of its front matter" in caught.value.why
    assert why in caught.value.why
    assert caught.value.do
