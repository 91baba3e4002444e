"""Ranking the services of some files."""

import json
import os
from pathlib import Path

import pytest

from fermata.flows.bundle.metric_rank import rank_files
from fermata.kit.errors import UserError

GRAPH = '{"services": ["web", "cart", 5], "edges": [{"from": "web", "to": "cart"}]}'


@pytest.fixture
def folder(tmp_path):
    """Give a folder with a graph and with metrics of a cart that got slow."""
    rows = [f"{10 * n},{0.5 if n < 20 else 0.9},{0.1 if n < 20 else 0.5}" for n in range(30)]
    (tmp_path / "all.csv").write_text("\n".join(["time,web:latency,cart:latency", *rows]))
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "graph.json").write_text(GRAPH)
    return tmp_path


def test_slow_callee_is_ranked_first(folder):
    """Files and folders alike; what cannot be used is named."""
    (folder / "broken.json").write_text('{\n"x": }')
    (folder / "odd.csv").write_text("time,db:latency\nsoon,1\n10,2\n")

    ranked = rank_files([folder], folder / "graph.json", target="web", onset=200)

    assert [item.node for item in ranked.ranking.items][:1] == ["cart"]
    assert [warning.removeprefix(str(folder)) for warning in ranked.warnings] == [
        '/graph.json: entries of "services" that are no objects: 3',
        "/broken.json:2: it is not JSON: Expecting value (column 6)",
        "/odd.csv: 1 rows without a time, the first on line 2",
    ]


def _write(folder, columns, count=30, step_at=20):
    """Write a table: heading -> (before, after), a point each ten seconds."""
    rows = [
        ",".join(
            str(value) for value in [10 * n, *(after if n >= step_at else before for before, after in columns.values())]
        )
        for n in range(count)
    ]
    path = folder / "table.csv"
    path.write_text("\n".join([",".join(["time", *columns]), *rows]))
    return path


@pytest.mark.parametrize("column", ["worker:messages_in", "worker:requests_per_s", "worker:widgets"])
def test_stop_is_told_though_nobody_is_named(tmp_path, column):
    """Nothing got slow, nothing fails, and it is not calm."""
    ranked = rank_files([_write(tmp_path, {column: (100, 0), "front:requests": (90, 90)})], None)

    assert not ranked.ranking.abnormal
    assert not ranked.is_calm
    assert ranked.ranking.why == "nothing that is judged left its normal range"
    assert [(item.shift.series.name, item.shift.before, item.shift.after) for item in ranked.moved] == [
        (column, 100, 0)
    ]


def test_calm_files_are_calm(tmp_path):
    """A third more is weather."""
    ranked = rank_files([_write(tmp_path, {"worker:messages_in": (100, 130)})], None)

    assert (ranked.is_calm, ranked.moved, ranked.ranking.why) == (True, (), "nothing left its normal range")


def test_move_that_the_ranking_does_not_tell_is_told_beside_it(tmp_path):
    """Slowness belongs to somebody, and a load that an entry names is told; a worker that stopped is not."""
    columns = {
        "web:latency": (0.2, 2.1),
        "db:latency": (0.01, 1.9),
        "db:requests": (100, 900),
        "worker:widgets": (93, 1),
    }
    graph = tmp_path / "graph.json"
    graph.write_text('{"edges": [{"from": "web", "to": "db"}, {"from": "web", "to": "worker"}]}')

    ranked = rank_files([_write(tmp_path, columns)], graph)

    assert ranked.ranking.items[0].node == "db"
    assert not ranked.is_calm
    assert [item.shift.series.name for item in ranked.moved] == ["worker:widgets"]


def test_target_keeps_its_reason(tmp_path):
    """What moved beside it is told all the same."""
    ranked = rank_files([_write(tmp_path, {"web:latency": (1, 1), "worker:widgets": (9, 0)})], None, target="web")

    assert ranked.ranking.why == "nothing that web depends on moved with it"
    assert [item.shift.series.service for item in ranked.moved] == ["worker"]


