"""A live cluster: listing, a long log, and a whole gathering, each against what the wire alone costs.

    python bench/kubernetes_live.py

The API server is a process of its own that says what it was given to say (`fermata.testing.kubernetes_replay`): the
cost of Kubernetes itself is nobody's merit. Ours and the plain way run alternately, in processes of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness import write_rows

PODS = 500
LOG_BYTES = 100 * 1000 * 1000
LATE_S = 0.2
ROUNDS = 5
_NOW = datetime.now(UTC)


def make_pod(number: int) -> dict[str, Any]:
    """One pod as an API server gives it, managed fields and all: about 3 KB."""
    text = (Path(__file__).parent.parent / "tests/samples/kubernetes/pods-list.json").read_text()
    item: dict[str, Any] = json.loads(text)["items"][0]
    item["metadata"]["name"] = f"web-{number}"
    item["kind"] = "Pod"
    return item


def make_shop() -> list[dict[str, Any]]:
    """A namespace in which something is wrong: a deployment, its history, its pods, and what belongs to them."""
    stamp = (_NOW - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def meta(name: str, owner: str = "", **annotations: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": name,
            "namespace": "shop",
            "creationTimestamp": stamp,
            "annotations": annotations,
        }
        if owner:
            kind, _, title = owner.partition("/")
            found["ownerReferences"] = [{"kind": kind, "name": title, "controller": True}]
        return found | {"labels": {"app": "checkout"}}

    def spec(image: str) -> dict[str, Any]:
        key = {"configMapKeyRef": {"name": "checkout", "key": "MODE"}}
        return {"containers": [{"name": "app", "image": image, "env": [{"name": "MODE", "valueFrom": key}]}]}

    def template(image: str) -> dict[str, Any]:
        return {"metadata": {"labels": {"app": "checkout"}}, "spec": spec(image)}

    status = {
        "name": "app",
        "restartCount": 3,
        "ready": False,
        "state": {"running": {"startedAt": stamp}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": stamp}},
    }
    pods = [
        {
            "kind": "Pod",
            "metadata": meta(f"checkout-b-{index}", "ReplicaSet/checkout-b"),
            "spec": spec("shop:2") | {"nodeName": "n1"},
            "status": {"phase": "Running", "containerStatuses": [status]},
        }
        for index in range(3)
    ]
    sets = [
        {
            "kind": "ReplicaSet",
            "metadata": meta(
                f"checkout-{letter}", "Deployment/checkout", **{"deployment.kubernetes.io/revision": str(no)}
            ),
            "spec": {"replicas": no - 1, "template": template(f"shop:{no}")},
        }
        for no, letter in ((1, "a"), (2, "b"))
    ]
    return [
        {"kind": "Deployment", "metadata": meta("checkout"), "spec": {"replicas": 3, "template": template("shop:2")}},
        {"kind": "Service", "metadata": meta("checkout"), "spec": {"selector": {"app": "checkout"}}},
        {"kind": "ConfigMap", "metadata": meta("checkout"), "data": {"MODE": "fast"}},
        {"kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
        *sets,
        *pods,
    ]


async def serve(folder: Path, what: str) -> None:
    """Be the API server, until somebody ends the process."""
    from fermata.integrations.kubernetes.resources import POD, POD_METRICS
    from fermata.testing.kubernetes_replay import ReplayServer
    from fermata.testing.web_server import Answer, Request

    async with ReplayServer(folder) as server:
        if what == "pods":
            server.say_list(POD.path("shop"), "Pod", [make_pod(number) for number in range(PODS)])
        if what == "gather":
            server.say_objects(make_shop(), "shop")
            server.say(POD_METRICS.path("shop"), {"items": []}, query={"limit": "500"})
            known = server.web.respond

            async def answer_late(request: Request) -> Answer:
                await asyncio.sleep(LATE_S)
                found = known(request)
                assert isinstance(found, Answer)
                return Answer(b"INFO up\n" * 200) if request.path.endswith("/log") else found

            server.web.respond = answer_late
        if what == "log":
            line = b"2026-11-25T10:00:00.000Z INFO checkout request served path=/cart status=200 duration_ms=12\n"
            text = line * (LOG_BYTES // len(line))
            server.web.respond = lambda _: Answer(text)
        (folder / "kubeconfig.part").write_bytes(server.kubeconfig.read_bytes())
        (folder / "kubeconfig.part").rename(folder / "ready")
        await asyncio.Event().wait()


def make_system(folder: Path) -> Any:
    """The integration, looking at the server."""
    from fermata.integrations.kubernetes.settings import KubernetesSettings
    from fermata.integrations.kubernetes.system import Kubernetes
    from fermata.kit.clock import SystemClock

    return Kubernetes(KubernetesSettings(kubeconfig=folder / "ready", timeout_s=60), SystemClock())


def find_url(folder: Path) -> str:
    """The server's address, from its kubeconfig."""
    found = re.search(r"http://[\d.:]+", (folder / "ready").read_text())
    assert found is not None
    return found[0]


async def list_ours(folder: Path) -> float:
    """CPU seconds of listing the pods through our client."""
    from fermata.integrations.kubernetes.resources import POD

    async with make_system(folder).client.connect() as session:
        await session.list_objects(POD, "shop")
        began = time.process_time()
        for _ in range(ROUNDS):
            found = await session.list_objects(POD, "shop")
            assert len(found.items) == PODS
        return (time.process_time() - began) / ROUNDS


