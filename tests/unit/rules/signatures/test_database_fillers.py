"""What fills a database's disk by its own words."""

import pytest

from fermata.rules.kubernetes.logs import LogText
from fermata.rules.signatures.database_fillers import find_fillers


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('LOG: replication slot "cdc" is inactive', "a replication slot keeps its write-ahead log"),
        ("WARN slot cdc_old retains 212 GB of WAL", "a replication slot keeps its write-ahead log"),
        ("LOG:  archive command failed with exit code 1", "its write-ahead log cannot be archived, and is kept"),
        ('LOG:  temporary file: path "base/pgsql_tmp/t1.0", size 8123456789', "a query writes large temporary files"),
    ],
)
def test_log_that_names_what_keeps_room_is_quoted(line, words):
    """The latest line tells the latest amount."""
    log = LogText("db", "", "db", text=f"LOG: checkpoint complete\n{line} \n{line}")

    ((told, advice, quote),) = find_fillers([log])

    assert (told, quote.line, quote.text) == (words, 3, line)
    assert advice


def test_log_of_ordinary_work_names_nothing():
    """A slot that is read and a small temporary file are routine."""
    lines = ['LOG: logical decoding found replication slot "cdc"', 'LOG: temporary file: path "t1.0", size 8123']

    assert list(find_fillers([LogText("db", "", "db", text="\n".join(lines))])) == []
