import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE, parse_command


@pytest.mark.parametrize(
    ("line", "verb", "kinds", "names", "namespace"),
    [
        ("kubectl get pods -n shop", "get", ("Pod",), (), "shop"),
        ("kubectl -n shop get po web-1", "get", ("Pod",), (("Pod", "web-1"),), "shop"),
        ("k get deploy/web --namespace=shop", "get", ("Deployment",), (("Deployment", "web"),), "shop"),
        ("kubectl get svc,ep -A", "get", ("Service", "Endpoints"), (), ANY_NAMESPACE),
        ("/usr/bin/kubectl get no --all-namespaces", "get", ("Node",), (), ANY_NAMESPACE),
        ("kubectl get pods --all-namespaces=false", "get", ("Pod",), (), None),
        ("oc describe pods a b", "describe", ("Pod",), (("Pod", "a"), ("Pod", "b")), None),
        ("kubectl describe pod/a svc/b", "describe", ("Pod", "Service"), (("Pod", "a"), ("Service", "b")), None),
        ("kubectl logs web-1 -c web", "logs", ("Pod",), (("Pod", "web-1"),), None),
        ("kubectl logs deploy/web", "logs", ("Deployment",), (("Deployment", "web"),), None),
        ("kubectl logs widget/web", "logs", (), (), None),
        ("kubectl logs -l app=web", "logs", (), (), None),
        ("kubectl events -n shop", "events", ("Event",), (), "shop"),
        ("kubectl get -n 'shop' widgets", "get", (), (), "shop"),
        ("kubectl get widget/a pod/b", "get", ("Pod",), (("Pod", "b"),), None),
        ("kubectl top pods", "top", ("Pod",), (), None),
        ("kubectl version", "version", (), (), None),
        ("sudo -E kubectl get pods", "get", ("Pod",), (), None),
        ("sudo k3s kubectl get pods -n shop", "get", ("Pod",), (), "shop"),
        ("microk8s kubectl get pods", "get", ("Pod",), (), None),
        ("KUBECONFIG=/x time kubectl get pods", "get", ("Pod",), (), None),
        ("watch -n 2 kubectl --context prod -n shop get po", "get", ("Pod",), (), "shop"),
        ("kubectl -v 6 --as ada -s https://x describe po/a", "describe", ("Pod",), (("Pod", "a"),), None),
        ("kubectl describe pod a   # the bad one", "describe", ("Pod",), (("Pod", "a"),), None),
        ("kubectl get pods a > pods.txt", "get", ("Pod",), (("Pod", "a"),), None),
        ("kubectl get pods a --show-labels", "get", ("Pod",), (("Pod", "a"),), None),
        ("kubectl get pods 2>&1", "get", ("Pod",), (), None),
        ("kubectl get pod a; date", "get", ("Pod",), (("Pod", "a"),), None),
        ("kubectl get pod a && date", "get", ("Pod",), (("Pod", "a"),), None),
        ("get pods k", "get", ("Pod",), (("Pod", "k"),), None),
        ("kubectl", "", (), (), None),
        ("", "", (), (), None),
        ("| grep x", "", (), (), None),
    ],
)
def test_command_line_is_taken_apart(line, verb, kinds, names, namespace):
    """Programs, flags before or after, short words and slashes are what people write."""
    command = parse_command(line)

    assert (command.verb, command.kinds, command.names, command.namespace) == (verb, kinds, names, namespace)


def test_all_names_the_usual_kinds():
    """`get all` is workloads, pods and services."""
    assert {"Pod", "Service", "Deployment", "Job"} < set(parse_command("kubectl get all").kinds)


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("kubectl get pods -o wide", "wide"),
        ("kubectl get pods -owide", "wide"),
        ("kubectl get pods --output=json", "json"),
        ("kubectl get pods -o=yaml", "yaml"),
        ("kubectl get pods -o", "true"),
        ("kubectl get pods -", ""),
    ],
)
def test_output_is_as_asked_for(line, output):
    """The flag may carry its value in three ways."""
    assert parse_command(line).output == output


def test_what_may_leave_objects_out_is_marked():
    """A selector or a pipe means that the list is not complete."""
    piped = parse_command("kubectl get pods -n shop | grep web")

    assert (piped.partial, piped.piped) == (True, True)
    assert parse_command("kubectl get pods -l app=web").partial
    assert parse_command("kubectl get events --field-selector type=Warning").partial
    assert not parse_command("kubectl get pods --sort-by=.metadata.name").partial
    assert not parse_command("kubectl get pods |").piped


def test_logs_before_a_restart_are_marked():
    """`-p` and `--previous` ask for the container before its last restart."""
    assert parse_command("kubectl logs web-1 -p").previous
    assert parse_command("kubectl logs web-1 --previous -c web").container == "web"
    assert not parse_command("kubectl logs web-1").previous


@given(st.text(max_size=80))
def test_any_line_is_taken(line):
    """A line that is no command asks for nothing, without failing."""
    parse_command(line)
    parse_command(f"kubectl get {line}")
