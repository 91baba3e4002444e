"""A folder to write a bundle into, file by file, as a stranger would."""

import json
from pathlib import Path

import pytest

from fermata.flows.bundle.read import read_bundle

MANIFEST = """\
version: 1
id: shop-1
title: checkout fails
window: {start: 2026-11-23T11:00:00Z, end: 2026-11-23T12:30:00Z}
"""


class Folder:
    """A bundle being written."""

    def __init__(self, path: Path):
        self.path = path
        self.write("bundle.yaml", MANIFEST)

    def write(self, name, content):
        """Write a file: text, bytes, or JSON types; give its path."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def read(self):
        """Give the bundle, read."""
        return read_bundle(self.path)

    def list_evidence(self, kind):
        """Give the evidence of a kind."""
        return [item for item in self.read().evidence if item.kind == kind]

    def get_only(self, kind):
        """Give the one piece of evidence of a kind, and require that nothing was left out."""
        bundle = self.read()
        assert bundle.warnings == ()
        (item,) = (item for item in bundle.evidence if item.kind == kind)
        return item


@pytest.fixture
def folder(tmp_path):
    """Give a bundle with a manifest and nothing else."""
    return Folder(tmp_path / "bundle")


@pytest.fixture
def texts():
    """Give a function that lists the texts of a piece of evidence's lines."""
    return lambda item: [line.text for line in item.lines]
