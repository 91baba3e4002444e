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
        ("$ flux get ks -nprod", "kubectl get kustomizations -n prod"),
        ("$ flux get ks -n=prod", "kubectl get kustomizations -n prod"),
        ("$ argocd app get shop -ojson", "kubectl get application shop -n argocd -o json"),
        ("$ flux get sources git --namespace=apps", "kubectl get gitrepositories -n apps"),
        ("$ flux get all -A", ""),
        ("$ argocd app get shop", "kubectl describe application shop -n argocd"),
        ("$ argocd app get --refresh gitops/shop", "kubectl describe application shop -n gitops"),
        ("$ argocd app get -o yaml shop", "kubectl get application shop -n argocd -o yaml"),
        ("$ argocd app get --output=json gitops/shop", "kubectl get application shop -n gitops -o json"),
        ("$ argocd app get -o tree shop -N gitops", "kubectl describe application shop -n gitops"),
        ("$ argocd app get --server cd.example 'shop' --refresh", "kubectl describe application shop -n argocd"),
        ("$ argocd app get shop -o", "kubectl describe application shop -n argocd"),
        ("$ argocd app get shop | grep Phase", ""),
        ("$ argocd app get $APP", ""),
        ("$ argocd app get ${APP} -o yaml", ""),
        ("$ argocd app get $(argocd app list -o name | head -1)", ""),
        ("$ flux get hr web -n shop", "kubectl get helmreleases web -n shop"),
        ("$ flux get sources git apps", "kubectl get gitrepositories apps -n flux-system"),
        ("$ flux get hr -A | grep False", "kubectl get helmreleases -A | grep False"),
        ("$ flux get hr -A --status-selector ready=false", "kubectl get helmreleases -A --field-selector ready=false"),
        ("$ flux get ks -l team=shop", "kubectl get kustomizations -n flux-system -l team=shop"),
        ("$ flux get ks --no-header", ""),
        ("$ flux get hr -n $NS", ""),
        ("$ flux get sources", ""),
        ("$ flux get -A", ""),
        ("\u279c flux get ks", "kubectl get kustomizations -n flux-system"),
        ("$ argocd app get", None),
        ("$ argocd app get --help", ""),
        ("see what flux get hr prints", None),
        ("$ flux get " + "x" * 400, None),
        ("$ flux logs", None),
        ("$ argocd app history shop", ""),
        ("$ argocd app diff shop --local .", ""),
        ("see argocd app diff", None),
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
