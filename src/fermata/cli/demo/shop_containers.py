"""The shop's containers: a real Docker engine, images made on the spot, and the few calls an operator makes of it.

Where an engine answers on this machine it is used, and left as it was found. Elsewhere, as root, the demo starts one of
its own, in a folder of its own. No registry is asked: an image is a static busybox and the shop's own files.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

from fermata.cli.demo.processes import find_start
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.docker import DockerRig, EngineApi, clean_stale_rigs, find_busybox, find_obstacle

SERVICE = "checkout"
MEMORY_LIMIT_BYTES = 32 * 1024**2
"""Measured on busybox 1.35: checkout holds 1 MiB, 45 MiB with the catalogue."""
_OWNER_LABEL = "dev.fermata.demo"
_SOCKET = "unix:///var/run/docker.sock"
_UNIX = "unix://"
# Sockets below it must stay within 107 bytes, and containerd's lies 40 deeper.
_LONGEST_FOLDER = 40
_UP_WITHIN_S = 20.0


def find_machine_engine() -> EngineApi | None:
    """Return the machine's own engine, if it is reached by a unix socket and answers."""
    place = os.environ.get("DOCKER_HOST") or _SOCKET
    api = EngineApi(Path(place.removeprefix(_UNIX)))
    return api if place.startswith(_UNIX) and api.is_ready() else None


def refuse_without_engine(scenario: str) -> None:
    """Refuse a scenario that needs containers where none can be run.

    Raises:
        UserError: No engine answers and none can be started, it enforces no memory limits, or there is no busybox to
            make an image of.
    """
    api = find_machine_engine()
    obstacle = find_obstacle() if api is None else None
    why, todo = "", ""
    if obstacle is not None:
        why = f"It needs a Docker engine: none answers at {os.environ.get('DOCKER_HOST') or _SOCKET}, and {obstacle}"
        todo = "Start Docker, or run the demo as root where dockerd is installed (on Debian: apt-get install docker.io)"
    elif find_busybox() is None:
        why = "It makes its image of a static busybox, which is not installed"
        todo = "Install it (on Debian: apt-get install busybox-static)"
    elif api is not None and not api.call("GET", "/info").get("MemoryLimit"):
        why = "The Docker engine here enforces no memory limits: its kernel has no memory cgroup"
        todo = "Run the demo on another host"
    if why:
        raise UserError(
            f"The scenario '{scenario}' does not run here",
            why=why,
            do=f"{todo}; or choose another scenario",
            scenario=scenario,
        )


@contextmanager
def _tell_refusals(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, HTTPException) as error:
        raise OperationalError(
            f"The Docker engine did not {what}", why=str(error)[:600], do="Choose another scenario, or mend the engine"
        ) from error


