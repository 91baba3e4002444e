"""Where settings come from: the file and the environment, layered, with secrets resolved and every origin kept."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from fermata.kit.errors import UserError
from fermata.kit.redaction import is_secret_name
from fermata.settings.sending import find_unsendable
from fermata.settings.wording import describe_fault

_PREFIX = "FERMATA_"
# Read elsewhere or by tests; not part of the tree. The tokens are those that our pages and the specs for Chaos Toolkit
# name: they stay in a shell after the settings have turned to a file.
_NOT_SETTINGS = {"FERMATA_CONFIG", "FERMATA_ALERT_TOKEN", "FERMATA_FAULTPROXY_TOKEN"}
_NOT_SECTIONS = ("TEST_", "DEMO_")
# Sections that take credentials: a policy or a silence may well speak of tokens.
_SECTIONS_WITH_SECRETS = ("server", "systems", "store", "models")
# Names that tell of a secret only where models are set.
_KEYS_OF_MODELS = ("key", "keys")
_PROXIES = "systems.faultproxy."
# Words of people's own, where `env:prod` is a label and no reference.
_SECTIONS_WITHOUT_REFERENCES = ("people", "policy", "silences", "topology")
# Where systemd keeps what `LoadCredential=` names, while the service runs (systemd.exec(5), "Credentials").
_CREDENTIALS = Path("/run/credentials")
# Aliases can make a short file endless; no real one comes near these.
_MOST_VALUES = 50_000
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value came from."""

    text: str
    """`fermata.yaml`, `environment FERMATA_SERVER__PORT`."""
    secret: bool = False
    """True when the value was resolved from a reference, or its name says it is one: never printed."""
    path: Path | None = None
    """The file that a `file:` named."""


@dataclass(slots=True)
class Layered:
    """The merged tree with its origins and the faults met while reading it."""

    tree: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    unset: dict[str, str] = field(default_factory=dict)
    """Dotted path -> the fault, for each `env:NAME` that this environment does not have, and for each credential of a
    systemd service that does not run. All are among the faults."""


def read_layers(file: Path | None, environ: Mapping[str, str], root: type[BaseModel]) -> Layered:
    """Read the file, lay the environment over it, and resolve secret references.

    Raises:
        UserError: The file is no YAML mapping; nothing else can be said about it then.
    """
    layered = Layered()
    if file is not None:
        layered.tree = _read_yaml(file)
        _note_origins(layered, layered.tree, (), str(file))
    referenced = _list_references(layered.tree)
    for name in sorted(environ):
        if (
            name.startswith(_PREFIX)
            and name not in _NOT_SETTINGS | referenced
            and not name[len(_PREFIX) :].startswith(_NOT_SECTIONS)
        ):
            _overlay(layered, name, environ[name], root)
    layered.tree = _resolve(layered, layered.tree, (), environ, file.parent if file else Path())
    return layered


