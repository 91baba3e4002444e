"""What a passage names: only where its writing says what it is."""

import pytest

from fermata.domain.evidence import EvidenceLine
from fermata.rules.runbooks.mentions import MentionKind, find_mentions


def find(text):
    """Give kind and name of what a text mentions."""
    lines = [EvidenceLine(number=number, text=line) for number, line in enumerate(text.split("\n"), start=1)]
    return [(mention.kind.value, mention.name) for mention in find_mentions(lines)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Check $DATABASE_URL first", [("variable", "DATABASE_URL")]),
        ("Check ${DATABASE_URL} first", [("variable", "DATABASE_URL")]),
        ("run with POOL_SIZE=10", [("variable", "POOL_SIZE")]),
        ("the `POOL_SIZE` is too small", [("variable", "POOL_SIZE")]),
        ("the environment variable POOL_SIZE", [("variable", "POOL_SIZE")]),
        ("a CONNECTION_REFUSED means that it is down", []),
        ("if STATUS_CODE == 500 then", []),
        ("edit `config.yaml`", [("file", "config.yaml")]),
        ("edit `/etc/checkout/app.properties` on the host", [("file", "app.properties")]),
        ("any `*.yaml` will do", []),
        ("write it in yaml. Then go on", []),
        ("runs `registry.test:5000/shop/checkout:1.4.2`", [("image", "registry.test:5000/shop/checkout:1.4.2")]),
        ("open `http://localhost:8080/health`", []),
        ("see `deployment/checkout`", [("object", "deployment/checkout")]),
        (
            "see `deploy/checkout` and `svc/checkout`",
            [("object", "deployment/checkout"), ("object", "service/checkout")],
        ),
        ("deployment checkout in prose", []),
    ],
)
def test_line_names_what_its_writing_says(text, expected):
    """Prose in capitals is no variable, and a sentence's end no file."""
    assert find(text) == expected


def test_block_of_code_is_code():
    """Each line between fences counts, and says which tool acts; the fence itself and what follows do not."""
    text = "Do:\n```sh\n$ kubectl rollout restart deployment checkout\nsudo systemctl restart nginx\n```\nconfig.yaml"

    assert find(text) == [("object", "deployment/checkout"), ("tool", "kubectl"), ("tool", "systemctl")]


def test_name_is_told_once_with_its_first_line():
    """The words of its line tell what it is about."""
    lines = [
        EvidenceLine(number=7, text="The database is in `config.yaml`"),
        EvidenceLine(number=9, text="`config.yaml`"),
    ]

    (mention,) = find_mentions(lines)

    assert (mention.kind, mention.line) == (MentionKind.FILE, 7)
    assert "database" in mention.words
