"""What reverting one commit on top of a branch gives, computed from files as the forge has them.

Each file is merged three ways, as `git revert` does: from the commit back to its parent, onto the file as it is now.
What cannot be merged is refused in words; nothing is guessed and nothing is left out.
"""

from __future__ import annotations

from fermata.kit.errors import OperationalError, UserError
from fermata.kit.merging import merge_texts
from fermata.ports.api_faults import NotThere
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.records import Base, Commit, FileEdit, ForgeSession, Proposal, TreeFile

MOST_FILES = 50
"""Each takes three reads; a larger change is taken back where people can see it whole."""
LARGEST_FILE_BYTES = 512 * 1024
_LINK, _MODULE = "120000", "160000"


async def compute_revert(session: ForgeSession, sha: str) -> Proposal:
    """Return the proposal that takes a commit back.

    Raises:
        UserError: The commit is unknown, a merge, the first one, not on the branch, reverted already, too large, not
            text, or later commits changed the same lines.
        OperationalError: The forge cannot be asked.
    """
    base = await session.fetch_base()  # First, so that a vanished repository is not taken for an unknown commit.
    commit = await _find_commit(session, sha)
    _refuse_unfit(commit)
    if not await session.is_ancestor(sha, base.sha):
        raise UserError(f"{sha[:10]} is not part of {base.branch}", do="Correct the id: only what is there is reverted")
    sides = _list_sides(commit)
    paths = sorted(sides)
    if len(paths) > MOST_FILES or not commit.is_whole:
        raise UserError(
            f"{sha[:10]} is too large to be reverted by Fermata",
            why=f"It changes {len(paths)} files{'' if commit.is_whole else ' or more'}, and {MOST_FILES} are the limit",
            do=f"Revert it by hand: git revert {sha}",
        )
    found = await ask_all(_revert_file(session, commit, base, path, sides[path]) for path in paths)
    edits = tuple(edit for edit in found if edit is not None)
    if not edits:
        raise UserError(f"{sha[:10]} is reverted already", do="Nothing needs to change")
    title = f'Revert "{commit.title}"'
    return Proposal(
        base=base,
        title=title,
        message=f"{title}\n\nThis reverts commit {sha}.",
        reason=f"This reverts commit {sha} ({commit.title}) by {commit.author}.",
        edits=edits,
    )


def _list_sides(commit: Commit) -> dict[str, tuple[bool, bool]]:
    """Return by path whether the file was there before the commit, and whether it is after it."""
    sides: dict[str, tuple[bool, bool]] = {}
    for file in commit.files:
        sides[file.path] = (not (file.is_new or file.old_path), not file.is_gone)
        if file.old_path:
            sides.setdefault(file.old_path, (True, False))
    return sides


async def _find_commit(session: ForgeSession, sha: str) -> Commit:
    try:
        return await session.fetch_commit(sha)
    except NotThere as error:
        raise UserError(
            f"There is no commit {sha[:10]} in the repository",
            why=str(error.why),
            do="Correct the id, or the repository's name",
        ) from error


def is_refused(commit: Commit) -> bool:
    """Answer whether a commit by itself, whatever came after it, is one that `compute_revert` refuses. Pure."""
    return len(commit.parents) != 1 or not commit.is_whole or len(_list_sides(commit)) > MOST_FILES


def _refuse_unfit(commit: Commit) -> None:
    if len(commit.parents) > 1:
        raise UserError(
            f"{commit.sha[:10]} is a merge",
            why="Reverting it needs a person to say which side stays",
            do=f"Revert it by hand: git revert -m 1 {commit.sha}",
        )
    if not commit.parents:
        raise UserError(
            f"{commit.sha[:10]} is the first commit", why="There is nothing to go back to", do="Fix it by hand"
        )


async def _revert_file(
    session: ForgeSession, commit: Commit, base: Base, path: str, sides: tuple[bool, bool]
) -> FileEdit | None:
    """Return the file's edit; `None` when it is already as it was before the commit."""
    shas = (base.sha, commit.sha, commit.parents[0])
    now, done, before = await ask_all(session.find_file(sha, path) for sha in shas)
    if (before is not None, done is not None) != sides:
        raise OperationalError(
            f"What is said of {path} does not fit together",
            why="Its diff says that the commit made or deleted it, its content says otherwise",
            do=f"Ask again, or revert it by hand: git revert {commit.sha}",
        )
    if _is_same(now, before) or _is_same(done, before):
        return None
    texts = [_read_text(file, path, commit.sha) for file in (done, now, before)]
    merged = _merge(*texts)
    if isinstance(merged, _Conflict) or (now and done and now.mode != done.mode):
        raise UserError(
            f"{commit.sha[:10]} cannot be reverted cleanly",
            why=f"Later commits changed the same lines of {path}",
            do=f"Revert it by hand: git revert {commit.sha}",
        )
    if now and before and now.mode != before.mode:
        raise UserError(
            f"{commit.sha[:10]} changed the mode of {path}",
            why="No diff on a card would show that",
            do=f"Revert it by hand: git revert {commit.sha}",
        )
    kept = now or before
    return FileEdit(path, texts[1], merged, kept.mode if kept else "100644", now.version if now else "")


def _is_same(one: TreeFile | None, other: TreeFile | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.version, one.mode) == (other.version, other.mode)


def _read_text(file: TreeFile | None, path: str, sha: str) -> str | None:
    if file is None:
        return None
    why = ""
    if file.mode in (_LINK, _MODULE):
        why = "it is a link or another repository"
    elif len(file.content) > LARGEST_FILE_BYTES:
        why = f"it has more than {LARGEST_FILE_BYTES // 1024} KiB"
    elif b"\0" not in file.content:
        try:
            return file.content.decode()
        except UnicodeDecodeError:
            why = "it is no UTF-8 text"
    raise UserError(
        f"{path} cannot be shown on a card",
        why=why or "it is no text",
        do=f"Revert it by hand: git revert {sha}",
    )


class _Conflict:
    """Both sides changed the same place."""


def _merge(done: str | None, now: str | None, before: str | None) -> str | _Conflict | None:
    """Merge from the commit's text back to its parent's, onto the text now; `None` is a file that is not there."""
    if now == done:
        return before
    if done is None or now is None or before is None:
        return _Conflict()
    merged = merge_texts(done, now, before)
    return _Conflict() if merged is None else merged
