"""A post-mortem as a file in a folder of one's own: found by its path, and never written over an edit."""

from __future__ import annotations

from pathlib import Path

from fermata.flows.postmortem.unreadable import explain_unreadable
from fermata.kit.digest import compute_digest
from fermata.kit.errors import UserError
from fermata.kit.unwritable import describe_unwritable
from fermata.ports.publisher import Document, Order, Published, PublishState, Receipt, Verdict, judge, leave

_LONGEST_OLD = 4 * 1024 * 1024


class MarkdownFile:
    """Publishes to a path. It is no system: no settings say where files may lie, whoever is at the keyboard does."""

    name = "markdown"

    def list_places(self) -> tuple[str, ...]:
        """Return nothing: any path will do."""
        return ()

    async def publish(self, order: Order) -> Published:
        """Write the file with its drawings beside it, or leave one that is not ours.

        Raises:
            UserError: The file cannot be read or written.
        """
        path, document = Path(order.place), order.document
        current = _read(path)
        if current == document.markdown:
            return Published(PublishState.UNCHANGED, str(path), _make_receipt(order))
        if current is None:
            if order.receipt is not None and not order.is_forced:
                return leave(order, str(path), "the file is gone: somebody took it away")
            _write(path, document)
            return Published(PublishState.CREATED, str(path), _make_receipt(order))
        if judge(order, compute_digest(current)) is Verdict.LEAVE:
            known = "somebody changed the file" if order.receipt else "there is such a file, and nobody knows whose"
            return leave(order, str(path), known)
        _write(path, document)
        return Published(PublishState.UPDATED, str(path), _make_receipt(order))


def _make_receipt(order: Order) -> Receipt:
    document, place = order.document, order.place
    version = compute_digest(document.markdown)
    return Receipt(place=place, id=place, url=place, digest=document.digest, version=version)


def _read(path: Path) -> str | None:
    try:
        if path.stat().st_size > _LONGEST_OLD:
            raise UserError(f"{path} is no post-mortem", why="it is too large for one", do="Name another file")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read", why=explain_unreadable(error), do="Name another file") from error


def _write(path: Path, document: Document) -> None:
    try:
        for name, svg in document.drawings.items():
            target = path.parent / name
            target.parent.mkdir(exist_ok=True)
            target.write_text(svg, encoding="utf-8")
        path.write_text(document.markdown, encoding="utf-8")
    except OSError as error:
        raise describe_unwritable(path, error) from error
