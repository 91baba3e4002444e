"""The GraphQL documents that Linear is sent, and the filters in them. Pure.

Source: linear/linear on GitHub, `packages/sdk/src/schema.graphql` (MIT; version of November 2026), against which a test
validates each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fermata.integrations.linear.settings import LinearTeam
from fermata.kit.clock import format_instant
from fermata.ports.tracker.records import Search
from fermata.ports.tracker.settings import list_service_labels, list_words

ENDED = ("completed", "canceled", "duplicate")
"""Types of states that an issue does not leave by itself."""
_ISSUE = """
fragment IssueParts on Issue {
  identifier title description url priorityLabel createdAt updatedAt
  state { name type }
  assignee { displayName }
  team { key }
  labels(first: 20) { nodes { name } }
}
"""
ISSUES = (
    """
query Issues($filter: IssueFilter!, $first: Int!, $after: String, $archived: Boolean) {
  issues(filter: $filter, first: $first, after: $after, orderBy: updatedAt, includeArchived: $archived) {
    nodes { ...IssueParts }
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + _ISSUE
)
# Which end of the list is the latest is not documented: both are asked for.
COMMENTS = """
query Comments($id: String!) {
  issue(id: $id) {
    head: comments(first: 1) { nodes { body createdAt user { displayName } } }
    tail: comments(last: 1) { nodes { body createdAt user { displayName } } }
  }
}
"""
TEAMS = """
query Teams($keys: [String!]!) {
  viewer { displayName }
  teams(filter: { key: { in: $keys } }, first: 50) { nodes { id key name } }
}
"""
LABELS = """
query Labels($names: [String!]!) {
  issueLabels(filter: { name: { in: $names } }, first: 100) { nodes { id name isGroup team { key } } }
}
"""
CREATE = (
    """
mutation CreateIssue($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { ...IssueParts } }
}
"""
    + _ISSUE
)


def filter_search(search: Search, teams: Mapping[str, LinearTeam]) -> dict[str, Any]:
    """Return the filter for open and recently changed issues about the names.

    It finds parts of words too (`cart` in `cartoon`); `names_one` of the client tells them apart.
    """
    changed = {"updatedAt": {"gte": format_instant(search.changed_since)}}
    about = [_filter_team(key, team, search.names) for key, team in teams.items()]
    return {"and": [{"or": about}, {"or": [{"state": {"type": {"nin": list(ENDED)}}}, changed]}]}


def filter_twins(team: str, title: str) -> dict[str, Any]:
    """Return the filter for open issues of exactly this title."""
    return {"team": {"key": {"eq": team}}, "title": {"eq": title}, "state": {"type": {"nin": list(ENDED)}}}


def filter_id(issue_id: str) -> dict[str, Any]:
    """Return the filter for the one issue of an id."""
    return {"id": {"eq": issue_id}}


def _filter_team(key: str, team: LinearTeam, names: Sequence[str]) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for word in list_words(team.services, names):
        parts += [{"title": {"containsIgnoreCase": word}}, {"description": {"containsIgnoreCase": word}}]
    labels = list_service_labels(team.services, names)
    parts += [{"labels": {"some": {"name": {"eqIgnoreCase": label}}}} for label in labels]
    return {"team": {"key": {"eq": key}}, "or": parts}