def test_onset_that_is_late_is_said(folder):
    """The fault is then part of what is taken for normal."""
    ranked = rank_files([folder / "all.csv"], folder / "graph.json", onset=270)

    assert not ranked.is_calm
    assert ranked.ranking.why == (
        "nothing left its normal range from 1970-01-01T00:04:30.000Z on; cart left it before, at "
        "1970-01-01T00:03:20.000Z: latency rose from 0.1 to 0.5 (5 times). Give that onset, or none"
    )


def test_onset_behind_a_stop_is_said_by_what_moved(tmp_path):
    """No entry names it, and it did not begin at the onset that was given."""
    path = _write(tmp_path, {"worker:messages_in": (100, 0)}, step_at=12)

    ranked = rank_files([path], None, onset=240)

    assert [(item.shift.series.service, item.shift.onset) for item in ranked.moved] == [("worker", 120)]
    assert not ranked.is_calm


def test_onset_of_a_calm_system_is_calm(tmp_path):
    """There is no earlier trouble either."""
    assert rank_files([_write(tmp_path, {"web:latency": (1, 1)})], None, onset=250).is_calm


def test_graph_is_not_needed(folder):
    """Each node then speaks for itself."""
    assert rank_files([folder / "all.csv"], None).ranking.items[0].node == "cart"


def test_graph_of_another_system_is_told(folder):
    """A name in common is enough; with none the graph says nothing of these metrics."""
    other, empty = folder / "other.json", folder / "empty.json"
    other.write_text('{"edges": [{"from": "shop", "to": "pay"}]}')
    empty.write_text('{"edges": []}')

    told = [rank_files([folder / "all.csv"], graph).warnings for graph in (other, folder / "graph.json", empty, None)]

    (warning,) = told[0]
    assert warning.startswith(f"{other}: it shares no name with the metrics, so each node speaks for itself: ")
    assert warning.endswith(": the graph has pay, shop, the metrics have cart, web")
    assert not any("shares no name" in warning for warnings in told[1:] for warning in warnings)


def test_nothing_usable_is_refused(folder):
    """With the reasons."""
    with pytest.raises(UserError, match="cannot be opened"):
        rank_files([folder / "absent.csv"], None)


def test_graph_that_cannot_be_read_is_refused(folder):
    """Ranking without it would be another answer than the one asked for."""
    with pytest.raises(UserError, match="cannot be used"):
        rank_files([folder], folder / "notes.txt")


def test_unknown_target_is_refused(folder):
    """A typing error must not read as a calm system."""
    with pytest.raises(UserError, match="wbe is not known"):
        rank_files([folder], folder / "graph.json", target="wbe")


@pytest.mark.parametrize("onset", [-10, 0, 320, 1_795_000_000])
def test_onset_outside_of_what_was_recorded_is_refused(folder, onset):
    """It must not read as a calm system."""
    with pytest.raises(UserError, match=r"outside what was recorded.*from 1970-01-01T00:00:00\.000Z to 1970"):
        rank_files([folder / "all.csv"], None, onset=onset)


def test_file_that_cannot_be_used_costs_no_other(folder):
    """Neither one that is not there, nor a folder, a pipe, or a value that no record can hold."""
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    (folder / "wide.csv").write_text('time,db:latency\n10,"' + "1" * 200_000 + '"\n')

    ranked = rank_files([folder, folder / "absent.csv"], None)

    assert ranked.ranking.items[0].node == "cart"
    told = [warning.removeprefix(f"{folder}/") for warning in ranked.warnings]
    assert "absent.csv: it cannot be opened: No such file or directory" in told
    assert "folder.csv: it is a folder" in told
    assert "pipe.csv: it is no regular file" in told
    assert any(warning.startswith("wide.csv: it holds a value that cannot be used") for warning in told)


