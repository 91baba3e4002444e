"""Export archives of chats: found by what they hold, whatever they are called, in a bundle or by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from fermata.flows.bundle.files import SourceFile, Unreadable, list_files
from fermata.flows.bundle.folders import READERS, SHARED
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.manifest import NAMES
from fermata.flows.postmortem.archive import Archive, open_files, open_zip
from fermata.flows.postmortem.chat_file import Chat
from fermata.flows.postmortem.discord_export import is_discord_export, read_discord_export
from fermata.flows.postmortem.export_talk import ExportTalk, Wanted, to_chat
from fermata.flows.postmortem.other_chats import MAKE_ONE, tell_other_chat
from fermata.flows.postmortem.slack_export import find_root, read_slack_export
from fermata.kit.errors import UserError

_KNOWN = frozenset({*READERS, *SHARED}) - {"chat.json"}
"""Folders and files of a bundle that hold something else."""
_FOR_PEOPLE = (".html", ".htm", ".csv", ".txt")
"""Other formats of DiscordChatExporter; HTML is what it writes unless told otherwise."""
_TEXTS = (".json", ".jsonl")
"""The second is none that is read; it is opened to say what it is."""
_PACKAGE = re.compile(r"(?i)(?:^|/)messages/c?\d+/(?:channel|messages)\.json$")
_AS_JSON = "In DiscordChatExporter choose the format JSON, or on its command line `--format Json`"


def read_bundle_exports(files: Sequence[SourceFile], wanted: Wanted, haul: Haul) -> Chat | None:
    """Return the talk of the exports that lie in a bundle; `None` when there is none."""
    others = [file for file in files if (file.top or file.name) not in _KNOWN and file.name not in NAMES]
    archives = [open_files([file for file in others if file.suffix in _TEXTS])]
    for file in others:
        if file.suffix == ".zip":
            try:
                archives.append(open_zip(file.path, file.name, haul))
            except Unreadable as error:
                haul.leave_out_file(file, error)
    talks = [talk for archive in archives for talk in _read(archive, wanted, haul)]
    return to_chat(talks, wanted, haul, "export") if talks else None


def is_export(file: SourceFile) -> bool:
    """Answer whether a file of JSON is an export by itself, whatever it is called."""
    return any(is_discord_export(head) for _, head in open_files([file]).find_heads())


def read_export(path: Path, wanted: Wanted, haul: Haul) -> Chat:
    """Return the talk of one export: a zip, a folder, or a file of DiscordChatExporter.

    Raises:
        UserError: It is none that is known, or cannot be opened.
    """
    try:
        archive = _open(path, haul)
    except Unreadable as error:
        do = _advise([path.name], archive=[]) or "Give the export as it was downloaded"
        raise UserError(f"{path} cannot be read", why=error.reason, do=do) from error
    talks = _read(archive, wanted, haul)
    if not talks:
        beside = [one.name for one in path.iterdir()] if path.is_dir() else []
        read = "See docs/postmortem-sources.md for what is read; a chat.json is read with its folder, --bundle FOLDER"
        raise UserError(
            f"{path} is no export of Slack's and none of DiscordChatExporter's",
            why="; ".join(haul.warnings[:5]) or "it holds neither days of channels nor messages of a channel",
            do=_advise(beside, archive=archive.names) or ("" if MAKE_ONE in " ".join(haul.warnings) else read),
        )
    return to_chat(talks, wanted, haul, path.name)


def _advise(beside: Sequence[str], archive: Sequence[str]) -> str:
    """Return how to get an export that is read where it was made as something else; empty where nobody can tell."""
    if any(name.lower().endswith(_FOR_PEOPLE) for name in (*beside, *archive)):
        return f"Export it as JSON. {_AS_JSON}"
    if any(_PACKAGE.search(name) for name in archive):
        return f"Discord's own data package holds what one person wrote, and no talk. {_AS_JSON}"
    return ""


def _open(path: Path, haul: Haul) -> Archive:
    if path.is_dir():
        listing = list_files(path)
        for name, reason in listing.refused.items():
            haul.leave_out(name, reason)
        return open_files([file for file in listing.files if file.suffix in _TEXTS], path.name)
    if not path.is_file():
        raise Unreadable("there is no such file")
    if path.suffix.lower() in _TEXTS:
        return open_files([SourceFile(path.name, path, path.stat().st_size)])
    return open_zip(path, path.name, haul)


def _read(archive: Archive, wanted: Wanted, haul: Haul) -> list[ExportTalk]:
    talks: list[ExportTalk] = []
    if (root := find_root(archive.names)) is not None:
        talks.append(read_slack_export(archive, root, wanted, haul))
    for name, head in archive.find_heads():
        where = f"{archive.name}/{name}".lstrip("/")
        if not is_discord_export(head):
            if not talks and (why := tell_other_chat(head)):
                haul.leave_out(where, why)
            continue
        try:
            talks.append(read_discord_export(archive.read(name), where, wanted, haul))
        except Unreadable as error:
            haul.leave_out(where, error.reason)
    return talks
