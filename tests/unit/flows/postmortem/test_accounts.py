"""Somebody with an account in the chat, one at the forge and decisions in the journal has one name."""

from fermata.domain.heard import HeardPerson
from fermata.domain.person import Person
from fermata.domain.trail import Deploy
from fermata.flows.postmortem.accounts import name_alike, name_authors
from fermata.testing.records import NOON

NOOR = Person(id="noor", name="Noor N.", handles={"github": "583231", "slack": "U1"})


def make_people(**names):
    """Return people by platform, of the accounts that the settings name."""
    users = {"github": "583231", "slack": "U1", "journal": "noor"}
    return [HeardPerson(platform=platform, user=users[platform], name=name) for platform, name in names.items()]


def test_chats_name_is_everybodys():
    """Before the login name, whatever the order of the handles."""
    people = make_people(github="noor-gh", slack="noor", journal="Noor N.")

    assert {person.name for person in name_alike(people, [NOOR])} == {"noor"}


def test_login_name_is_taken_where_no_chat_shows_one():
    """The journal's own name is what nobody else knows."""
    people = make_people(github="noor-gh", journal="Noor N.")

    assert {person.name for person in name_alike(people, [NOOR])} == {"noor-gh"}


def test_stranger_keeps_their_name():
    """Nobody says whose account it is."""
    people = make_people(github="noor-gh", slack="noor")

    assert list(name_alike(people, [])) == people


def test_authors_of_deploys_are_called_alike():
    """By the login name of their own forge; one of another forge is somebody else."""
    people = make_people(github="noor-gh", slack="noor")
    deploys = [Deploy("github:shop/shop/1", NOON, author="noor-gh"), Deploy("gitlab:shop/1", NOON, author="noor-gh")]

    named = name_authors(deploys, people, name_alike(people, [NOOR]))

    assert [deploy.author for deploy in named] == ["noor", "noor-gh"]
