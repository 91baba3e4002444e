"""What Flux and Argo CD were asked is taken for what kubectl would show of the same objects."""

import pytest

from fermata.flows.bundle.delivery_commands import find_delivery_command
from fermata.flows.bundle.printed_text import split_printed


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("$ flux get helmreleases -n shop", "kubectl get helmreleases -n shop"),
        ("flux get hr -A", "kubectl get helmreleases -A"),
        ("dana@b:~$ flux get ks", "kubectl get kustomizations -n flux-system"),
        ("$ flux get sources git --namespace=apps", "kubectl get gitrepositories -n apps"),
        ("$ flux get all -A", ""),
        ("$ argocd app get shop", "kubectl describe application shop -n argocd"),
        ("$ argocd app get --refresh gitops/shop", "kubectl describe application shop -n gitops"),
        ("$ argocd app get", None),
        ("$ argocd app get --help", ""),
        ("see what flux get hr prints", None),
        ("$ flux get " + "x" * 400, None),
        ("$ flux logs", None),
    ],
)
def test_command_is_told_by_its_words(line, command):
    """Behind a prompt or at the beginning of a line; Flux looks into its own namespace unless it is told otherwise."""
    assert find_delivery_command(line) == command


def test_session_is_parted_at_these_commands():
    """Each table belongs to the command above it."""
    lines = ["$ flux get ks", "NAME\tREVISION", "apps\tmain", "$ kubectl get pods", "NAME", "$ flux get all", "x"]

    assert [(part.command, part.start) for part in split_printed(lines)] == [
        ("kubectl get kustomizations -n flux-system", 1),
        ("kubectl get pods", 4),
        ("", 6),
    ]


def test_application_without_its_command_is_known_by_its_fields():
    """Its name says in which namespace it is kept; the one below it is where it delivers to."""
    text = "Name:     argocd/shop\nProject:  default\nNamespace:  web\nSync Policy:  Automated\nSync Status:  Synced"

    assert [part.command for part in split_printed(text.split("\n"))] == ["kubectl describe application shop -n argocd"]
