"""What changing a manifest gives: the files are found on the forge, the field in them, and the edit is computed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from fermata.domain.manifest import FieldEdit, ManifestPatch
from fermata.kit.errors import UserError
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.manifests import (
    Place,
    choose_places,
    find_kustomizations,
    find_manifests,
    find_templates,
    list_users,
)
from fermata.ports.forge.records import Base, FileEdit, ForgeSession, Proposal, TreeFile
from fermata.ports.forge.settings import ForgeRepositorySettings
from fermata.ports.forge.yaml_edit import edit_document

MOST_MANIFESTS = 300
"""Files read to find one object; beyond that the globs are to be narrowed."""
_LARGEST_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests of a repository at one commit."""

    base: Base
    files: Mapping[str, TreeFile]
    texts: Mapping[str, str]


async def read_manifests(session: ForgeSession, settings: ForgeRepositorySettings) -> Manifests:
    """Read every file that the settings call a manifest.

    Raises:
        UserError: There are too many.
        OperationalError: The forge cannot be asked.
    """
    base = await session.fetch_base()
    listings = await ask_all(session.list_files(base.sha, folder) for folder in settings.list_folders())
    paths = sorted({path for listing in listings for path in listing.paths if settings.has_manifest(path)})
    if len(paths) > MOST_MANIFESTS or not all(listing.is_whole for listing in listings):
        raise UserError(
            "There are too many files to look for one manifest",
            why=f"{len(paths)} match, {MOST_MANIFESTS} are read at most, and a forge lists only so many at once",
            do="Narrow the manifests in the settings of this repository",
        )
    found = await ask_all(session.find_file(base.sha, path) for path in paths)
    files = {path: file for path, file in zip(paths, found, strict=True) if file is not None}
    texts = {path: text for path, file in files.items() if (text := _decode(file)) is not None}
    return Manifests(base, files, texts)


async def has_object(session: ForgeSession, settings: ForgeRepositorySettings, patch: ManifestPatch) -> bool:
    """Answer whether the repository declares the object, or makes it from a template.

    Raises:
        OperationalError: The forge cannot be asked.
    """
    manifests = await read_manifests(session, settings)
    return bool(await asyncio.to_thread(find_manifests, manifests.texts, patch))


async def compute_patch(session: ForgeSession, settings: ForgeRepositorySettings, patch: ManifestPatch) -> Proposal:
    """Return the proposal that changes the object's manifest.

    Raises:
        UserError: No manifest of the repository declares it, several could, or the field cannot be edited as text.
        OperationalError: The forge cannot be asked.
    """
    manifests = await read_manifests(session, settings)
    edits, warnings = await asyncio.to_thread(_edit, manifests, patch)
    changes = "; ".join(describe_edit(edit) for edit in patch.edits)
    name = f"{patch.kind} {f'{patch.namespace}/' if patch.namespace else ''}{patch.name}"
    title = f"Change {patch.kind} {patch.name}: {changes}"
    return Proposal(
        base=manifests.base,
        title=title if len(title) <= 120 else f"Change {patch.kind} {patch.name}",
        message=f"Change {patch.kind} {patch.name}\n\n{changes}.",
        reason=f"{name}: {changes}. It is written by {patch.manager}, so that it is changed here and not in what runs.",
        edits=edits,
        warnings=warnings,
    )


def describe_edit(edit: FieldEdit) -> str:
    """Return one change of a field in words."""
    where = ".".join(map(str, edit.path))
    if edit.value is None:
        return f"{where} is removed"
    return f"{where} becomes {edit.value}" if edit.was is None else f"{where} goes from {edit.was} to {edit.value}"


def _edit(manifests: Manifests, patch: ManifestPatch) -> tuple[tuple[FileEdit, ...], tuple[str, ...]]:
    """Change the texts. Parsing takes seconds for large files: run it in a thread."""
    found = find_manifests(manifests.texts, patch)
    if not found:
        templates = find_templates(manifests.texts, patch)
        raise UserError(
            f"No manifest declares {patch.kind} {patch.name}",
            why=f"{', '.join(templates[:3])} may make it, but which value sets a field of a chart is not guessed"
            if templates
            else f"{len(manifests.texts)} files were looked through",
            do="Change the chart's values by hand" if templates else "Correct the manifests in the settings",
        )
    kustomizations = find_kustomizations(manifests.texts)
    places = choose_places(found, kustomizations, patch)
    texts = dict(manifests.texts)
    for place in places:
        path = place.manifest.path
        texts[path] = edit_document(texts[path], place.manifest.index, [place.edit])
    changed = [path for path in texts if texts[path] != manifests.texts[path]]
    if not changed:
        raise UserError(f"The manifest of {patch.name} says so already", do="See why it was not applied")
    edits = tuple(
        FileEdit(path, manifests.texts[path], texts[path], manifests.files[path].mode, manifests.files[path].version)
        for path in changed
    )
    return edits, tuple(
        dict.fromkeys(words for place in places for words in _warn(place, list_users(place, kustomizations)))
    )


def _warn(place: Place, users: tuple[str, ...]) -> list[str]:
    if len(users) > 1:
        return [f"{place.manifest.path} is used by {', '.join(users)}: all of them change"]
    return []


def _decode(file: TreeFile) -> str | None:
    if len(file.content) > _LARGEST_BYTES or file.mode == "120000":
        return None
    try:
        return file.content.decode()
    except UnicodeDecodeError:
        return None
