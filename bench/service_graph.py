"""Calls found in public systems' own files against the calls that their authors draw: recall and precision.

    python bench/service_graph.py --repo DIR [--repo DIR ...]

DIR is a clone of one of the systems below, told by what is in it. The truth is written down here from each project's
README, architecture page or code, telemetry left out; beside our reader stands a baseline that believes `depends_on`
and `links` of compose files alone. Nothing fetched is kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))
from fermata.flows.bundle.parsing import parse_yaml_documents  # noqa: E402 - the path comes first
from fermata.flows.service_graph import GraphSources, gather_graph  # noqa: E402 - the path comes first
from fermata.kit.errors import UserError  # noqa: E402 - the path comes first


@dataclass(frozen=True, slots=True)
class System:
    """One public system."""

    name: str
    manifests: tuple[str, ...]
    compose: tuple[str, ...]
    mark: str
    """A service of its alone: many systems have a `docker-compose.yml`."""
    truth: str
    """Calls, `caller>callee`, as the authors tell of them: in README or architecture page, else in code."""


SYSTEMS = (
    System(
        "Online Boutique (Kubernetes)",
        ("kubernetes-manifests",),
        (),
        "recommendationservice",
        "loadgenerator>frontend frontend>adservice frontend>recommendationservice frontend>productcatalogservice "
        "frontend>cartservice frontend>shippingservice frontend>currencyservice frontend>checkoutservice "
        "recommendationservice>productcatalogservice checkoutservice>productcatalogservice checkoutservice>cartservice "
        "checkoutservice>shippingservice checkoutservice>currencyservice checkoutservice>paymentservice "
        "checkoutservice>emailservice cartservice>redis-cart",
    ),
    System(
        "Bookinfo (Kubernetes)",
        ("samples/bookinfo/platform/kube", "samples/bookinfo/networking"),
        (),
        "productpage",
        "bookinfo-gateway>productpage productpage>details productpage>reviews reviews>ratings ratings>mongodb "
        "ratings>mysqldb",
    ),
    System(
        "Voting app (compose)",
        (),
        ("docker-compose.yml",),
        "vote",
        "vote>redis worker>redis worker>db result>db seed>vote",
    ),
    System(
        "Voting app (Kubernetes)",
        ("k8s-specifications",),
        (),
        "vote",
        "vote>redis worker>redis worker>db result>db",
    ),
    System(
        "Spring Petclinic (compose)",
        (),
        ("docker-compose.yml",),
        "vets-service",
        "api-gateway>customers-service api-gateway>visits-service api-gateway>vets-service api-gateway>genai-service "
        "genai-service>customers-service genai-service>vets-service "
        + " ".join(
            f"{name}>{server}"
            for name in ("api-gateway", "customers-service", "visits-service", "vets-service", "genai-service",
                         "admin-server")
            for server in ("config-server", "discovery-server")
        )
        + " discovery-server>config-server",
    ),
    System(
        "OpenTelemetry demo (compose)",
        (),
        ("compose.yaml", "compose.full.yaml"),
        "fraud-detection",
        "load-generator>frontend-proxy frontend-proxy>frontend frontend-proxy>image-provider frontend-proxy>flagd-ui "
        "frontend-proxy>flagd frontend>ad frontend>cart frontend>checkout frontend>currency frontend>product-catalog "
        "frontend>recommendation frontend>shipping checkout>cart checkout>currency checkout>email checkout>payment "
        "checkout>product-catalog checkout>shipping checkout>kafka recommendation>product-catalog shipping>quote "
        "cart>valkey-cart accounting>kafka accounting>astronomy-db fraud-detection>kafka product-catalog>astronomy-db "
        "ad>flagd cart>flagd checkout>flagd email>flagd fraud-detection>flagd frontend>flagd load-generator>flagd "
        "payment>flagd product-catalog>flagd recommendation>flagd flagd-ui>flagd",
    ),
    System(
        "Train Ticket (Kubernetes)",
        ("deployment/kubernetes-manifests/quickstart-k8s",),
        (),
        "ts-preserve-service",
        # From its paper's figure and code: a part, chosen before anything was measured; precision says nothing here.
        "ts-preserve-service>ts-order-service ts-preserve-service>ts-security-service "
        "ts-preserve-service>ts-contacts-service ts-preserve-service>ts-travel-service "
        "ts-travel-service>ts-basic-service ts-travel-service>ts-order-service ts-basic-service>ts-station-service "
        "ts-basic-service>ts-price-service "
        "ts-cancel-service>ts-order-service ts-inside-payment-service>ts-order-service "
        "ts-order-service>ts-station-service ts-rebook-service>ts-travel-service",
    ),
    # From here on: written down before the reader was tried on them, and nothing was changed for them since.
    System(
        "Bank of Anthos (Kubernetes)",
        ("kubernetes-manifests",),
        (),
        "ledgerwriter",
        "loadgenerator>frontend frontend>ledgerwriter frontend>balancereader frontend>transactionhistory "
        "frontend>contacts frontend>userservice ledgerwriter>ledger-db ledgerwriter>balancereader "
        "balancereader>ledger-db transactionhistory>ledger-db contacts>accounts-db userservice>accounts-db",
    ),
    System(
        "AKS store (Kubernetes)",
        ("aks-store-all-in-one.yaml",),
        (),
        "makeline-service",
        "store-front>order-service store-front>product-service store-admin>product-service "
        "store-admin>makeline-service order-service>rabbitmq makeline-service>rabbitmq makeline-service>mongodb "
        "virtual-customer>order-service virtual-worker>makeline-service product-service>ai-service",
    ),
    System(
        "Sock Shop (Kubernetes)",
        ("deploy/kubernetes/complete-demo.yaml",),
        (),
        "queue-master",
        "front-end>catalogue front-end>carts front-end>orders front-end>user front-end>session-db "
        "catalogue>catalogue-db carts>carts-db orders>orders-db orders>carts orders>user orders>payment "
        "orders>shipping shipping>rabbitmq queue-master>rabbitmq user>user-db",
    ),
    System(
        "TeaStore (Kubernetes)",
        ("examples/kubernetes/teastore-clusterip.yaml",),
        (),
        "teastore-webui",
        "teastore-webui>teastore-auth teastore-webui>teastore-persistence teastore-webui>teastore-recommender "
        "teastore-webui>teastore-image teastore-auth>teastore-persistence teastore-recommender>teastore-persistence "
        "teastore-image>teastore-persistence teastore-persistence>teastore-db "
        + " ".join(f"teastore-{name}>teastore-registry" for name in ("webui", "auth", "persistence", "recommender",
                                                                     "image")),
    ),
    System(
        "Robot Shop (compose)",
        (),
        ("docker-compose.yaml",),
        "dispatch",
        "web>catalogue web>user web>cart web>shipping web>payment web>ratings catalogue>mongodb user>mongodb "
        "user>redis cart>redis cart>catalogue shipping>mysql shipping>cart payment>user payment>cart payment>rabbitmq "
        "dispatch>rabbitmq ratings>mysql ratings>catalogue",
    ),
)  # fmt: skip


def read_truth(system: System) -> set[tuple[str, str]]:
    """Give the calls that are true."""
    return {(caller, callee) for caller, _, callee in (pair.partition(">") for pair in system.truth.split())}


def find_calls(root: Path, system: System) -> set[tuple[str, str]] | None:
    """Give the calls that our reader finds; `None` when this is another system."""
    sources = GraphSources(
        manifests=tuple(root / path for path in system.manifests), compose=tuple(root / path for path in system.compose)
    )
    try:
        graph = gather_graph(sources)
    except UserError as error:
        print(f"  {error}", file=sys.stderr)
        return None
    if system.mark not in {node.name for node in graph.nodes}:
        return None
    return {(edge.caller, edge.callee) for edge in graph.edges}


def find_declared(root: Path, system: System) -> set[tuple[str, str]]:
    """Give the baseline's calls: what a service waits for at its start."""
    found: set[tuple[str, str]] = set()
    for path in system.compose:
        for document in parse_yaml_documents((root / path).read_text()):
            services: Mapping[str, Any] = document.get("services") or {}
            for name, service in services.items():
                named = [*(service.get("depends_on") or ()), *(service.get("links") or ())]
                found |= {(name, str(each).partition(":")[0]) for each in named}
    return found


