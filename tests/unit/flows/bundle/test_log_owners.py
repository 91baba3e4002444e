"""A log belongs to what runs under its name, whatever else its file is called."""

import pytest

PS = """\
NAME         IMAGE        COMMAND    SERVICE   CREATED       STATUS       PORTS
shop-web-1   shop/web:1   "python"   web       2 hours ago   Up 2 hours
shop-api-1   shop/api:1   "python"   api       2 hours ago   Up 2 hours
shop-api-2   shop/api:1   "python"   api       2 hours ago   Up 2 hours
"""


@pytest.mark.parametrize(
    ("name", "ref"),
    [
        ("web", "docker:container/web/shop-web-1"),
        ("web-stderr", "docker:container/web/shop-web-1"),
        ("shop-web-1", "docker:container/web/shop-web-1"),
        ("web_docker.build", "docker:container/web/shop-web-1"),
        ("checkout-build", "service/checkout"),
        ("api", "service/api"),
        ("webhook", "service/webhook"),
        ("mail-build", "service/mail-build"),
    ],
)
def test_log_is_of_the_one_that_runs_under_its_name(folder, name, ref):
    """Of several, or of nobody that is known, it stays the service's that its file names."""
    folder.write("alerts/a.json", {"title": "Down", "service": "checkout", "started_at": "2026-11-23T12:00:00Z"})
    folder.write("objects/ps.txt", PS)
    folder.write(f"logs/{name}.log", "ERROR it fails\n")

    (log,) = folder.list_evidence("logs")

    assert log.entity.ref == ref


def test_lines_of_compose_logs_are_those_of_their_programs(folder, texts):
    """What compose writes before each hides a stack from whoever reads it; the numbers are the file's."""
    folder.write(
        "logs/all.log", 'web-1  | Traceback (most recent call last):\napi-1  | ready\nweb-1  |   File "a.py"\n'
    )

    web, _ = folder.list_evidence("logs")

    assert texts(web) == ["Traceback (most recent call last):", '  File "a.py"']
    assert [line.number for line in web.lines] == [1, 3]
