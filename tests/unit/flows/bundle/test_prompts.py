"""Commands are known behind any prompt, and what only speaks of kubectl is none."""

import pytest

from fermata.flows.bundle.prompts import find_kubectl, is_prompt

COMMAND = "kubectl get pods -n shop"


@pytest.mark.parametrize(
    "before",
    [
        "",
        "$ ",
        "# ",
        "+ ",
        "root@m1:/# ",
        "root@m1:~#",
        "[root@m1 ~]# ",
        "[dana@m1 ~]$ ",
        "➜  ~ ",
        "➜  shop git:(main) ✗ ",
        "\u276f ",
        "λ ",
        "~ » ",
        "/ # ",
        "dana@mac shop % ",
        "PS C:\\Users\\dana> ",
        "C:\\> ",
        "(venv) dana@b:~/x$ ",
        "(⎈|prod:shop)dana@b:~$ ",
        "12:04:11 dana@b ~ $ ",
        "[10:02] $ ",
        "$ sudo ",
        "$ sudo -E k3s ",
        "$ microk8s ",
        "$ KUBECONFIG=/home/dana/x ",
        "KUBECONFIG=/home/dana/x ",
        "$ time ",
        "$ watch -n 2 ",
        "watch -n 2 ",
        "$ ssh m1 ",
        "$ /usr/local/bin/",
        "Every 2.0s: ",
    ],
)
def test_command_is_known_behind_any_prompt(before):
    """Shells, themes and what runs kubectl for somebody."""
    given = find_kubectl(before + COMMAND)

    assert given is not None
    assert given.command == COMMAND


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("$ k -n shop get po", "kubectl -n shop get po"),
        ("$ oc describe pod x", "oc describe pod x"),
        ("$ kubectl --context prod -n shop describe po/x", "kubectl --context prod -n shop describe po/x"),
        ("$ kubectl describe pod x | tail -60", "kubectl describe pod x | tail -60"),
        ("$ ssh m1 'kubectl get pods'", "kubectl get pods"),
        ("Every 2.0s: kubectl get po   m1: Tue Nov 24 10:00:00 2026", "kubectl get po"),
        ("$ for p in a b; do kubectl describe pod $p; done", ""),
        ("$ kubectl describe pod $(kubectl get pod -o name)", ""),
    ],
)
def test_command_is_written_as_kubectl_takes_it(line, command):
    """Short names are written out; of what the shell filled in nobody knows what was asked for."""
    given = find_kubectl(line)

    assert given is not None
    assert given.command == command


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Normal  Pulled  use kubectl get pods to see it",
        "    kubectl get pods",
        "        $ kubectl get pods",
        "$ alias k=kubectl",
        "$ kubectl",
        "$ kubectl of ours is old",
        "Image: registry/kubectl:1.2 get",
        "x" * 700 + "$ kubectl get pods",
    ],
)
def test_line_that_gives_no_command_is_none(line):
    """Words about kubectl, an indented line, a line of no length that people type."""
    assert find_kubectl(line) is None


@pytest.mark.parametrize(
    ("line", "prompts", "answer"),
    [
        ("dana@bastion:~$ clear", (), True),
        ("[root@m1 ~]# date", (), True),
        ("(venv) dana@m1 shop % ls", (), True),
        ("/ # date", ("/ #",), True),
        ("$ date", ("$ ",), True),
        ("$PATH is what it is", ("$ ",), False),
        ("web-1   1/1   Running", ("$ ",), False),
        ("Contact: dana@shop.example", (), False),
    ],
)
def test_line_with_the_same_prompt_is_another_command(line, prompts, answer):
    """What was printed ends where something else was typed."""
    assert is_prompt(line, frozenset(prompts)) is answer


@pytest.mark.parametrize("prompt", ["#", ">", "%"])
def test_sign_that_begins_lines_of_output_is_no_prompt_by_itself(prompt):
    """A YAML comment in what was printed ends nothing."""
    given = find_kubectl(f"{prompt} {COMMAND}")

    assert given is not None
    assert given.prompt == ""
