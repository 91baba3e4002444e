"""Printed text without its command: the command is guessed from what only that kind prints."""

import pytest

from fermata.flows.bundle.printed_text import split_printed


def list_commands(text):
    """Give the commands of a text's parts, or none when it is not kubectl's."""
    parts = split_printed(text.split("\n"))
    return None if parts is None else [part.command for part in parts]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("Taints:  <none>\nUnschedulable:  true", "node"),
        ("Replicas:  1 desired\nStrategyType:  Recreate", "deployment"),
        ("Desired Number of Nodes Scheduled: 3\nContainers:", "daemonset"),
        ("Schedule:  @daily\nSuspend:  False", "cronjob"),
        ("Parallelism:  1\nCompletions:  1", "job"),
        ("Replicas:  1 desired | 1 total\nUpdate Strategy:  RollingUpdate", "statefulset"),
        ("Replicas:  1 current / 1 desired\nPods Status:  1 Running", "replicaset"),
        ("Subsets:\n  Addresses:  10.0.0.1", "endpoints"),
        ("Type:  ClusterIP\nSession Affinity:  None", "service"),
        ("Claim:  shop/data\nReclaim Policy:  Retain\nVolumeMode:  Filesystem", "persistentvolume"),
        ("Volume:\nAccess Modes:\nVolumeMode:  Filesystem", "persistentvolumeclaim"),
        ("Provisioner:  x\nVolumeBindingMode:  Immediate", "storageclass"),
        ("Spec:\n  PodSelector:  app=x", "networkpolicy"),
        ("Rules:\n  Host  Path  Backends", "ingress"),
        ("Reference:  Deployment/x\nMetrics:  ( current / target )", "horizontalpodautoscaler"),
        ("Min available:  1\nAllowed disruptions:  0", "poddisruptionbudget"),
        ("Mountable secrets:  <none>\nTokens:  <none>", "serviceaccount"),
        ("Resource  Used  Hard\n--------  ----  ----", "resourcequota"),
        ("Containers:\n  cart:", "pod"),
        ("Status:  Active\n\nNo resource quota.", "namespace"),
        ("Type:  Opaque\n\nData\n====\nkey:  3 bytes", "secret"),
        ("\nData\n====\nkey:\n----\nvalue", "configmap"),
    ],
)
def test_description_is_known_by_its_fields(fields, kind):
    """What only this kind prints, whatever else it shares with others."""
    assert list_commands(f"Name:  x\nNamespace:  shop\n{fields}\n") == [f"kubectl describe {kind} x -n shop"]


def test_description_without_a_namespace_names_none():
    """A node has none."""
    assert list_commands("Name:  n1\nTaints:  <none>\nUnschedulable:  false\n") == ["kubectl describe node n1"]


@pytest.mark.parametrize(
    ("table", "command"),
    [
        ("NAME   READY   STATUS    RESTARTS   AGE\nx   1/1   Running   0   3h", "kubectl get pod"),
        ("NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE\na   x   1/1   Running   0   3h", "kubectl get pod -A"),
        ("NAME  READY  STATUS  RESTARTS  AGE  IP  NODE\nx  1/1  Running  0  3h  a  b", "kubectl get pod -o wide"),
        ("NAME  READY  STATUS  RESTARTS  AGE  LABELS\nx  1/1  Running  0  3h  a=b", "kubectl get pod"),
        ("NAME   TYPE   CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\nx  a  b  c  d  e", "kubectl get service"),
        ("NAME   ENDPOINTS   AGE\nx   <none>   3h", "kubectl get endpoints"),
        ("LAST SEEN   TYPE   REASON   OBJECT   MESSAGE\n3m  Normal  x  y  z", "kubectl get events"),
        ("NAME   CPU(cores)   MEMORY(bytes)\nx   1m   3Mi", "kubectl top pods"),
        ("NAME   CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%\nx  1m  1%  3Mi  1%", "kubectl top nodes"),
        ("NAME   READY   AGE\nstatefulset.apps/x   1/1   3h", "kubectl get statefulset"),
        ("NAME READY STATUS RESTARTS AGE\nx 1/1 Running 0 3h", "kubectl get pod"),
        ("LAST SEEN TYPE REASON OBJECT MESSAGE\n3m Normal x y z", "kubectl get events"),
    ],
)
def test_table_is_known_by_its_columns(table, command):
    """The head says the kind; a kind before the name says it, too."""
    assert list_commands(table) == [command]


def test_tables_that_follow_each_other_are_parts():
    """Each from its head on."""
    pods = "NAME   READY   STATUS    RESTARTS   AGE\nx   1/1   Running   0   3h\n"

    assert list_commands(pods + "\nNAME   ENDPOINTS   AGE\nx   <none>   3h") == [
        "kubectl get pod",
        "kubectl get endpoints",
    ]


def test_session_is_split_at_its_prompts():
    """The commands are there: nothing is guessed."""
    text = (
        "$ kubectl get pods -n a\nNo resources found\ndana@host:~$ kubectl describe pod x\nName: x\n+ kubectl get ns\n"
    )

    assert list_commands(text) == ["kubectl get pods -n a", "kubectl describe pod x", "kubectl get ns"]


@pytest.mark.parametrize("text", ["", "slow today\n", "NAME\nx\n", "A  B\nc  d\n"])
def test_other_text_is_not_kubectls(text):
    """Words in capitals alone are no table of it."""
    assert list_commands(text) is None


def test_refusal_without_a_command_is_kept_without_one():
    """Nobody knows what was asked."""
    assert list_commands("Error from server (Forbidden): pods is forbidden\n") == [""]


def test_what_stands_between_kubectls_commands_is_taken_for_what_it_looks_like():
    """An alias prints a description, `cat` prints anything, and a table before the first prompt is not lost."""
    text = (
        "NAME   READY   STATUS    RESTARTS   AGE\nx   1/1   Running   0   3h\n"
        "dana@m1:~$ k get ns\nNAME  STATUS  AGE\na  Active  3h\n"
        "dana@m1:~$ kdp x\nName:  x\nNamespace:  shop\nContainers:\n  x:\n"
        "dana@m1:~/y$ cat z\nwhatever\ndana@m1:~$\n"
    )

    assert list_commands(text) == ["kubectl get pod", "kubectl get ns", "kubectl describe pod x -n shop", ""]


def test_description_is_found_below_a_line_of_another_kind():
    """A fence, a remark or an unknown prompt above it does not hide it."""
    text = "▌▌ kdp x\nName:  x\nNamespace:  shop\nContainers:\n  x:\n"

    assert list_commands(text) == ["", "kubectl describe pod x -n shop"]
    assert list_commands("```\n$ kubectl get ns\nNAME  STATUS\n```\nThat is all.\n") == ["kubectl get ns", ""]


def test_description_of_a_custom_kind_names_it():
    """Its own field says it."""
    assert list_commands("Name:  x\nNamespace:  shop\nAPI Version:  a/v1\nKind:  Widget\n") == [
        "kubectl describe widget x -n shop"
    ]