async def list_plain(folder: Path) -> float:
    """CPU seconds of the same with an HTTP client and the standard library's JSON."""
    import httpx2

    url = find_url(folder)
    async with httpx2.AsyncClient(trust_env=False) as http:
        await http.get(f"{url}/api/v1/namespaces/shop/pods", params={"limit": "500"})
        began = time.process_time()
        for _ in range(ROUNDS):
            answer = await http.get(f"{url}/api/v1/namespaces/shop/pods", params={"limit": "500"})
            assert len(json.loads(answer.content)["items"]) == PODS
        return (time.process_time() - began) / ROUNDS


async def read_log(folder: Path) -> list[float]:
    """CPU seconds, peak RSS in bytes, and wall seconds of reading a long log to its end."""
    from fermata.integrations.kubernetes.log_tail import TailKeeper, read_tail

    async with make_system(folder).client.connect() as session:
        began, wall = time.process_time(), time.monotonic()
        async with session.stream("/api/v1/namespaces/shop/pods/checkout/log", {"container": "app"}) as chunks:
            tail = await read_tail(chunks, TailKeeper(256 * 1024))
        assert tail.size_bytes > LOG_BYTES * 0.99
        spent = time.process_time() - began
    return [spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, time.monotonic() - wall]


async def chain(folder: Path) -> float:
    """Wall seconds of the slowest chain by itself: the pods, then the log of one of them, by hand."""
    import httpx2

    url = find_url(folder)
    began = time.monotonic()
    async with httpx2.AsyncClient(trust_env=False) as http:
        await http.get(f"{url}/api/v1/namespaces/shop/pods", params={"limit": "500"})
        await http.get(f"{url}/api/v1/namespaces/shop/pods/checkout-b-0/log")
    return time.monotonic() - began


async def gather(folder: Path) -> list[list[float]]:
    """Wall seconds of gatherings and of the slowest chain in each, in turn, from no connection at all.

    The first one, which imports, is left out.
    """
    from fermata.domain.entity import Entity
    from fermata.domain.ids import IncidentId
    from fermata.domain.scope import Scope

    system = make_system(folder)
    took: list[list[float]] = []
    for number in range(ROUNDS + 1):
        scope = Scope(
            incident_id=IncidentId(f"inc_{number}"),
            alerts=(),
            entities=(Entity(kind="service", name="checkout", namespace="shop"),),
            onset=_NOW - timedelta(minutes=10),
            window_start=_NOW - timedelta(minutes=70),
            window_end=_NOW,
        )
        alone = await chain(folder)
        began = time.monotonic()
        found = await asyncio.gather(*(each.collect(scope) for each in system.list_collectors()))
        took.append([time.monotonic() - began, alone])
        assert {item.kind.value for each in found for item in each} == {"objects", "logs", "change", "environment"}
    return took[1:]


def measure(part: str, server: str) -> Any:
    """What a part returns, run in a process of its own against a server in another."""
    with tempfile.TemporaryDirectory(prefix="fermata-bench-") as folder:
        script = [sys.executable, __file__, "--folder", folder]
        serving = subprocess.Popen([*script, "--serve", server])
        try:
            until = time.monotonic() + 20
            while not (Path(folder) / "ready").exists():
                if time.monotonic() > until:
                    raise SystemExit("the server does not come up")
                time.sleep(0.02)
            told = subprocess.run([*script, "--part", part], capture_output=True, text=True, check=False)
            if told.returncode:
                raise SystemExit(told.stderr)
            return json.loads(told.stdout)
        finally:
            serving.kill()
            serving.wait()


PARTS = {"ours": list_ours, "plain": list_plain, "log": read_log, "gather": gather}


def main() -> None:
    """Run all parts and write the table."""
    pairs = [(measure("ours", "pods"), measure("plain", "pods")) for _ in range(ROUNDS)]
    ratio = statistics.median(ours / plain for ours, plain in pairs)
    ours, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
    spent, rss, wall = measure("log", "log")
    took = measure("gather", "gather")
    ratios = [whole / alone for whole, alone in took]
    rows = [
        (
            f"CPU of listing {PODS} pods",
            "<= 1.2x HTTP and JSON alone",
            f"{ratio:.2f}x ({ours * 1000:.0f} ms)",
            f"httpx2 and json.loads: {plain * 1000:.0f} ms",
        ),
        ("peak RSS, a container's log of 100 MB", "<= 100 MB", f"{rss / 1e6:.0f} MB", ""),
        ("CPU of reading it", "<= 10 s", f"{spent:.1f} s", f"{wall:.1f} s on the clock"),
        (
            f"whole gathering, each answer {LATE_S * 1000:.0f} ms late",
            "<= 1.2x the slowest chain",
            f"{statistics.median(ratios):.2f}x (worst of {len(ratios)}: {max(ratios):.2f}x)",
            f"pods, then a log, by hand: {statistics.median(alone for _, alone in took):.2f} s",
        ),
    ]
    write_rows("kubernetes_live", "python bench/kubernetes_live.py", rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--serve")
    parser.add_argument("--part", choices=PARTS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.folder, given.serve))
    elif given.part:
        json.dump(asyncio.run(PARTS[given.part](given.folder)), sys.stdout)
    else:
        main()