class ShopContainers:
    """The engine, and the shop's containers on it.

    Args:
        env: Environment of an engine of the demo's own; its marker goes into the containers too, so that a killed
            demo's are found by the next one.
        marker: Name and value of that variable.
    """

    def __init__(self, env: Mapping[str, str], marker: tuple[str, str]) -> None:
        self._env = env
        self._marker = marker
        self._api: EngineApi | None = None
        self._rig: DockerRig | None = None
        self.project = f"fermata-demo-{secrets.token_hex(2)}"
        """The compose project that the containers say they belong to."""
        self._images: list[str] = []

    @property
    def name(self) -> str:
        """Return the name of checkout's container, as compose would give it."""
        return f"{self.project}-{SERVICE}-1"

    @property
    def socket_url(self) -> str:
        """Return the engine's socket, as the settings take it."""
        return f"{_UNIX}{self.api.socket_path}"

    @property
    def api(self) -> EngineApi:
        """Return the engine.

        Raises:
            OperationalError: It was not started.
        """
        if self._api is None:
            raise OperationalError("The demo's Docker engine does not run", do="Start the demo anew")
        return self._api

    def start(self) -> str:
        """Take the machine's engine, or start one; return in words which.

        Raises:
            OperationalError: It did not start; its last words are in the message.
        """
        self._api = find_machine_engine()
        if self._api is not None:
            self._remove_stale()
            return "the Docker engine of this machine"
        clean_stale_rigs()
        short = tempfile.gettempdir()
        if len(short) > _LONGEST_FOLDER:
            short = "/tmp"  # noqa: S108 - mkdtemp makes a private folder in it
        self._rig = DockerRig(self._env, Path(tempfile.mkdtemp(prefix="fmdk-", dir=short)))
        try:
            self._rig.start()
        except RuntimeError as error:
            raise OperationalError("The demo's Docker engine did not start", why=str(error)[:600]) from error
        self._api = self._rig
        return "a Docker engine of the demo's own"

    def build(self, repository: Path, tag: str, commit: str) -> str:
        """Make checkout's image of what is in the repository; return its name."""
        folder = repository / "services" / SERVICE
        name = f"{self.project}/{SERVICE}:{tag}"
        files = {
            "serve.sh": (folder / "serve.sh").read_bytes(),
            "srv/cgi-bin/checkout": (folder / "checkout.cgi").read_bytes(),
            "srv/healthz": b"ok\n",
        }
        command = 'CMD ["/bin/sh", "/serve.sh"]'
        with _tell_refusals("make an image of checkout"):
            self.api.import_image(name, files, [command, f"LABEL org.opencontainers.image.revision={commit}"])
        self._images.append(name)
        return name

    def deploy(self, image: str, environment: Mapping[str, str]) -> None:
        """Put a container of this image in the place of the one before, as `docker compose up` does."""
        port = environment["CHECKOUT_PORT"]
        variables = dict(environment)
        host = {"Memory": MEMORY_LIMIT_BYTES, "RestartPolicy": {"Name": "always"}}
        if self._rig is not None:
            # An engine of our own has no network of its own either.
            host |= {"NetworkMode": "host"}
            variables |= {"LISTEN_ADDRESS": "127.0.0.1"} | dict([self._marker])
        else:
            host |= {"PortBindings": {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}]}}
        labels = {
            "com.docker.compose.project": self.project,
            "com.docker.compose.service": SERVICE,
            "com.docker.compose.container-number": "1",
            _OWNER_LABEL: f"{os.getpid()}@{find_start(os.getpid())}",
        }
        with _tell_refusals("run checkout"):
            self.api.remove(self.name)
            self.api.run(
                self.name,
                image,
                Env=[f"{name}={value}" for name, value in variables.items()],
                ExposedPorts={f"{port}/tcp": {}},
                Labels=labels,
                HostConfig=host,
            )

    def wait_until_killed(self) -> None:
        """Wait until the kernel has killed checkout for memory.

        Raises:
            OperationalError: It did not within 20 s.
        """
        deadline = time.monotonic() + _UP_WITHIN_S
        while not self.api.inspect(self.name)["State"]["OOMKilled"]:
            if time.monotonic() > deadline:
                raise OperationalError(
                    "The new release of checkout was not killed for memory",
                    why="This machine's kernel does not enforce the container's limit",
                    do="Choose another scenario",
                )
            time.sleep(0.05)

    def end(self) -> None:
        """Remove the shop's containers and images, and an engine of the demo's own. Idempotent."""
        api, self._api = self._api, None
        if api is not None:
            with suppress(OSError, RuntimeError, HTTPException):
                for name in api.list_names():
                    if name.startswith(f"{self.project}-"):
                        api.remove(name)
                for image in self._images:
                    api.call("DELETE", f"/images/{image}", expect=404)
        if self._rig is not None:
            self._rig.close()
            self._rig = None

    def _remove_stale(self) -> None:
        """Remove containers of demos whose process is gone: they would be restarted for ever."""
        filters = f'{{"label":["{_OWNER_LABEL}"]}}'
        for one in self.api.call("GET", "/containers/json", params={"all": "1", "filters": filters}):
            pid, _, started = one["Labels"][_OWNER_LABEL].partition("@")
            if not pid.isdecimal() or find_start(int(pid)) != started:
                self.api.remove(one["Id"])
