"""What every publisher must do, whatever it publishes to: the suite that each one's test module inherits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from fermata.kit.errors import UserError
from fermata.ports.publisher import Document, Order, Published, Publisher, PublishState
from fermata.testing.requiring import require

SECRET = "glpat-" + "Ab3dEf6hIj9kLm2nOp5q"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"><title>errors</title></svg>\n'
TEXT = f"""---
case: inc_1
---

# Post-mortem: Checkout fails

> A draft by rules. It is **yours** to edit.

**Began 14:02 UTC**, see [the board](https://grafana.example/d/1?a=1&b=2).

## Impact

![errors](plots/errors.svg)

Errors of `checkout`: from 0 to 31 % [metric](#src-m1)

## Timeline

| UTC | who | what | source |
|---|---|---|---|
| 14:02:00 | mei | **Deployed** a \\| b \\<script\\>alert(1)\\</script\\> | [change](#src-d1) |
| 14:05:00 | tomas | `]]>` & "more" <b>bold</b> | [message](https://chat.example/m/1) |

```
deploy --token {SECRET[:6]}
]]> <ac:macro>
```

## Actions

<!-- Tick one. -->

- [ ] Alert on errors <!-- action m1 -->
- [x] Pin the image *(done)*

1. First
2. Second

---

<details>
<summary>2 sources</summary>

- <a id="src-m1"></a>m1: metric
- <a id="src-d1"></a>d1: change

</details>
"""
"""Everything that a draft may hold; what stands between its two halves of a token is emphasis."""


class PublisherStage(Protocol):
    """A service with a publisher, as a test module sets it up."""

    place: str
    publisher: Publisher
    shows_comments: bool
    """What is published is the Markdown itself."""

    def list_pages(self) -> Mapping[str, str]:
        """Return what readers see of each document that is there now: by its address, the words."""
        ...

    def edit(self, old: str, new: str) -> None:
        """Let a person change the one document that is there."""
        ...

    def remove(self) -> None:
        """Let a person take the one document away."""
        ...


def make_document(text: str = TEXT, key: str = "inc_1", title: str = "Post-mortem: Checkout fails (inc_1)") -> Document:
    """Return a document with one drawing."""
    return Document(key, title, text, {"plots/errors.svg": SVG})


class PublisherContract:
    """Inherit it, and give a fixture `stage` that is a `PublisherStage`."""

    async def test_document_becomes_one_page(self, stage: PublisherStage) -> None:
        """Everything that is read in the document is read there, and nothing of its comments."""
        published = await _publish(stage)

        require(published.state is PublishState.CREATED, "it is not told as created")
        ((url, words),) = stage.list_pages().items()
        require(
            published.receipt is not None and published.url == published.receipt.url == url, "its address is not told"
        )
        for part in (
            "Began 14:02 UTC",
            "14:05:00",
            "<script>alert(1)</script>",
            "]]> <ac:macro>",
            "Second",
            "2 sources",
        ):
            require(part in words, f"{part} is not on the page")
        require(stage.shows_comments or "Tick one" not in words, "a comment is read on the page")

    async def test_same_document_changes_nothing(self, stage: PublisherStage) -> None:
        """What is there already is not written again."""
        first = await _publish(stage)
        before = stage.list_pages()

        again = await _publish(stage, before=first)

        require(again.state is PublishState.UNCHANGED, "it was written again")
        require((again.url, again.receipt) == (first.url, first.receipt), "the receipt changed")
        require(stage.list_pages() == before, "the page changed")

    async def test_new_version_updates_the_page(self, stage: PublisherStage) -> None:
        """The link stays, the words are the new ones, and again there is one page."""
        first = await _publish(stage)

        second = await _publish(stage, TEXT.replace("14:05:00", "14:06:30"), before=first)
        third = await _publish(stage, TEXT.replace("14:05:00", "14:07:00"), before=second)

        require((second.state, third.state) == (PublishState.UPDATED, PublishState.UPDATED), "it was not updated")
        require(third.url == first.url, "the address changed")
        ((_, words),) = stage.list_pages().items()
        require("14:07:00" in words, "the new words are missing")
        require("14:05:00" not in words, "the old words are there")

    async def test_what_people_changed_is_left(self, stage: PublisherStage) -> None:
        """It is reported with its link, until a person says to go on."""
        first = await _publish(stage)
        stage.edit("Second", "Second thoughts")
        before = stage.list_pages()

        left = await _publish(stage, TEXT.replace("14:05:00", "14:06:30"), before=first)

        require(left.state is PublishState.LEFT, "it was not left")
        require(left.url == first.url, "its address is not told")
        require(bool(left.why), "no reason is told")
        require(left.receipt == first.receipt, "the receipt changed")
        require(stage.list_pages() == before, "the page changed")

        forced = await _publish(stage, TEXT.replace("14:05:00", "14:06:30"), before=left, is_forced=True)

        require(forced.state is PublishState.UPDATED, "it was not updated")
        ((_, words),) = stage.list_pages().items()
        require("14:06:30" in words, "the new words are missing")
        require("thoughts" not in words, "the edit is there still")

    async def test_what_people_took_away_stays_away(self, stage: PublisherStage) -> None:
        """It is made anew only when a person says so."""
        first = await _publish(stage)
        stage.remove()

        left = await _publish(stage, before=first)

        require(left.state is PublishState.LEFT, "it was not left")
        require(stage.list_pages() == {}, "there is a page")

        forced = await _publish(stage, before=left, is_forced=True)

        require(forced.state is PublishState.CREATED, "it was not made anew")
        require(len(stage.list_pages()) == 1, "there is not one page")

    async def test_lost_receipt_makes_no_second_page(self, stage: PublisherStage) -> None:
        """After a crash the page is found by its key, and goes on as if nothing had happened."""
        first = await _publish(stage)

        found = await _publish(stage, TEXT.replace("14:05:00", "14:06:30"))

        require(found.state is PublishState.UPDATED, "it was not found")
        require(found.url == first.url, "another page was made")
        ((_, words),) = stage.list_pages().items()
        require("14:06:30" in words, "the new words are missing")

    async def test_lost_receipt_overwrites_no_edit(self, stage: PublisherStage) -> None:
        """Without a receipt only a page that nobody else can have written is changed."""
        first = await _publish(stage)
        stage.edit("Second", "Second thoughts")

        left = await _publish(stage, TEXT.replace("14:05:00", "14:06:30"))

        require((left.state, left.url) == (PublishState.LEFT, first.url), "it was not left")
        ((_, words),) = stage.list_pages().items()
        require("Second thoughts" in words, "the edit is gone")

    async def test_documents_of_other_keys_are_other_pages(self, stage: PublisherStage) -> None:
        """Two incidents of one name are two pages."""
        await _publish(stage)

        document = make_document(TEXT.replace("14:05:00", "15:00:00"), "inc_2", "Post-mortem: Checkout fails (inc_2)")
        other = await stage.publisher.publish(Order(stage.place, document))

        require(other.state is PublishState.CREATED, "it was not made")
        require(len(stage.list_pages()) == 2, "there are not two pages")

    async def test_secret_that_markup_parts_is_hidden(self, stage: PublisherStage) -> None:
        """A token in two halves of emphasis would be whole on a page."""
        await _publish(
            stage, TEXT.replace("First", f"{SECRET[:9]}****{SECRET[9:]} {SECRET[:9]}**{SECRET[9:14]}**{SECRET[14:]}")
        )

        ((_, words),) = stage.list_pages().items()
        require(SECRET not in words, "the token is on the page")

    async def test_place_outside_of_the_settings_is_refused(self, stage: PublisherStage) -> None:
        """A slip publishes nothing; the places that there are are named."""
        try:
            await stage.publisher.publish(Order("ELSEWHERE", make_document()))
        except UserError as error:
            require("settings" in str(error), "the places are not named")
        else:
            require(False, "it published to a place outside of the settings")

        require(stage.place in stage.publisher.list_places(), "the place is not told")
        require(stage.list_pages() == {}, "there is a page")


async def _publish(
    stage: PublisherStage, text: str = TEXT, *, before: Published | None = None, is_forced: bool = False
) -> Published:
    receipt = before.receipt if before is not None else None
    return await stage.publisher.publish(Order(stage.place, make_document(text), receipt, is_forced))
