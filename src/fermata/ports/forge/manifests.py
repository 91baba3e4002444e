"""Which text of which file declares a field of an object: plain manifests and kustomize's bases and overlays. Pure.

The object is found by kind and name, the field by where it is set: an overlay's patch before the base it patches, a
`kustomization.yaml` that names the image or the number of replicas before both. Where more than one file remains, a
person chooses. Helm charts are templates over values: which value sets a field is not guessed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from fermata.domain.manifest import FieldEdit, ManifestPatch
from fermata.kit.digging import dig_list, dig_maps
from fermata.kit.errors import UserError
from fermata.ports.forge.yaml_edit import find_field, load_documents

KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_IMAGE = re.compile(r"(?P<name>[^@]+?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One document of a file that declares the object."""

    path: str
    index: int
    """Of the document in its file, from 0."""
    content: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """Return the folder it lies in; empty for the top."""
        return posixpath.dirname(self.path)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an edit goes."""

    manifest: Manifest
    edit: FieldEdit
    """With its path as that document has it."""


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One folder's `kustomization.yaml`."""

    manifest: Manifest

    @property
    def folder(self) -> str:
        """Return its folder."""
        return self.manifest.folder

    def lists(self, path: str, *fields: str) -> bool:
        """Answer whether it names a file, or the folder that it lies in, under one of the fields."""
        for field in fields:
            for item in dig_list(self.manifest.content, field):
                named = item.get("path") if isinstance(item, Mapping) else item
                if isinstance(named, str):
                    target = posixpath.normpath(posixpath.join(self.folder, named))
                    if target in (path, posixpath.dirname(path) or "."):
                        return True
        return False


def find_manifests(files: Mapping[str, str], patch: ManifestPatch) -> tuple[Manifest, ...]:
    """Return the documents that declare the patch's object, in the order of the files."""
    return tuple(
        Manifest(path, index, document)
        for path, text in files.items()
        if patch.name in text and patch.kind in text
        for index, document in enumerate(_load(text))
        if _declares(document, patch)
    )


def find_templates(files: Mapping[str, str], patch: ManifestPatch) -> tuple[str, ...]:
    """Return templates of the object's kind: what a chart makes of them, nobody knows from here."""
    kind = re.compile(rf"(?m)^kind:\s*{re.escape(patch.kind)}\s*$")
    return tuple(path for path, text in files.items() if "{{" in text and kind.search(text))


def find_kustomizations(files: Mapping[str, str]) -> tuple[Kustomization, ...]:
    """Return every `kustomization.yaml` that can be read."""
    found = ((path, _load(text)) for path, text in files.items() if PurePosixPath(path).name in KUSTOMIZATIONS)
    return tuple(
        Kustomization(Manifest(path, 0, documents[0]))
        for path, documents in found
        if documents and isinstance(documents[0], Mapping)
    )


def choose_places(
    manifests: Sequence[Manifest], kustomizations: Sequence[Kustomization], patch: ManifestPatch
) -> tuple[Place, ...]:
    """Return where each edit goes, in their order.

    Raises:
        UserError: More than one file could be meant, or an inline patch of kustomize stands in the way.
    """
    for kustomization in kustomizations:
        patches = [item.get("patch") for item in dig_maps(kustomization.manifest.content, "patches")]
        if any(isinstance(text, str) and patch.name in text for text in patches):
            raise UserError(
                f"{kustomization.manifest.path} patches {patch.name} in its own text",
                why="A patch inside a kustomization.yaml may win over the manifest, and is not edited",
                do="Change it there by hand",
            )
    return tuple(_choose(manifests, kustomizations, patch, edit) for edit in patch.edits)


def list_users(place: Place, kustomizations: Sequence[Kustomization]) -> tuple[str, ...]:
    """Return the kustomizations that build on a file: all of them change with it."""
    path = place.manifest.path
    return tuple(one.manifest.path for one in kustomizations if one.lists(path, "resources", "bases", "components"))


