"""Files that nobody reads are told where they would be."""

import pytest

from fermata.flows.bundle.misplaced import describe_unread


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["answer.txt"], "files nobody reads: answer.txt"),
        (["notes/a.txt"], "files nobody reads: notes/a.txt"),
        (["zap.log"], "files nobody reads: zap.log; zap.log would be read under logs/"),
        (
            ["Logs/app.log", "log/pg.log", "zap.log.1"],
            (
                "files nobody reads: Logs/app.log, log/pg.log, zap.log.1; "
                "Logs/, log/ and zap.log.1 would be read under logs/"
            ),
        ),
        (["Metric/a.csv"], "files nobody reads: Metric/a.csv; Metric/ would be read under metrics/"),
        (["deployments/a.json"], "files nobody reads: deployments/a.json; deployments/ would be read under changes/"),
        (
            ["alerts/a.yaml", "alerts/b.yaml"],
            "files nobody reads: alerts/a.yaml, alerts/b.yaml; files in alerts/ end in .json, .jsonl and .ndjson",
        ),
        (
            ["changes/a.rst"],
            (
                "files nobody reads: changes/a.rst; "
                "files in changes/ end in .json, .jsonl, .ndjson, .diff, .patch, .txt and .log"
            ),
        ),
        (["state.tfstate"], "files nobody reads: state.tfstate; state.tfstate would be read under terraform/"),
    ],
)
def test_files_are_told_where_they_belong(names, said):
    """By the folder that theirs means, by how they end, or not at all."""
    assert describe_unread(names) == said


def test_many_files_are_counted():
    """Nobody reads a hundred names."""
    said = describe_unread([f"{number:03}.log" for number in range(100)])

    assert "019.log and 80 more; 000.log, 001.log, 002.log and 97 more would be read under logs/" in said
    assert "020.log" not in said
