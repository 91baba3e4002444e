"""What somebody picked out of objects, put back where it was."""

import pytest

from fermata.flows.bundle.picked import put_back

STATE = '{"waiting": {"reason": "CreateContainerConfigError", "message": "secret \\"shop-db\\" not found"}}'
WANTED = {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "shop-db" not found'}}
PATH = ".status.containerStatuses[0].state"


@pytest.mark.parametrize(
    "command",
    [
        f"kubectl get pod x -n web -o json | jq {PATH}",
        f"kubectl get pod/x -n web -o json | jq -r '{PATH}'",
        "kubectl -n web get pods x -o json | jq '.status.containerStatuses[].state'",
        f"kubectl get pod x -n web -o jsonpath={{{PATH}}}",
        f"kubectl get pod x -n web -o jsonpath='{{{PATH}}}'",
    ],
)
def test_part_of_one_object_is_put_back_where_it_was(command):
    """The command says whose it is, and where it stood."""
    (found,) = put_back(command, ["{", STATE[1:]])

    assert found == {
        "kind": "Pod",
        "metadata": {"namespace": "web", "name": "x"},
        "status": {"containerStatuses": [{"state": WANTED}]},
    }


def test_what_was_picked_keeps_what_it_holds_of_its_name():
    """A namespace that was not told is not made up."""
    (found,) = put_back("kubectl get pod x -o json | jq .metadata", ['{"labels": {"app": "x"}}'])

    assert found["metadata"] == {"labels": {"app": "x"}, "name": "x"}


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("kubectl get pod x -n web", STATE),
        ("kubectl get pods -n web -o json | jq .status", STATE),
        ("kubectl get pod x -A -o json | jq .status", STATE),
        ("kubectl get pod,service x -o json | jq .status", STATE),
        ("kubectl get secret x -n web -o json | jq .metadata", STATE),
        ("kubectl describe pod x -n web", STATE),
        ("kubectl get pod x -n web -o json | jq '.status | keys'", STATE),
        ("kubectl get pod x -n web -o json | jq '.status.containerStatuses[1]'", STATE),
        ("kubectl get pod x -n web -o json | jq .items", STATE),
        ("kubectl get pod x -n web -o json | grep -A9 state", STATE),
        ("kubectl get pod x -n web -o json | jq .status", "jq: error: syntax error"),
        ("kubectl get pod x -n web -o json | jq .status.phase", '"Pending"'),
    ],
)
def test_what_is_no_known_part_of_one_object_is_not_put_back(command, printed):
    """Nobody knows whose or what it is, or it is as well read as text."""
    assert put_back(command, [printed]) == ()


COLUMNS = "NAME:.metadata.name,PHASE:.status.phase,READY:.status.containerStatuses[*].ready,WHY:{}"
WHY = ".status.containerStatuses[0].state.waiting.reason"


def test_columns_of_ones_own_are_put_back_row_by_row():
    """A column called STATUS may hold anything: only its path says what."""
    lines = [
        "NAME   PHASE     READY    WHY",
        "7      Pending   false    Bad Config",
        "b      Running   true     <none>",
        "",
    ]

    first, second = put_back(f"kubectl get pods -n web -o custom-columns={COLUMNS.format(WHY)}", lines)

    assert first["metadata"] == {"namespace": "web", "name": "7"}
    assert first["status"] == {
        "phase": "Pending",
        "containerStatuses": [{"ready": False, "state": {"waiting": {"reason": "Bad Config"}}}],
    }
    assert second["status"] == {"phase": "Running", "containerStatuses": [{"ready": True}]}


@pytest.mark.parametrize(
    ("flags", "columns", "lines"),
    [
        ("-n web", "PHASE:.status.phase", ["PHASE", "Pending"]),
        ("-n web", "NAME:.metadata.name", ["NAME   AGE", "a      5m"]),
        ("-n web", "NAME:.metadata.name", ["NAMES", "a"]),
        ("-n web", "NAME:.metadata.name", []),
        ("-A", "NAME:.metadata.name", ["NAME", "a"]),
    ],
)
def test_rows_that_name_no_object_or_fit_no_column_are_left(flags, columns, lines):
    """Of all namespaces a row has to say which is its own."""
    assert put_back(f"kubectl get pods {flags} -o custom-columns={columns}", lines) == ()


def test_rows_of_all_namespaces_say_which_is_their_own():
    """Numbers are numbers, and what overlaps is told once."""
    conditions = "ALL:.status.conditions[0],ONE:.status.conditions[0].type"
    columns = f"NS:.metadata.namespace,NAME:.metadata.name,N:.status.replicas,{conditions}"
    lines = ["NS    NAME   N   ALL        ONE", "web   a      3   map[x:1]   Ready"]

    (found,) = put_back(f"kubectl get deployments -A -o custom-columns={columns}", lines)

    assert found["metadata"] == {"namespace": "web", "name": "a"}
    assert found["status"] == {"replicas": 3, "conditions": [{"type": "Ready"}]}
