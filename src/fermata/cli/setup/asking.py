"""The questions of `init`: what to use, who you are, and what may be proposed. Three, each with an answer to accept."""

from __future__ import annotations

import pwd
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import typer

from fermata.cli.opening import get_handle
from fermata.cli.output import get_console, get_line_width, say, show_controls, wrap_hanging
from fermata.integrations import resolve_system
from fermata.kit.errors import UserError
from fermata.ports.system import CheckResult
from fermata.rules.setup.composing import RESTARTS, Owner
from fermata.rules.setup.findings import Found

_ID = re.compile(r"[^\w.@+-]+")
_REACHED = frozenset({"docker", "kubernetes", "loki", "postgres", "prometheus", "supervisor", "systemd"})
"""Systems that somebody has to be reached for; the others are files, or wait for others to speak."""
_SHARED_ACCOUNTS = frozenset({"root", "admin", "ubuntu", "debian", "ec2-user", "pi"})
"""Login names that say nothing of who sits there: a card that reads "approved by root" names nobody."""
_RESERVED = frozenset({"fermata", "unknown"})
"""Ids that mean something else where ids stand."""


def note_missing_packages(found: Sequence[Found]) -> tuple[Found, ...]:
    """Return the findings; one whose integration needs a package that is not installed says so."""
    noted = []
    for one in found:
        try:
            resolve_system(one.system)
        except UserError as error:
            noted.append(replace(one, problem=one.problem or f"{error.why}. {error.do}"))
        else:
            noted.append(one)
    return tuple(noted)


def choose_defaults(found: Sequence[Found], named: Sequence[str] = ()) -> set[int]:
    """Return the positions that are taken without a question: of each system the first that needs no word.

    Args:
        named: Contexts that somebody named on the command line: that is the word.

    Raises:
        UserError: One of them is not there.
    """
    chosen: dict[str, int] = {}
    for name in named:
        position = next((n for n, one in enumerate(found) if one.section.get("context") == name), None)
        if position is None:
            known = ", ".join(str(one.section["context"]) for one in found if "context" in one.section) or "none"
            raise UserError(f"There is no context {name!r}", why=f"the kubeconfig has {known}")
        if found[position].problem:
            raise UserError(f"The context {name!r} cannot be used", why=found[position].problem)
        chosen[found[position].system] = position
    for position, one in enumerate(found):
        if one.is_default:
            chosen.setdefault(one.system, position)
    return set(chosen.values())


def guess_owner() -> Owner:
    """Return whoever is at the keyboard, as the operating system knows them."""
    handle = get_handle()
    try:
        full = pwd.getpwnam(handle).pw_gecos.partition(",")[0].strip()
    except KeyError:
        full = ""
    return name_owner(handle, full or handle)


def name_owner(handle: str, name: str) -> Owner:
    """Return a person of this name whose id can stand in the settings.

    The id is what cards and the journal show. It is the login name, or for an account that many use the first name.
    """
    first = name.split(maxsplit=1)[0].lower() if name.split() else ""
    own = _ID.sub("-", first if first and handle in _SHARED_ACCOUNTS else handle).strip("-")
    return Owner("operator" if not own or own.lower() in _RESERVED else own, name, handle)


def print_found(found: Sequence[Found], chosen: set[int]) -> None:
    """Show what was found, what of it is taken, and why the rest is not."""
    from rich.text import Text

    console = get_console()
    for position, one in enumerate(found):
        mark = ("  [x] ", "green") if position in chosen else ("  [!] ", "yellow") if one.problem else ("  [ ] ", "dim")
        number = f"{position + 1:>2}  "
        words = f"{one.title}: {one.detail}" if one.detail else one.title
        title = wrap_hanging(show_controls(words), width=get_line_width(console), indent=10)
        console.print(Text.assemble(mark, (number, "bold"), title), soft_wrap=True)
        for reason in _list_reasons(one):
            shown = wrap_hanging(show_controls(reason), width=get_line_width(console), indent=10)
            console.print(Text(" " * 10 + shown, style="yellow"), soft_wrap=True)


def _list_reasons(one: Found) -> list[str]:
    missing = [f"waits for {secret.variable}, which is not set: written as a comment" for secret in one.secrets]
    return [reason for reason in (one.problem, one.caution, *missing) if reason]


def ask_systems(found: Sequence[Found], chosen: set[int]) -> set[int]:
    """Show and ask until somebody is content; return the positions to use.

    Of one system there is one section: to take another context is to leave the first one out. What looks like
    production asks once more.
    """
    while True:
        print_found(found, chosen)
        answer = typer.prompt(
            "Use what is marked? Enter, or numbers to switch on and off", default="", show_default=False
        )
        numbers = [int(part) - 1 for part in re.findall(r"\d+", answer)]
        if not numbers:
            return chosen
        for number in numbers:
            chosen = _switch(found, chosen, number)


def _switch(found: Sequence[Found], chosen: set[int], number: int) -> set[int]:
    if not 0 <= number < len(found):
        say(f"There is no {number + 1}.")
        return chosen
    one = found[number]
    if number in chosen:
        return chosen - {number}
    if one.problem:
        say(f"{number + 1} cannot be used yet: {one.problem}")
        return chosen
    if one.caution and not typer.confirm(f"{show_controls(one.title)}: {one.caution}. Use it?", default=False):
        return chosen
    return {other for other in chosen if found[other].system != one.system} | {number}


def list_silent(systems: Sequence[Found], results: Sequence[CheckResult]) -> dict[str, str]:
    """Return the systems that could not be reached, each with the first sentence of its first finding."""
    silent = {}
    for one in systems:
        own = [result for result in results if result.name.startswith(f"{one.system}: ")]
        # The first thing a doctor looks at is whether anybody answers.
        if one.system in _REACHED and own and not own[0].ok:
            silent[one.system] = own[0].text.partition("\n")[0].partition(". ")[0]
    return silent


def ask_silent(silent: Mapping[str, str]) -> bool:
    """Ask whether those that do not answer are left out for now: each would be a gap on every card."""
    words = f"Leave out what does not answer ({', '.join(silent)})? It is kept in the file as comments"
    return typer.confirm(words, default=True)


def ask_owner(guess: Owner) -> Owner:
    """Ask for the name under which decisions are shown."""
    name = typer.prompt("Your name", default=guess.name).strip()
    return name_owner(guess.handle, name or guess.name)


def ask_restarts(systems: Sequence[Found]) -> bool:
    """Ask whether the mildest action may be proposed, where there is something it could be done to."""
    workloads = [one.system for one in systems if one.system in RESTARTS]
    if not workloads:
        return False
    words = f"May it propose restarts ({', '.join(workloads)})? Each one waits until you approve it"
    return typer.confirm(words, default=False)
