"""What is said of one repository of a forge, whichever forge it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope

WHOLE = "."
"""The path that holds everything."""

_PAGES = re.compile(r"(?:git(?:hub|lab)[- ])?pages|docs?|documentation|storybook", re.IGNORECASE)


def check_base(value: str) -> str:
    """Return an API's base address without its last slash.

    Raises:
        ValueError: It is no address, or carries credentials, a query or a fragment.
    """
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "write it like https://forge.example.com"
        raise ValueError(message)
    if parts.username is not None or parts.password is not None:
        message = "it holds a user name or a password; set the token beside it"
        raise ValueError(message)
    if parts.query or parts.fragment:
        message = "it holds a query or a fragment; write only the base"
        raise ValueError(message)
    return value.rstrip("/")


def _spread(value: Any) -> Any:
    """Take a plain list of services for services of the whole repository."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {str(name): (WHOLE,) for name in value}
    return value


def _require_inside(value: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    for path in (path for paths in value.values() for path in paths):
        _check_path(path)
    return value


def _require_globs(value: tuple[str, ...]) -> tuple[str, ...]:
    for glob in value:
        _check_path(glob)
    return value


def _check_path(path: str) -> None:
    if not path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        message = f"{path!r} does not lie in the repository; write it relative to its top folder"
        raise ValueError(message)


class ForgeRepositorySettings(BaseModel):
    """One repository: which services are made from it, and where their manifests lie."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    services: Annotated[
        dict[str, tuple[str, ...]],
        BeforeValidator(_spread, json_schema_input_type=dict[str, tuple[str, ...]] | tuple[str, ...]),
        AfterValidator(_require_inside),
    ] = {}
    """By service: its files and folders, relative to the top; `.` is all of it. A plain list of names means that each
    is made from the whole repository. Only listed services bring changes."""
    environments: tuple[str, ...] = ()
    """Names of the environments that count as production. Empty: every deployment is collected, and its environment is
    compared with the alert's; those of pages (`github-pages`, `docs`) only where there are no others."""
    manifests: Annotated[tuple[str, ...], AfterValidator(_require_globs)] = ()
    """Globs of the YAML files that declare what runs (`deploy/**/*.yaml`; `**` crosses folders). Empty: none is
    looked for, and no pull request changes one."""
    branch: str = ""
    """The branch that is deployed and that pull requests go to. Empty: the repository's default branch."""

    def match(self, scope: Scope) -> tuple[str, ...]:
        """Return the services, as the settings write them, that the scope names; letter case does not count."""
        names = {name.lower() for name in scope.list_names()}
        return tuple(service for service in self.services if service.lower() in names)

    def list_serving(self, environments: Iterable[str]) -> frozenset[str]:
        """Return of some environments those that services run in: what is published as pages serves nobody's calls."""
        names = frozenset(environments)
        return frozenset(one for one in names if one in self.services or not _PAGES.fullmatch(one)) or names

    def match_beside(self, scope: Scope) -> tuple[str, ...]:
        """Return the services that share a queue or a store with what the scope names."""
        beside, own = {name.lower() for name in scope.beside}, self.match(scope)
        return tuple(service for service in self.services if service.lower() in beside and service not in own)

    def list_paths(self, services: Sequence[str]) -> tuple[str, ...]:
        """Return the paths of some services, sorted; just `.` when one of them is the whole repository."""
        paths = {path.rstrip("/") or WHOLE for service in services for path in self.services[service]}
        return (WHOLE,) if WHOLE in paths else tuple(sorted(paths))

    def find_service(self, files: Sequence[str], among: Sequence[str]) -> str:
        """Return the one service that the files belong to; empty when there are several or none.

        Args:
            among: Where files belong to several services, the ones that are asked about are preferred.
        """
        touched = [name for name, paths in self.services.items() if any(is_under(file, paths) for file in files)]
        wanted = [name for name in touched if name in among]
        return next((names[0] for names in (touched, wanted) if len(names) == 1), "")

    def has_manifest(self, path: str) -> bool:
        """Answer whether a file is one of the manifests."""
        return any(_compile_glob(glob).fullmatch(path) for glob in self.manifests)

    def list_folders(self) -> tuple[str, ...]:
        """Return the folders that the globs begin with, each once; empty text is the top."""
        return tuple(dict.fromkeys(_find_folder(glob) for glob in self.manifests))


def name_entity(system: str, repository: str) -> Entity:
    """Return the entity of a repository: `github:repository/shop/checkout`.

    GitLab nests groups; an entity has one name before its own, so that deeper ones are joined by `.`.

    Raises:
        ValueError: The name has not the form `owner/name`, or an entity cannot bear it.
    """
    owner, slash, name = repository.rpartition("/")
    if not slash or not owner:
        message = f"{repository!r} is not a repository; write owner/name, on GitLab the whole path group/project"
        raise ValueError(message)
    return Entity(system=system, kind="repository", namespace=owner.replace("/", "."), name=name)


def check_names(system: str, names: Sequence[str]) -> None:
    """Refuse names of repositories that no entity can bear, or that two of them would share.

    Raises:
        ValueError: As said.
    """
    refs = [name_entity(system, name).ref.lower() for name in names]
    if len(set(refs)) < len(refs):
        message = "two repositories would have the same name"
        raise ValueError(message)


def is_under(path: str, paths: Sequence[str]) -> bool:
    """Answer whether a file is one of the paths, or lies in one of them; `.` holds everything."""
    return any(name == WHOLE or PurePosixPath(path).is_relative_to(name) for name in paths)


def _find_folder(glob: str) -> str:
    parts = PurePosixPath(glob).parts[:-1]
    plain = [part for number, part in enumerate(parts) if not any(set(own) & set("*?[") for own in parts[: number + 1])]
    return "/".join(plain)


def _compile_glob(glob: str) -> re.Pattern[str]:
    """Translate a glob: `*` and `?` stay in their folder, `**/` is any folder or none."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    said = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(said.get(part, re.escape(part)) for part in parts))
