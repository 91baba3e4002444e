"""A document as files in a repository: a pull request or a merge request that people edit, and merge when they like.

The branch is named after the document's key, so that it is found again. What is written there is one commit after the
other, each with trailers that say whose it is and which text it left; a branch whose newest commit is another one was
changed by people, and is left alone. Once a request is merged, the document lives on the base branch, and a new version
is a new request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from fermata.kit.digest import compute_digest
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.listing import cut_short
from fermata.ports.forge.proposing import BRANCHES, LONGEST_TITLE
from fermata.ports.forge.records import Base, Commit, FileEdit, Forge, ForgeSession, Request
from fermata.ports.publisher import Document, Order, Published, PublishState, Receipt, Verdict, judge, leave
from fermata.ports.publishing.places import require_place

TRAILER = "Fermata-Document"
TEXT_TRAILER = "Fermata-Text"
"""Before the digest of the Markdown that a commit leaves: who amends it or pushes on top leaves another text."""
FOLDER = "postmortems"
"""Where documents lie when the place does not say."""
_MOST_REQUESTS = 50
"""For one document; each is a version that was merged, or that people closed and somebody forced anew."""
_PLAIN_FOLDER = re.compile(r"[\w.-]+(?:/[\w.-]+)*")


@dataclass(frozen=True, slots=True)
class _Work:
    """One order on one repository."""

    session: ForgeSession
    order: Order
    base: Base
    folder: str

    @property
    def path(self) -> str:
        """Return where the document's file lies."""
        return f"{self.folder}/{self.order.document.safe_key}.md"


class ForgePublisher:
    """Publishes to the repositories of the settings; a place is `owner/name`, or `owner/name:folder`."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        self.name = forge.words.system

    def list_places(self) -> tuple[str, ...]:
        """Return the repositories."""
        return tuple(self._forge.repositories)

    async def publish(self, order: Order) -> Published:
        """Open the request, or put a commit on its branch."""
        repository, _, folder = order.place.partition(":")
        require_place(self, repository)
        async with self._forge.open(repository) as session:
            work = _Work(session, order, await session.fetch_base(), _check_folder(folder or FOLDER))
            return await self._publish(work)

    async def _publish(self, work: _Work) -> Published:
        name = f"{BRANCHES}postmortem-{work.order.document.safe_key}"
        merged: Request | None = None
        for number in range(1, _MOST_REQUESTS + 1):
            branch = name if number == 1 else f"{name}-{number}"
            request = await work.session.find_request(branch)
            sha = await work.session.find_branch(branch)
            if sha is not None and (request is None or request.state == "open"):
                return await self._renew(work, branch, sha, request)
            if request is None:
                return await self._begin(work, branch, merged)
            if request.state == "merged":
                merged = request
            elif not work.order.is_forced:
                words = self._forge.words.request
                return leave(work.order, request.url, f"somebody closed the {words} without merging it")
        raise UserError(
            f"{name} has been published {_MOST_REQUESTS} times", do="Delete its old branches, or edit the file there"
        )

    async def _begin(self, work: _Work, branch: str, merged: Request | None) -> Published:
        """Make the branch and its request, if the base branch does not say the same already."""
        edits = await _list_edits(work, work.base.sha)
        if merged is not None:
            if not edits:
                return _tell(work, PublishState.UNCHANGED, branch, work.base.sha, merged.url)
            if not work.order.is_forced and not await _is_as_merged(work):
                why = f"{work.path} was changed on {work.base.branch} or before it was merged there"
                return leave(work.order, merged.url, why)
        elif not edits:
            return _tell(work, PublishState.UNCHANGED, branch, work.base.sha, "")
        sha = await work.session.write_branch(branch, work.base, _write_message(work.order.document), edits)
        request = await self._open(work, branch)
        return _tell(work, PublishState.CREATED, branch, sha, request.url)

    async def _renew(self, work: _Work, branch: str, sha: str, request: Request | None) -> Published:
        url = request.url if request else ""
        commit = await work.session.fetch_commit(sha)
        is_ours = f"{TRAILER}: {work.order.document.safe_key}" in commit.body.split("\n")
        if await _has_lost_answer(work, commit):
            # Its receipt says too little: what it proves itself counts.
            work = replace(work, order=work.order.without_receipt())
        order = work.order
        verdict = judge(order, sha, is_untouched=is_ours)
        if verdict is Verdict.LEAVE:
            return leave(order, url, f"somebody else's commit is on {branch}: {sha[:10]}")
        edits = await _list_edits(work, sha) if verdict is Verdict.UPDATE else ()
        if edits:
            extended = await self._extend(work, branch, sha, edits)
            if extended is None:
                return leave(order, url, f"somebody pushed to {branch} at the same moment")
            sha = extended
        if request is None:
            # It was begun before, and ended between the branch and its request.
            request = await self._open(work, branch)
            return _tell(work, PublishState.CREATED, branch, sha, request.url)
        return _tell(work, PublishState.UPDATED if edits else PublishState.UNCHANGED, branch, sha, url)

    async def _extend(self, work: _Work, branch: str, sha: str, edits: Sequence[FileEdit]) -> str | None:
        """Put a commit on the branch and return it; `None` when somebody else did.

        Raises:
            OperationalError: It was not made.
        """
        try:
            return await work.session.extend_branch(branch, sha, _write_message(work.order.document), edits)
        except OperationalError as error:
            try:
                now = await work.session.find_branch(branch)
            except OperationalError:
                raise error from None  # Nobody can be asked what became of it; the first refusal says why.
            if now is None or now == sha:
                raise
            # It may have been made, and the answer was lost.
            commit = await work.session.fetch_commit(now)
            return now if sha in commit.parents and await _proves_itself(work, commit) else None

    async def _open(self, work: _Work, branch: str) -> Request:
        words = self._forge.words
        body = (
            f"A draft of a post-mortem, published by Fermata at a person's word. Edit `{work.path}` here as you like: "
            f"what you change stays, and Fermata says so instead of writing over it. Merge it when it is agreed on; "
            f"this {words.request} changes nothing that runs."
        )
        return await work.session.open_request(branch, work.base, _cut(work.order.document.title), body)


async def _list_edits(work: _Work, sha: str) -> tuple[FileEdit, ...]:
    """Return what makes a commit's files those of the document; drawings that it has no more are left there."""
    document = work.order.document
    files = {work.path: document.markdown} | {f"{work.folder}/{path}": svg for path, svg in document.drawings.items()}
    edits: list[FileEdit] = []
    for path, text in files.items():
        found = await work.session.find_file(sha, path)
        before = found.content.decode("utf-8", "replace") if found else None
        if found is None or found.content != text.encode():
            edits.append(
                FileEdit(path, before, text, found.mode if found else "100644", found.version if found else "")
            )
    return tuple(edits)