def _list_references(value: Any) -> set[str]:
    """Name the variables that the file refers to by `env:`: they hold secrets, whatever they are called."""
    if isinstance(value, Mapping):
        return set().union(*(_list_references(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_list_references(item) for item in value))
    return {value.removeprefix("env:")} if isinstance(value, str) and value.startswith("env:") else set()


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        loaded = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        _refuse_endless(loaded)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "unknown place"
        # Of a key that stands there twice, the library goes on to print both values, as it has read them so far.
        problem = str(error.problem).partition(" with value ")[0]
        raise UserError(f"{file} is not YAML", why=f"{problem} at {where}", do="Correct that line") from error
    except UnicodeDecodeError as error:
        raise _describe_encoding(file, error) from error
    except (OSError, YAMLError) as error:
        raise UserError(f"{file} cannot be read", why=str(error), do="Check the file and its permissions") from error
    except (ValueError, RecursionError) as error:  # A date such as 2026-02-30, an endless number, a thousand brackets.
        raise UserError(f"{file} holds a value that cannot be read", why=str(error), do="Correct that value") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise UserError(
            f"{file} is not a mapping", why=f"it holds a {type(loaded).__name__}", do="Start from `docs/settings.md`"
        )
    # `people:` with nothing below it is a section not filled in yet, not a section that is null.
    return {str(key): value for key, value in loaded.items() if value is not None}


def _describe_encoding(file: Path, error: UnicodeDecodeError) -> UserError:
    """Say in which line the first letter stands that is not UTF-8; a file that begins as UTF-16 does is named so."""
    if error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        why = "it was saved as UTF-16"
    else:
        line = error.object.count(b"\n", 0, error.start) + 1
        why = f"line {line} holds a letter that was not saved as UTF-8"
    return UserError(f"{file} cannot be read", why=why, do="Save it as UTF-8 in your editor")


def _refuse_endless(loaded: Any) -> None:
    count = 0
    pending = [(loaded, 0)]
    while pending:
        value, depth = pending.pop()
        count += 1
        if count > _MOST_VALUES or depth > _DEEPEST:
            message = (
                f"it has over {_MOST_VALUES:,} values, or lies over {_DEEPEST} levels deep; do its aliases repeat?"
            )
            raise ValueError(message)
        items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        pending += [(item, depth + 1) for item in items]


def _note_origins(layered: Layered, value: Any, path: tuple[str, ...], origin: str) -> None:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            _note_origins(layered, item, (*path, str(key)), origin)
    elif path:
        layered.origins[".".join(path)] = Origin(origin)


def _overlay(layered: Layered, name: str, text: str, root: type[BaseModel]) -> None:
    parts = [part.lower() for part in name[len(_PREFIX) :].split("__")]
    if parts[0] not in root.model_fields:
        near = difflib.get_close_matches(parts[0], root.model_fields, n=1)
        hint = f"; did you mean {_PREFIX}{near[0].upper()}?" if near else ""
        layered.faults.append(f"{name}: there is no section {parts[0]!r}{hint} [environment]")
        return
    if not all(parts):
        layered.faults.append(f"{name}: a part of the name is empty; write {_PREFIX}SECTION__NAME [environment]")
        return
    node = layered.tree
    for part in parts[:-1]:
        child = node.get(part)
        if not isinstance(child, dict):
            child = {}
            node[part] = child
        node = child
    node[parts[-1]] = value = _read_variable(text)
    dotted = ".".join(parts)
    for known in [key for key in layered.origins if key == dotted or key.startswith(f"{dotted}.")]:
        del layered.origins[known]
    _note_origins(layered, value, tuple(parts), f"environment {name}")


def _read_variable(text: str) -> Any:
    """Lists, maps and quoted text are read as YAML; anything else is text, which the setting's own type then reads.

    An id of `0` is the text "0", and an empty variable is the empty text, as the environment has it.
    """
    if not text.lstrip().startswith(("[", "{", '"', "'")):
        return text
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        return text


def _resolve(layered: Layered, value: Any, path: tuple[str, ...], environ: Mapping[str, str], base: Path) -> Any:
    """Replace `env:` and `file:` references by what they name; refuse secrets that stand in the settings themselves."""
    if isinstance(value, Mapping):
        return {key: _resolve(layered, item, (*path, str(key)), environ, base) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(layered, item, (*path, str(index)), environ, base) for index, item in enumerate(value)]
    if not isinstance(value, str) or path[0] in _SECTIONS_WITHOUT_REFERENCES:
        return value
    dotted = ".".join(path)
    if value.startswith("env:"):
        return _note_unsendable(layered, path, _resolve_environment(layered, dotted, value, environ))
    if value.startswith("file:"):
        return _note_unsendable(layered, path, _resolve_file(layered, dotted, value, base))
    if path[0] in _SECTIONS_WITH_SECRETS and _is_secret(path, value):
        layered.faults.append(
            f"{dotted}: a secret may not stand here; write env:NAME or file:PATH [{find_origin(layered, dotted)}]"
        )
        layered.origins[dotted] = Origin(find_origin(layered, dotted), secret=True)
    return value


def _is_secret(path: tuple[str, ...], value: str) -> bool:
    """Answer by the name (of the list, for an item of one), or by a password inside a URL."""
    if "://" in value:  # An address is no secret whatever it is called: `health_urls: {auth: http://...}`.
        return _holds_password(value)
    name = _find_name(path)
    return bool(value) and (is_secret_name(name) or (path[0] == "models" and name in _KEYS_OF_MODELS))


def _find_name(path: tuple[str, ...]) -> str:
    return next((part for part in reversed(path) if not part.isdigit()), "")


def _holds_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.password) or any(is_secret_name(name) for name, _ in parse_qsl(parts.query))
    except ValueError:  # No URL that can be read: whoever uses it says so.
        return "@" in url


def _resolve_environment(layered: Layered, dotted: str, reference: str, environ: Mapping[str, str]) -> str:
    name = reference.removeprefix("env:")
    origin = find_origin(layered, dotted)
    layered.origins[dotted] = Origin(f"{origin} -> environment {name}", secret=True)
    # A list of variables that was saved with the line ends of Windows gives each value one of them (`--env-file`).
    value = environ.get(name, "").rstrip("\r\n")
    if not value:
        state = "is empty" if name in environ else "is not set"
        if name != name.strip():
            state += f", and none is called that: write env:{name.strip()}, without a blank"
        layered.unset[dotted] = f"{dotted}: environment variable {name} {state} [{origin}]"
        layered.faults.append(layered.unset[dotted])
        return ""
    return value