def test_folder_that_cannot_be_listed_is_named(folder, monkeypatch):
    """The others are read."""
    hidden = folder / "hidden"
    hidden.mkdir()
    list_folder = Path.iterdir

    def fail(path):
        if path == hidden:
            raise PermissionError(13, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(Path, "iterdir", fail)

    ranked = rank_files([hidden, folder / "all.csv"], None)

    assert ranked.warnings == (f"{hidden}: the folder cannot be listed: Permission denied",)


def test_folder_without_metrics_is_refused_with_a_reason(tmp_path):
    """No reason would read like a riddle."""
    with pytest.raises(UserError, match="the folder holds none"):
        rank_files([tmp_path], None)


def test_answers_without_a_number_are_refused(tmp_path):
    """A system that measured nothing is not a calm one."""
    path = tmp_path / "answer.json"
    path.write_text('{"name": "web:latency", "points": [[1, "NaN"], [2, null]]}')

    with pytest.raises(UserError, match="hold no number"):
        rank_files([path], None)


def test_target_without_a_series_is_not_calm(tmp_path):
    """That nothing of it moved is no wonder, and no all-clear."""
    (tmp_path / "graph.json").write_text(GRAPH)
    metrics = _write(tmp_path, {"cart:latency": (1, 1)})

    ranked = rank_files([metrics], tmp_path / "graph.json", target="web")

    assert not ranked.is_calm
    assert ranked.ranking.why.startswith("web is not measured: ")


def _answer(path, *results):
    told = [
        {"metric": labels, "values": [[10 * place, str(value)] for place, value in points]}
        for labels, points in results
    ]
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": told}}))
    return path


def test_counter_of_failures_is_read_as_its_rate(tmp_path):
    """Beside a status the counter is one still: what it holds is no amount."""
    good = [(place, 100 * place) for place in range(60)]
    bad = [(place, 40 * max(place - 30, 0)) for place in range(60)]
    file = _answer(
        tmp_path / "m.json",
        ({"__name__": "http_requests_total", "service": "pay", "code": "200"}, good),
        ({"__name__": "http_requests_total", "service": "pay", "code": "503"}, bad),
    )

    (item,) = rank_files([file], None).ranking.items

    assert item.why == "http_requests_total_5xx rose from 0 to 4; nothing that it calls was looked at."


def test_service_that_is_measured_no_more_is_not_calm(tmp_path):
    """A gap is no zero, and no all-clear either."""
    file = _answer(
        tmp_path / "m.json",
        ({"__name__": "http_requests_total", "service": "web"}, [(place, 100 * place) for place in range(60)]),
        ({"__name__": "http_requests_total", "service": "pay"}, [(place, 100 * place) for place in range(40)]),
    )

    ranked = rank_files([file], None)

    assert (ranked.is_calm, ranked.ranking.why) == (False, "nothing that is judged left its normal range")
    assert [(stop.node, stop.since) for stop in ranked.stopped] == [("pay", 390)]


def test_file_that_follows_goes_on_with_a_service(tmp_path):
    """One recording in two files is one; a file that ends is no service that stopped."""
    web = {"__name__": "http_requests_total", "service": "web"}
    pay = {"__name__": "http_requests_total", "service": "pay"}
    whole = _answer(
        tmp_path / "a.json",
        (web, [(place, 100 * place) for place in range(60)]),
        (pay, [(place, 100 * place) for place in range(40)]),
    )
    rest = _answer(tmp_path / "b.json", (pay, [(place, 100 * place) for place in range(40, 60)]))

    assert rank_files([whole, rest], None).stopped == ()


def test_sum_and_count_of_two_files_are_one_mean(tmp_path):
    """Each query is a file of its own; twice the traffic is no slowness."""
    asked = [(place, 100 * place + 100 * max(place - 30, 0)) for place in range(60)]
    files = [
        _answer(tmp_path / f"{part}.json", ({"__name__": f"wait_seconds_{part}", "service": "web"}, points))
        for part, points in (("sum", [(place, value / 2) for place, value in asked]), ("count", asked))
    ]

    ranked = rank_files(files, None)

    assert (ranked.ranking.items, [item.shift.series.metric for item in ranked.moved]) == ((), ["wait_seconds_count"])


def test_what_moved_is_told_by_the_labels_that_tell_it_apart(tmp_path):
    """Three queues of one broker are three answers, and one fills."""
    file = _answer(
        tmp_path / "m.json",
        *(
            (
                {"__name__": "letters", "job": "rabbit", "queue": queue},
                [(at, 5 if at < 30 else full) for at in range(60)],
            )
            for queue, full in (("orders", 900), ("mails", 5))
        ),
    )

    (item,) = rank_files([file], None).moved

    assert item.why == "letters rose from 5 to 900 (180 times) (queue orders)"
