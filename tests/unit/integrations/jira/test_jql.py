"""What is asked of Jira, and that nothing from outside can change the question."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from fermata.integrations.jira.jql import quote, quote_phrase, write_search
from fermata.integrations.jira.settings import JiraProject
from fermata.ports.tracker.records import Search
from fermata.testing.records import NOON
from fermata.testing.trackers.jql import parse_jql


def search(*names):
    """Give a search for names."""
    return Search(names, NOON - timedelta(days=14), 10)


def test_search_joins_texts_labels_and_components():
    """Names in texts and as labels, and what the settings say of the service in each project."""
    service = {"labels": ["svc"], "words": ["till"], "components": ["Check Out"]}
    projects = {"SHOP": JiraProject(services={"checkout": service}), "OPS": JiraProject()}

    jql = write_search(search("checkout"), projects, NOON)

    assert jql == (
        '((project = "SHOP" AND (text ~ "\\"checkout\\"" OR text ~ "\\"till\\"" OR labels in ("svc", "checkout") '
        'OR component in ("Check Out"))) OR (project = "OPS" AND (text ~ "\\"checkout\\"" OR labels in ("checkout")))) '
        'AND (statusCategory != Done OR updated >= "-20160m") ORDER BY updated DESC'
    )
    parse_jql(jql, NOON)


@pytest.mark.parametrize("name", ['x") OR project = "SECRET', 'a"b\\', "\\", 'a\\" OR text ~ b'])
def test_name_cannot_leave_its_string(name):
    """A name from an alert is a word to look for and nothing else."""
    matches, _ = parse_jql(write_search(search(name), {"SHOP": JiraProject()}, NOON), NOON)

    other = SimpleNamespace(
        project="SECRET", text="secret", summary="", labels=[], component=[], statusCategory="new", updated=NOON
    )
    assert not matches(other)


def test_quotes_are_escaped():
    """Backslash first, or the escape would be undone."""
    assert quote('a"\\') == '"a\\"\\\\"'
    assert quote_phrase('say "hi" \\ now') == '"\\"say hi now\\""'