def _resolve_file(layered: Layered, dotted: str, reference: str, base: Path) -> str:
    origin, path, text = find_origin(layered, dotted), base / reference.removeprefix("file:"), ""
    is_away = False
    try:
        path = base / Path(reference.removeprefix("file:")).expanduser()
        text = path.read_text(encoding="utf-8-sig").strip()  # Editors of Windows begin a file with a mark.
        fault = "" if text else "is empty"
    except OSError as error:
        fault = f"cannot be read: {error.strerror}"
        is_missing = isinstance(error, FileNotFoundError)
        is_away = is_missing and path.is_relative_to(_CREDENTIALS)
        if is_missing and dotted.startswith(_PROXIES):
            fault += f". The proxy makes it: start `fermata chaos proxy ... --token-file {path}` first"
    except UnicodeDecodeError:
        fault = "cannot be read: it is not UTF-8 text"
    except (RuntimeError, ValueError) as error:  # `~nobody/secret`, or a zero byte in the path.
        fault = f"cannot be read: {error}"
    layered.origins[dotted] = Origin(f"{origin} -> file {path}", secret=True, path=path)
    if fault:
        layered.faults.append(f"{dotted}: {path} {fault} [{origin}]")
    if is_away:
        layered.unset[dotted] = layered.faults[-1]
    return text


def _note_unsendable(layered: Layered, path: tuple[str, ...], secret: str) -> str:
    """Add a fault where a secret cannot be sent, and return it: what else is wrong is told beside that."""
    if path[0] not in _SECTIONS_WITH_SECRETS:
        return secret
    # Intake takes letters beyond ASCII, and so do the senders of alerts.
    fault = find_unsendable(_find_name(path), secret, ascii_only=path[0] != "server")
    if fault:
        dotted = ".".join(path)
        layered.faults.append(f"{dotted}: {fault} [{layered.origins[dotted].text}]")
    return secret


def find_origin(layered: Layered, dotted: str) -> str:
    """Return the origin of a value; for one that is not there, that of the section it is missing in."""
    while dotted:
        found = [origin for path, origin in layered.origins.items() if path == dotted or path.startswith(f"{dotted}.")]
        if found:
            return found[0].text.partition(" -> ")[0]
        dotted = dotted.rpartition(".")[0]
    return "settings"


def find_faults(
    error: ValidationError, layered: Layered, model: type[BaseModel], *, prefix: Sequence[str] = ()
) -> list[str]:
    """Turn a validation error into lines with path, fault and origin; a misspelt key comes with the right one."""
    lines = []
    faults = error.errors(include_input=False, include_url=False)
    for fault in faults:
        path = [*prefix, *(str(part) for part in fault["loc"])]
        if fault["type"] == "too_short" and any(_is_below(other["loc"], fault["loc"]) for other in faults):
            continue  # An item that is at fault itself is not missing besides.
        keys = _list_keys(model, path[len(prefix) :])
        message = describe_fault(fault["type"], fault["msg"], fault.get("ctx", {}), keys)
        if fault["type"] == "extra_forbidden":
            near = difflib.get_close_matches(path[-1], _list_keys(model, path[len(prefix) : -1]), n=1)
            message = "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
        dotted = ".".join(path)
        if _is_told(layered, dotted):
            continue
        lines.append(f"{dotted}: {message} [{find_origin(layered, dotted)}]" if path else message)
    return lines


def _is_below(inner: Sequence[int | str], outer: Sequence[int | str]) -> bool:
    return len(inner) > len(outer) and tuple(inner[: len(outer)]) == tuple(outer)


def _is_told(layered: Layered, dotted: str) -> bool:
    """Answer whether a reference that leads nowhere is at fault already: of this value, or of one in this section."""
    return bool(dotted) and any(fault.startswith((f"{dotted}: ", f"{dotted}.")) for fault in layered.faults)


def _list_keys(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """Return the keys that are known where a misspelt one stands; empty when any key may stand there."""
    current: list[type[BaseModel]] = [model]
    for part in path:
        annotations = [known.model_fields[part].annotation for known in current if part in known.model_fields]
        if not part.isdigit():  # A position in a list changes nothing: its items were found at the list's own name.
            current = [found for annotation in annotations for found in _find_models(annotation)]
    return [name for known in current for name in known.model_fields]


def _find_models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models an annotation speaks of: itself, the items of a list, the members of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _find_models(inner)
