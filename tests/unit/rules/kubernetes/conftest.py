"""Clusters from printed commands and from API objects."""

import json
from datetime import UTC, datetime

import pytest

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.cluster import build_cluster

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def _document(query, text):
    return Document(query, DocumentForm.KUBECTL, text, query=query)


@pytest.fixture
def document():
    """A document from a command and what it printed, its key the command."""
    return _document


@pytest.fixture
def printed():
    """A cluster from commands and what they printed."""

    def build(answers, logs=(), **rest):
        return build_cluster([_document(query, text) for query, text in answers.items()], logs, **rest)

    return build


@pytest.fixture
def applied():
    """A cluster from objects of the API, captured at noon."""

    def build(*objects, logs=(), observed_at=NOON, **rest):
        documents = [
            Document(
                f"api-{number}",
                DocumentForm.API,
                json.dumps(body, indent=4),
                objects=(body,),
                observed_at=observed_at,
            )
            for number, body in enumerate(objects)
        ]
        return build_cluster(documents, logs, **rest)

    return build
