"""What must hold of everything that people and models are shown, whatever stands in the evidence."""

import io
import re
import unicodedata
from html.parser import HTMLParser
from types import SimpleNamespace

from rich.console import Console

from fermata.cli.cards import print_card
from fermata.domain.ids import PersonId
from fermata.domain.person import Person
from fermata.integrations.console.render import render_text
from fermata.testing.clock import FakeClock
from fermata.web.incidents import present
from fermata.web.rendering import Pages

_OPEN = re.compile(r"<<<data (?P<mark>\S+) from .+")
# Default-ignorable code points that Unicode does not count as controls: fillers, joiners of graphemes, selectors, tags.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")


def list_harmful(text):
    """Give the characters that steer a terminal, turn a line around or are not seen; tab and line feed may stay."""
    steering = {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs")} - {"\n", "\t"}
    return sorted(f"U+{ord(char):04X}" for char in steering | set(_UNSEEN.findall(text)))


def print_to_text(card):
    """Give the card as `fermata show` prints it."""
    out = io.StringIO()
    print_card(Console(file=out, width=100, no_color=True, force_terminal=False), card)
    return out.getvalue()


def print_to_console(card):
    """Give the card as the console channel prints it."""
    return render_text(card)


def render_page(view):
    """Give the incident's page as somebody who is signed in gets it."""
    person = Person(id=PersonId("dana"), name="Dana", roles=("oncall",))
    return Pages(FakeClock(view.incident.started_at)).render(
        "incident.html",
        view=view,
        session=SimpleNamespace(csrf="secret-of-the-form", person=person),
        said=None,
        **present(view, view.incident.started_at),
        live_url="/fragments/incidents/x",
        version="1",
    )


class _Markup(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.addresses, self.handlers, self.texts = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "srcset", "poster", "background"):
                self.addresses.append((tag, name, value or ""))
            if name.startswith("on") or name == "style":
                self.handlers.append((tag, name))

    def handle_data(self, data):
        self.texts.append(data)


def read_markup(page):
    """Give what a browser would act on in a page."""
    parser = _Markup()
    parser.feed(page)
    parser.close()
    return parser


def split_fences(content):
    """Give (outside, fences): the lines that stand in no fence, and each fence as (mark, lines).

    Reads as strictly as a model might: only the end with the mark of its own beginning closes a fence.
    """
    outside, fences, open_mark = [], [], None
    for line in content.split("\n"):
        if open_mark is None and (match := _OPEN.fullmatch(line)):
            open_mark = match["mark"]
            fences.append((open_mark, []))
        elif open_mark is not None and line == f">>>end {open_mark}":
            open_mark = None
        elif open_mark is None:
            outside.append(line)
        else:
            fences[-1][1].append(line)
    assert open_mark is None, "a fence was never closed"
    return outside, fences
