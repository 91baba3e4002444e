import pytest

from fermata.domain.entity import Entity
from fermata.domain.facts import ChangeFacts, FileChange
from fermata.rules.signatures.remedies import REMEDIES, Intent, Remedy, find_repository, propose
from fermata.testing.records import NOON

CONTAINER = Entity.parse("docker:container/checkout/shop-checkout-1")
PROCESS = Entity.parse("supervisor:process/checkout")


@pytest.mark.parametrize(
    ("target", "intent", "parameters", "expected"),
    [
        (CONTAINER, Intent.RESTART, None, ("docker.restart_container", {})),
        (CONTAINER, Intent.LIMIT_MEMORY, {"limit_bytes": 7}, ("docker.set_memory_limit", {"limit_bytes": 7})),
        (CONTAINER, Intent.PREVIOUS_RELEASE, None, ("docker.recreate_with_previous_image", {"image": "previous"})),
        (PROCESS, Intent.RESTART, None, ("supervisor.restart", {})),
        (
            PROCESS,
            Intent.SET_VARIABLE,
            {"name": "A", "value": "1"},
            ("supervisor.set_env", {"name": "A", "value": "1"}),
        ),
    ],
)
def test_intent_becomes_the_systems_own_action(scene, target, intent, parameters, expected):
    """One remedy, and each system's name for it; a system without a word of its own uses the intent's."""
    (suggestion,) = propose(scene.build(), target, intent, parameters)

    assert (suggestion.name, dict(suggestion.parameters), suggestion.target) == (*expected, target)


def test_what_no_catalogue_holds_is_not_proposed(scene):
    """Docker cannot set a variable of what runs, and a process has no image to go back to."""
    case = scene.build()

    assert propose(case, CONTAINER, Intent.SET_VARIABLE, {"name": "A", "value": "1"}) == ()
    assert propose(case, PROCESS, Intent.PREVIOUS_RELEASE) == ()


def test_parameters_take_the_systems_names():
    """A system that names a parameter otherwise gets it by its own name, beside what the intent implies."""
    remedy = Remedy("set_resources", names={"limit_bytes": "memory_bytes"}, always={"kind": "limit"})

    assert remedy.translate({"limit_bytes": 7, "other": 1}) == {"kind": "limit", "memory_bytes": 7, "other": 1}


def test_table_names_no_action_twice():
    """Two intents that meant the same action would hide one of them."""
    for remedies in REMEDIES.values():
        verbs = [remedy.verb for remedy in remedies.values()]
        assert len(verbs) == len(set(verbs))


@pytest.mark.parametrize(
    ("paths", "is_there"),
    [
        (["db/migrations/V5__amount.sql"], False),
        (["alembic/versions/ae12_note.py", "alembic/versions/ae13_note.py"], False),
        (["db/migrations/V5__amount.sql", "shop/app.py"], True),
        (["shop/queries/report.sql"], True),
        ([], True),
    ],
)
def test_migration_alone_is_not_taken_back_in_its_repository(paths, is_there):
    """Its file would go, and what it did would stay; a query that the program reads is code."""
    files = tuple(FileChange(path=path) for path in paths)
    facts = ChangeFacts(id="abc", title="", changed_at=NOON, repository="git:repository/shop", files=files)

    assert (find_repository(facts) is not None) is is_there
