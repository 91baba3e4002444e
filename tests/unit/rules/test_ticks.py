import time

import pytest

from fermata.rules.ticks import BoxKind, choose_kept, list_boxes, list_kept, list_rows, tick, write_mark

TEXT = """# Post-mortem

## Actions

- [ ] Add an alert on waits [message](#src-m9) <!-- action m9 -->
- [x] Ana raises the pool's limit
- [ ]

## Left out

- [ ] 12:03 ana: lunch? <!-- keep m1 -->
- [X] 12:04 bob: the pool is at its limit <!-- keep m2 -->
- [x] nothing that is known
```
- [x] code <!-- keep m3 -->
# actions
```
- [x] after code
"""


def test_boxes_are_read_with_what_they_are_about():
    """A comment names the message; an action that a person wrote is named by its words."""
    boxes = {(box.kind, box.text): (box.id, box.is_ticked) for box in list_boxes(TEXT)}

    own = boxes.pop((BoxKind.ACTION, "Ana raises the pool's limit"))
    assert own[0].startswith("own-")
    assert own[1]
    assert boxes == {
        (BoxKind.ACTION, "Add an alert on waits"): ("m9", False),
        (BoxKind.KEEP, "12:03 ana: lunch?"): ("m1", False),
        (BoxKind.KEEP, "12:04 bob: the pool is at its limit"): ("m2", True),
    }


def test_only_ticked_messages_are_kept():
    """What stands in a block of code is an example, not a tick."""
    assert list_kept(TEXT) == ("m2",)


def test_message_that_is_unticked_is_kept_no_longer():
    """One without a box, beyond the list's end, stays kept; `m1` was, and its box is empty now."""
    assert choose_kept(("m1", "far"), TEXT) == ("far", "m2")


def test_message_listed_twice_counts_once():
    """One tick of the two is enough."""
    text = "- [ ] a <!-- keep m1 -->\n- [x] a <!-- keep m1 -->\n- [ ] a <!-- keep m1 -->\n"

    assert [(box.id, box.is_ticked, box.line) for box in list_boxes(text)] == [("m1", True, 1)]


def test_ticked_line_carries_its_note_before_the_comment():
    """The ticket's link is shown, and the line still says what it is about; a second time changes nothing."""
    once = tick(TEXT, BoxKind.ACTION, "m9", "[OPS-1](https://x.example/OPS-1)")

    line = "- [x] Add an alert on waits [message](#src-m9) [OPS-1](https://x.example/OPS-1) <!-- action m9 -->"
    assert line in once.split("\n")
    assert tick(once, BoxKind.ACTION, "m9", "[OPS-1](https://x.example/OPS-1)") == once


def test_own_action_is_ticked_and_keeps_its_id():
    """A note that is a link does not change what the action is called."""
    own = next(box for box in list_boxes(TEXT) if box.id.startswith("own-"))

    noted = tick(TEXT, BoxKind.ACTION, own.id, "[OPS-2](https://x.example/OPS-2)")

    assert "- [x] Ana raises the pool's limit [OPS-2](https://x.example/OPS-2)" in noted.split("\n")
    assert own.id in {box.id for box in list_boxes(noted)}


def test_box_that_is_not_there_is_not_ticked():
    """Nothing is written where nothing was asked for."""
    assert tick(TEXT, BoxKind.KEEP, "m9") == TEXT
    assert "- [x] 12:03 ana: lunch? <!-- keep m1 -->" in tick(TEXT, BoxKind.KEEP, "m1")


@pytest.mark.parametrize("name", ["a --> b", "a--b", "", "x" * 201, "a b", "<m>"])
def test_id_that_could_leave_its_comment_makes_no_box(name):
    """Ids come from outside."""
    assert write_mark(BoxKind.KEEP, name) == ""


@pytest.mark.parametrize("name", ["1719922920.000100", "github:acme/shop#12/345", "m-1"])
def test_ids_of_chats_and_forges_fit_their_comment(name):
    """What platforms call a message can be read back."""
    assert list_kept(f"- [x] said {write_mark(BoxKind.KEEP, name)}") == (name,)


@pytest.mark.parametrize("words", [" " * 60_000 + "x", "[a](" * 60_000, "[" * 120_000], ids=["blanks", "links", "open"])
def test_long_line_of_a_box_is_read_at_once(words):
    """In time that grows with it, not with its square: somebody's message must not hold the server up."""
    started = time.process_time()
    assert len(list_boxes(f"- [ ] {words} {write_mark(BoxKind.KEEP, 'm1')}")) == 1
    assert time.process_time() - started < 2


def test_rows_that_cite_a_source_are_found_by_its_place_or_its_address():
    """Lines of other kinds only name it."""
    text = "| a | [message](#src-m_1) |\n| b | [message](https://x.example/1) |\n- c [message](#src-m_1)"

    assert list_rows(text, "m/1", "") == ("| a | [message](#src-m_1) |",)
    assert list_rows(text, "m/1", "https://x.example/1") == ("| b | [message](https://x.example/1) |",)
