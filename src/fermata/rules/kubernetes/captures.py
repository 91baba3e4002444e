"""Everything that was captured, by kind and object, before any of it is read closely.

Sorting comes first and reading on demand: a kind is indexed when somebody first asks for it, and the text about an
object is read when somebody first asks for its detail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.holdings import Holding
from fermata.rules.kubernetes.homes import Homes
from fermata.rules.kubernetes.kinds import find_kind
from fermata.rules.kubernetes.kubectl.answers import is_refusal
from fermata.rules.kubernetes.kubectl.commands import parse_command
from fermata.rules.kubernetes.kubectl.objects_text import iter_objects, list_contents, place_objects
from fermata.rules.kubernetes.objects import Passage
from fermata.rules.kubernetes.sorting import Answers, Round, sort_kind


class Captures:
    """The documents of a capture, sorted when somebody asks.

    Args:
        documents: In the order they were captured.
        asked: The namespace that is asked about, if that is one: see `Homes`.
    """

    def __init__(self, documents: Iterable[Document], asked: str = "") -> None:
        self._asked = asked
        self.documents = tuple(documents)
        self._holdings: dict[str, Holding] = {}
        self._known: dict[str, dict[str, set[str]]] = {}

    def of(self, kind: str) -> Holding:
        """Return all of one kind, in the API's spelling; what was never captured is empty."""
        found = self._holdings.get(kind)
        if found is None:
            found = self._holdings[kind] = sort_kind(
                kind,
                self._find_home,
                answers=Answers(
                    gets=[*self.by_kind.get(("get", kind), ()), *self.by_kind.get(("top", kind), ())],
                    descriptions=self.by_kind.get(("describe", kind), ()),
                    rounds=self.rounds.get(kind, ()),
                ),
                api=self.api_objects.get(kind, ()),
                api_lists=self.api_lists.get(kind, {}),
            )
        return found

    @cached_property
    def _parted(self) -> tuple[list[Document], list[Round]]:
        """Return the kubectl documents, those apart whose command was given for one object after the other."""
        others: list[Document] = []
        alike: defaultdict[str, list[tuple[str, Document]]] = defaultdict(list)
        kubectl = DocumentForm.KUBECTL  # Looked up once, of thousands.
        for document in (each for each in self.documents if each.form is kubectl):
            words = document.query.split(None, 4)
            if len(words) > 3 and words[1] in ("get", "describe") and words[3][0] != "-":
                name, words[3] = words[3], ""
                alike[" ".join(words)].append((name, document))
            else:
                others.append(document)
        rounds: list[Round] = []
        for answers in alike.values():
            command = parse_command(answers[0][1].query)
            if len(command.kinds) == 1 and len(command.names) == 1 and not command.piped:
                rounds.append(Round(command, answers))
            else:
                others += [document for _, document in answers]
        # What the server says of an absent object is quoted from the answer to `get`.
        return others, sorted(rounds, key=lambda each: each.command.verb, reverse=True)

    @cached_property
    def rounds(self) -> Mapping[str, list[Round]]:
        """Return the commands about one object by its kind, each with the answers for all objects in turn."""
        found: dict[str, list[Round]] = {}
        for each in self._parted[1]:
            found.setdefault(each.command.kinds[0], []).append(each)
        return found

    @cached_property
    def by_target(self) -> Mapping[tuple[str, str], list[Document]]:
        """Return the kubectl documents that are in no round by verb and by what the command names first, as spelt."""
        found: dict[tuple[str, str], list[Document]] = {}
        for document in self._parted[0]:
            words = document.query.split(None, 3)
            if len(words) < 3 or words[0] != "kubectl" or words[2].startswith("-") or words[1].startswith("-"):
                command = parse_command(document.query)
                target = (command.verb, ",".join(command.kinds))
            else:
                target = (words[1], words[2])
            found.setdefault(target, []).append(document)
        return found

    @cached_property
    def by_kind(self) -> Mapping[tuple[str, str], list[Document]]:
        """Return those documents by verb and kind; one that names several kinds stands under each."""
        found: dict[tuple[str, str], list[Document]] = {}
        for (verb, word), documents in self.by_target.items():
            known = [find_kind(part.partition("/")[0]) for part in word.split(",")]
            kinds = dict.fromkeys(kind.name for kind in known if kind is not None)
            if not kinds:
                kinds = dict.fromkeys(kind for document in documents for kind in parse_command(document.query).kinds)
            for kind in kinds:
                found.setdefault((verb, kind), []).extend(documents)
        return found

    def answers(self, verb: str, kind: str) -> Iterator[Document]:
        """Yield all documents of a verb and kind."""
        yield from self.by_kind.get((verb, kind), ())
        for each in self.rounds.get(kind, ()):
            if each.command.verb == verb:
                yield from (document for _, document in each.answers)

    @cached_property
    def described(self) -> Iterable[str]:
        """Return the kinds of which something is described, in the order captured."""
        kinds = [kind for verb, kind in self.by_kind if verb == "describe"]
        return dict.fromkeys(
            (*kinds, *(each.command.kinds[0] for each in self._parted[1] if each.command.verb == "describe"))
        )

    @cached_property
    def api_objects(self) -> Mapping[str, list[tuple[Mapping[str, Any], Passage]]]:
        """Return the objects of API documents by kind, each with where it stands."""
        found: dict[str, list[tuple[Mapping[str, Any], Passage]]] = {}
        for document in self.documents:
            if document.form is DocumentForm.API:
                bodies = [body for item in document.objects for body in iter_objects(item)]
                for body, passage in place_objects(document, bodies):
                    found.setdefault(str(body["kind"]), []).append((body, passage))
        return found

    @cached_property
    def api_lists(self) -> Mapping[str, Mapping[str, Document]]:
        """Return the API documents that hold all objects of a kind, by kind and namespace.

        A list of one kind is all there is, in the namespaces it shows, unless it says that it goes on.
        """
        found: dict[str, dict[str, Document]] = {}
        for document in self.documents:
            for item in document.objects:
                for kind, namespace in list_contents(item):
                    found.setdefault(kind, {}).setdefault(namespace, document)
        return found

    @cached_property
    def home(self) -> str:
        """Return the namespace of commands that name none, where nothing they list is known: see `Homes.usual`."""
        return self._find_home.usual

    def locate(self, named: Iterable[tuple[str, str]]) -> str:
        """Return the namespace that an answer to a command without one is from.

        It is `home` where that has something of what the answer names, and the only one that has something that no
        other namespace has by that name; else `home`, as nobody can tell.

        Args:
            named: Kind and name of objects, all of one namespace.
        """
        spaces = [self._spaces(kind).get(name, set()) for kind, name in named]
        if any(self.home in found for found in spaces):
            return self.home
        only = {next(iter(found)) for found in spaces if len(found) == 1}
        return only.pop() if len(only) == 1 else self.home

    def _spaces(self, kind: str) -> Mapping[str, set[str]]:
        """Return the namespaces that have an object of a kind, by its name."""
        found = self._known.get(kind)
        if found is None:
            found = self._known[kind] = {}
            for key in self.of(kind).pieces:
                found.setdefault(key.name, set()).add(key.namespace)
        return found

    @cached_property
    def _find_home(self) -> Homes:
        # Whoever keeps it does not keep the captures, which keep him: without such rings, all that a diagnosis read
        # is gone with it, and does not wait for the collector.
        others, rounds = self._parted
        commands = [parse_command(document.query) for document in others if "-n" in document.query]
        return Homes(self.documents, [*commands, *(each.command for each in rounds)], self._asked)

    @cached_property
    def refusals(self) -> tuple[tuple[Document, str], ...]:
        """Return the documents whose command was refused, with the first line of the answer."""
        return tuple(
            (document, document.text.strip().partition("\n")[0])
            for document in self.documents
            if document.form is DocumentForm.KUBECTL and is_refusal(document.text)
        )