async def _has_lost_answer(work: _Work, commit: Commit) -> bool:
    """Answer whether a branch's newest commit is the one after the receipt's, made here although nobody was told."""
    receipt = work.order.receipt
    is_next = receipt is not None and receipt.version in commit.parents
    return is_next and await _proves_itself(work, commit)


async def _proves_itself(work: _Work, commit: Commit) -> bool:
    """Answer whether a commit was made here and holds the text that it was made with."""
    file = await work.session.find_file(commit.sha, work.path)
    text = "" if file is None else file.content.decode("utf-8", "replace")
    return set(_write_trailers(work.order.document, text)) <= set(commit.body.split("\n"))


async def _is_as_merged(work: _Work) -> bool:
    """Answer whether the file on the base branch is the one that was published last: nobody changed it since."""
    receipt = work.order.receipt
    current = await work.session.find_file(work.base.sha, work.path)
    if receipt is None or current is None:
        return False
    try:
        published = await work.session.find_file(receipt.version, work.path)
    except OperationalError:
        return False  # The commit is gone with its branch: nobody can say.
    return published is not None and published.content == current.content


def _tell(work: _Work, state: PublishState, branch: str, sha: str, url: str) -> Published:
    order = work.order
    receipt = Receipt(place=order.place, id=branch, url=url, digest=order.document.digest, version=sha)
    return Published(state, url, receipt)


def _write_message(document: Document) -> str:
    trailers = "\n".join(_write_trailers(document, document.markdown))
    return f"{_cut(document.title)}\n\nPublished by Fermata at a person's word.\n\n{trailers}\n"


def _write_trailers(document: Document, text: str) -> tuple[str, str]:
    return f"{TRAILER}: {document.safe_key}", f"{TEXT_TRAILER}: {compute_digest(text)}"


def _cut(title: str) -> str:
    return cut_short(" ".join(title.split()), LONGEST_TITLE)


def _check_folder(folder: str) -> str:
    parts: Sequence[str] = PurePosixPath(folder).parts
    if not _PLAIN_FOLDER.fullmatch(folder) or {".", ".."} & set(parts) or ".git" in parts:
        raise UserError(f"{folder!r} is no folder of a repository", do="Write it like docs/postmortems")
    return folder