def _choose(
    manifests: Sequence[Manifest], kustomizations: Sequence[Kustomization], patch: ManifestPatch, edit: FieldEdit
) -> Place:
    # What a kustomization sets itself wins over whatever the manifests say that it is built from.
    building = [one for one in kustomizations if any(_builds_on(one, manifest) for manifest in manifests)]
    overriding = [place for one in building if (place := _find_transformer(one, patch, edit)) is not None]
    places = overriding or [Place(one, edit) for one in manifests if find_field(one.content, edit.path) is not None]
    if not places:
        # Nobody sets it: it goes where the object is declared, not where it is patched.
        places = [Place(one, edit) for one in manifests if not _is_patch(one, kustomizations)]
    places = places or [Place(one, edit) for one in manifests]
    for narrow in (_keep_namespace, _keep_hinted, _keep_overlays, _keep_live):
        places = list(narrow(places, kustomizations, patch)) or places
        if len(places) == 1:
            return places[0]
    raise UserError(
        f"More than one manifest declares {patch.kind} {patch.name}",
        why=f"Which one is meant is not known: {', '.join(place.manifest.path for place in places)}",
        do="Change the right one by hand, or narrow the manifests in the settings",
    )


def _find_transformer(one: Kustomization, patch: ManifestPatch, edit: FieldEdit) -> Place | None:
    """Return the entry of a `kustomization.yaml` that sets an image or a number of replicas."""
    content = one.manifest.content
    if edit.path == ("spec", "replicas") and find_field(content, ("replicas", patch.name)) is not None:
        return Place(one.manifest, edit.model_copy(update={"path": ("replicas", patch.name, "count")}))
    match = _IMAGE.fullmatch(edit.value) if edit.path[-1] == "image" and isinstance(edit.value, str) else None
    for item in dig_maps(content, "images") if match else ():
        if match and match["name"] in (item.get("newName"), item.get("name")):
            field, value = ("digest", match["digest"]) if match["digest"] else ("newTag", match["tag"])
            if item.get("digest") and field != "digest":
                raise UserError(
                    f"{one.manifest.path} pins {item['name']} by its digest",
                    why="A tag beside it would not be heard",
                    do="Change it there by hand",
                )
            return Place(one.manifest, FieldEdit(path=("images", item["name"], field), value=value, was=edit.was))
    return None


def _builds_on(one: Kustomization, manifest: Manifest) -> bool:
    return one.lists(manifest.path, "resources", "bases", "components", "patches", "patchesStrategicMerge")


def _is_patch(manifest: Manifest, kustomizations: Sequence[Kustomization]) -> bool:
    return any(one.lists(manifest.path, "patches", "patchesStrategicMerge") for one in kustomizations)


def _keep_namespace(
    places: Sequence[Place], kustomizations: Sequence[Kustomization], patch: ManifestPatch
) -> Iterable[Place]:
    spaces = {one.folder: one.manifest.content.get("namespace") for one in kustomizations}
    for place in places:
        own = find_field(place.manifest.content, ("metadata", "namespace")) or spaces.get(place.manifest.folder)
        if patch.namespace and own == patch.namespace:
            yield place


def _keep_hinted(
    places: Sequence[Place], kustomizations: Sequence[Kustomization], patch: ManifestPatch
) -> Iterable[Place]:
    del kustomizations
    words = f"/{patch.hint} {patch.manager}/".replace(" ", "/")
    return [place for place in places if place.manifest.folder and f"/{place.manifest.folder}/" in words]


def _keep_overlays(
    places: Sequence[Place], kustomizations: Sequence[Kustomization], patch: ManifestPatch
) -> Iterable[Place]:
    del patch
    return [place for place in places if _is_patch(place.manifest, kustomizations)]


def _keep_live(
    places: Sequence[Place], kustomizations: Sequence[Kustomization], patch: ManifestPatch
) -> Iterable[Place]:
    del kustomizations, patch
    for place in places:
        found = find_field(place.manifest.content, place.edit.path)
        was = place.edit.was
        if found is not None and (found == was or str(was).endswith(f":{found}")):
            yield place


def _declares(document: Any, patch: ManifestPatch) -> bool:
    if not _is_map(document) or document.get("kind") != patch.kind:
        return False
    group, wanted = (str(text).rpartition("/")[0] for text in (document.get("apiVersion", ""), patch.api_version))
    metadata = document.get("metadata")
    if group != wanted or not _is_map(metadata) or metadata.get("name") != patch.name:
        return False
    return not patch.namespace or metadata.get("namespace") in (None, "", patch.namespace)


def _load(text: str) -> list[Any]:
    try:
        return load_documents(text)
    except UserError:  # A template, or a broken file: nothing of ours to mend.
        return []


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)
