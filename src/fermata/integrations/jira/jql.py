"""What is asked in Jira's query language. Pure.

Source: Atlassian Support, "Advanced search reference - JQL". Cloud refuses queries that no clause bounds; every one
here names its projects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from fermata.integrations.jira.settings import JiraProject
from fermata.ports.tracker.records import Search
from fermata.ports.tracker.settings import list_service_labels, list_words


def write_search(search: Search, projects: Mapping[str, JiraProject], now: datetime) -> str:
    """Return the query for open and recently changed issues about the names, the one changed last first.

    Jira reads dates in the time zone of the account, so the bound is told as a distance from now.
    """
    per_project = [_write_project(key, project, search.names) for key, project in projects.items()]
    minutes = max(0, round((now - search.changed_since).total_seconds() / 60))
    where = per_project[0] if len(per_project) == 1 else " OR ".join(f"({one})" for one in per_project)
    return f"({where}) AND (statusCategory != Done OR updated >= {quote(f'-{minutes}m')}) ORDER BY updated DESC"


def write_twins(project: str, title: str) -> str:
    """Return the query for open issues whose title has these words in this order; equality is for the caller."""
    about = f" AND summary ~ {quote_phrase(title)}" if has_words(title) else ""
    return f"project = {quote(project)}{about} AND statusCategory != Done"


def write_marked(project: str, label: str) -> str:
    """Return the query for the issue with a label that no other has."""
    return f"project = {quote(project)} AND labels = {quote(label)}"


def write_newest(project: str) -> str:
    """Return the query for a project's issues, the newest first."""
    return f"project = {quote(project)} ORDER BY key DESC"


def quote(text: str) -> str:
    """Write a JQL string; what comes from outside cannot end it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def quote_phrase(text: str) -> str:
    """Write a phrase for `~`: words in this order. Characters of Lucene's own language lose their meaning in it."""
    words = " ".join(text.replace('"', " ").replace("\\", " ").split())
    return quote(f'"{words}"')


def has_words(text: str) -> bool:
    """Answer whether a text search could find it: Jira refuses a phrase of signs alone."""
    return any(character.isalnum() for character in text)


def _write_project(key: str, project: JiraProject, names: Sequence[str]) -> str:
    services = project.services
    about = [f"text ~ {quote_phrase(word)}" for word in list_words(services, names) if has_words(word)]
    labels = [label for label in list_service_labels(services, names) if " " not in label]
    components = [one for name in names if name in services for one in services[name].components]
    about += [f"labels in ({_join(labels)})"] if labels else []
    about += [f"component in ({_join(components)})"] if components else []
    return f"project = {quote(key)} AND ({' OR '.join(about)})"


def _join(values: Iterable[str]) -> str:
    return ", ".join(quote(value) for value in dict.fromkeys(values))
