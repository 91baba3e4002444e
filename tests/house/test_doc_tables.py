"""Tables of the documentation that repeat what code says, compared with the code; and links that lead somewhere."""

import re
from pathlib import PurePosixPath

import pytest

import write_signatures
from fermata.domain import facts
from fermata.domain.evidence import EvidenceKind
from fermata.domain.record import Record
from fermata.flows.meters import Meters
from fermata.rules.conditions import VARIABLES

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
# The records of facts that belong to a kind; the rest are parts of these.
FACTS = (
    "StateFacts", "LogFacts", "EnvironmentFacts", "ResourceFacts", "ChangeFacts", "DesiredFacts", "MetricFacts",
    "ObjectFacts", "GraphFacts", "TraceFacts", "ProviderStatusFacts", "LogPatternFacts",
    "DatabaseLoadFacts", "RunbookFacts", "TicketFacts",
)  # fmt: skip


def list_rows(text, columns):
    """Give the rows of all tables with this many columns, cells stripped."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in rows if len(row) == columns]


def test_signatures_page_is_current(texts):
    """The page is what the catalogue says: `python tools/write_signatures.py` writes it."""
    assert texts["docs/signatures.md"] == write_signatures.describe_signatures()


def test_every_kind_of_evidence_is_on_its_page(texts):
    """Each kind is listed once, with its record and all of that record's fields."""
    rows = {row[0].strip("`"): row for row in list_rows(texts["docs/evidence.md"], 3) if row[0].startswith("`")}
    kinds = {kind.value for kind in EvidenceKind}
    records = {row[1].strip("`"): set(re.findall(r"`(\w+)`", row[2])) for kind, row in rows.items() if kind in kinds}

    assert kinds <= set(rows)
    assert set(FACTS) == set(records) - {"none"}
    for name in FACTS:
        record = getattr(facts, name)
        assert issubclass(record, Record)
        assert set(record.model_fields) <= records[name], name


def test_every_metric_is_on_its_page(texts):
    """Name and labels of each metric, as `/metrics` has them."""
    listed = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1]))
        for row in list_rows(texts["docs/operations.md"], 3)
        if row[0].startswith("`fermata_")
    }
    meters = {
        meter._name + ("_total" if meter._type == "counter" else ""): set(meter._labelnames)
        for meter in vars(Meters()).values()
        if hasattr(meter, "_labelnames")
    }

    assert listed == meters


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_every_variable_of_conditions_is_on_its_page(texts, name):
    """A variable with exactly the fields a condition may use."""
    section = texts["docs/policy.md"].partition("\n## Conditions\n")[2].partition("\n## ")[0]
    rows = [row[0] for row in list_rows(section, 2) if re.search(rf"`{name}[.`]", row[0])]

    assert rows, f"{name} is not in the table"
    assert {field for row in rows for field in re.findall(r"\.(\w+)", row)} == VARIABLES[name]


def test_links_lead_somewhere(texts):
    """Every relative link of a page names a file that is there, and a heading that is in it."""
    broken = []
    for name, text in texts.items():
        if not name.startswith("docs/") or not name.endswith(".md"):
            continue
        for path, heading in LINK.findall(text):
            target = resolve(name, path)
            if target.endswith("/") or "." not in PurePosixPath(target).name:
                there = any(other.startswith(target.rstrip("/") + "/") for other in texts)
            else:
                there = target in texts and (not heading or heading in list_anchors(texts[target]))
            if not there:
                broken.append(f"{name}: {path}{'#' + heading if heading else ''}")

    assert broken == []


def resolve(page, path):
    """Give a link's target from the root of the tree."""
    parts = list(PurePosixPath(page).parent.parts) if path else [page]
    for part in path.split("/") if path else []:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def list_anchors(text):
    """Give the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
