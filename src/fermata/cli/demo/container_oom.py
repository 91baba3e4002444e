"""The scenario `container-oom`: checkout runs in a container, and a release outgrows the container's memory limit.

The kernel kills it for real, again and again; nothing is simulated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fermata.cli.demo import processes
from fermata.cli.demo.faults import Fault, Scenario, Shop
from fermata.cli.demo.repository import CHECKOUT, MEI, README, TOMAS, ShopRepository
from fermata.cli.demo.shop_containers import SERVICE, ShopContainers
from fermata.cli.demo.stage import Stage
from fermata.kit.errors import OperationalError

SCRIPT = "services/checkout/serve.sh"
_SHIPPED = Path(__file__).with_name("shop_image")
_FILES = (SCRIPT, "services/checkout/checkout.cgi", "services/checkout/Dockerfile")
_LOADGEN = "services/loadgen.py"
_MAIN = "main() {\n    trap 'exit 0' TERM\n"
# 70 pieces of 640 KiB: linear, unlike a text that grows, which is copied each time.
_CATALOGUE = """\
PRODUCTS=7000

# Render every product's page once, so that no shopper waits for one.
load_catalogue() {
    pages=$(head -c 655360 /dev/zero | tr '\\0' ' ')
    loaded=0
    while [ $loaded -lt $PRODUCTS ]; do
        eval "pages_$loaded=\\$pages"
        loaded=$((loaded + 100))
        [ $((loaded % 1000)) -eq 0 ] && echo "catalogue: $loaded of $PRODUCTS products in memory"
    done
}

"""


class ContainerStage(Stage):
    """The shop with checkout in a container, and everything else under supervisord."""

    program_names = ("profile", "loadgen")
    _containers: ShopContainers | None = None
    _release = ""
    """The commit that the first image is made of."""

    @property
    def containers(self) -> ShopContainers:
        """Return the shop's containers, which `start` brings up."""
        if self._containers is None:
            self._containers = ShopContainers(self._env, (processes.MARKER, self._record.token))
        return self._containers

    def adapt_settings(self, tree: dict[str, Any]) -> None:
        """Let Fermata look after the container instead of a process."""
        systems = tree["systems"]
        url = systems["supervisor"]["health_urls"].pop(SERVICE)
        systems["docker"] = {"socket": self.containers.socket_url, "health_urls": {SERVICE: url}}
        (repository,) = systems["git"]["repositories"]
        repository["services"][SERVICE] = ["services/checkout/", "deploy/checkout.env"]
        tree["policy"]["guardrails"].append(
            {
                "id": "shop-containers",
                "actions": [
                    "docker.restart_container",
                    "docker.set_memory_limit",
                    "docker.recreate_with_previous_image",
                    "docker.recreate_with_previous_setting",
                ],
                "resources": [f"docker:container/{SERVICE}/*"],
                "approvers": {"roles": ["oncall"]},
                "max_risk": "medium",
            }
        )

    def _build_repository(self, now: datetime) -> int:
        commits = super()._build_repository(now)
        self._release = add_container(self._repository, now)
        return commits + 1

    def _start_servers(self) -> None:
        super()._start_servers()
        self.containers.start()
        image = self.containers.build(self.repository_path, "1", self._release)
        # The engine binds it, and how it does is not ours to know.
        self._held_ports.release(self.ports["CHECKOUT_PORT"])
        self.containers.deploy(image, self._repository.read_environment(SERVICE))

    def _end_servers(self) -> None:
        super()._end_servers()
        if self._containers is not None:
            self._containers.end()

    def _describe_shop(self) -> Shop:
        return dataclasses.replace(super()._describe_shop(), containers=self.containers)


def add_container(repository: ShopRepository, now: datetime) -> str:
    """Commit the move of checkout into a container; return the commit."""
    (repository.path / CHECKOUT).unlink()
    (repository.path / "services" / SERVICE).mkdir()
    for name in _FILES:
        (repository.path / name).write_text((_SHIPPED / name).read_text())
    repository.edit(_LOADGEN, '"POST", "/checkout"', '"POST", "/cgi-bin/checkout"')
    repository.edit(
        README, "supervisord\nruns them from this working copy", "Docker runs `checkout`, and supervisord\nthe others"
    )
    return repository.commit(TOMAS, "Run checkout in a container", now - timedelta(hours=1.4))


def deploy_catalogue(shop: Shop, now: datetime) -> Fault:
    """Commit and deploy the release that outgrows its limit, and wait until the kernel has killed it once.

    Raises:
        OperationalError: The shop has no containers, or the kernel does not kill it.
    """
    if shop.containers is None:
        raise OperationalError("The shop has no containers", do="Create the stage for this scenario")
    repository, containers = shop.repository, shop.containers
    repository.edit(SCRIPT, _MAIN, f"{_CATALOGUE}{_MAIN}    load_catalogue\n")
    commit = repository.commit(MEI, "Cache the product catalogue in memory", now - timedelta(seconds=8))
    environment: Mapping[str, str] = repository.read_environment(SERVICE)
    containers.deploy(containers.build(repository.path, "2", commit), environment)
    containers.wait_until_killed()
    return Fault(
        scenario=Scenario.CONTAINER_OOM,
        program=SERVICE,
        story=f"{MEI.name} deployed {commit[:7]} 'Cache the product catalogue in memory' as a new image of checkout; "
        "the kernel kills its container for memory.",
        cure="Double the memory limit of checkout's container: the new release needs more, and levels off.",
        stays_running=False,
        file=repository.path / SCRIPT,
        author=MEI.name,
        commit=commit,
    )