def is_there(root: Path, system: System) -> bool:
    """Tell whether a clone holds a system."""
    return all((root / path).exists() for path in (*system.manifests, *system.compose))


def describe(found: set[tuple[str, str]], truth: set[tuple[str, str]]) -> str:
    """Write recall and precision."""
    right = len(found & truth)
    precision = f"{right / len(found):.2f}" if found else "   -"
    return f"{right:>3} of {len(truth):<3} recall {right / len(truth):.2f}  precision {precision}"


def main() -> None:
    """Print a line for each system and reader, and the calls that are wrong or missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, action="append", required=True, help="A clone; may be given again.")
    parser.add_argument("--show", action="store_true", help="List what is missing and what is too much.")
    options = parser.parse_args()
    for root in options.repo:
        for system in SYSTEMS:
            if not is_there(root, system):
                continue
            truth = read_truth(system)
            began = time.perf_counter()
            found = find_calls(root, system)
            took = time.perf_counter() - began
            if found is None:
                continue
            print(f"{system.name}  ({took:.2f} s)")
            print(f"  fermata     {describe(found, truth)}")
            print(f"  depends_on  {describe(find_declared(root, system), truth)}")
            if options.show:
                print(f"    missing   {' '.join(sorted(f'{a}>{b}' for a, b in truth - found)) or '-'}")
                print(f"    too much  {' '.join(sorted(f'{a}>{b}' for a, b in found - truth)) or '-'}")


if __name__ == "__main__":
    main()
