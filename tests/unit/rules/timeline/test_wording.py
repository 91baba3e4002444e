import pytest

from fermata.rules.timeline.wording import word_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ok so I rolled back checkout :tada:", "Rolled back checkout"),
        ("<@U12> @here the pool is full", "The pool is full"),
        ("see <https://x.example/1|PR 1>", "See PR 1"),
        ("ana's timeout change starves the pool", "The timeout change starves the pool"),
        ("ana broke checkout again", ""),
        ("this is bob's fault", ""),
        ("who approved this", ""),
        ("", ""),
    ],
)
def test_line_is_blameless_and_addressed_to_nobody(text, line):
    """What a change did is told of the change; who is to blame is not told."""
    assert word_line(text, {"ana", "bob"}) == line


def test_long_line_is_cut_at_a_word():
    """A pasted paragraph does not fill the timeline."""
    line = word_line("pool " * 100, set())

    assert line.endswith("pool ...")
    assert len(line) < 250
