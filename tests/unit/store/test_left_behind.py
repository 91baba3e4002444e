"""A store that is not served is counted, and never changed."""

import sqlite3

from fermata.store.left_behind import count_incidents_in


def test_incidents_of_a_store_are_counted(tmp_path):
    """A name with signs of URLs in it is a name."""
    file = tmp_path / "what? #1.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE incidents (id TEXT)")
        connection.execute("INSERT INTO incidents VALUES ('inc-1'), ('inc-2')")
    connection.close()

    assert count_incidents_in(file) == 2


def test_what_is_no_store_holds_none_and_stays_as_it_is(tmp_path):
    """Absent, empty, another program's, no database at all."""
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("not a database, and long enough to be looked at as one " * 40)
    before = sorted(path.name for path in tmp_path.iterdir())

    counts = [count_incidents_in(tmp_path / name) for name in ("absent.db", "empty.db", "text.db", ".")]

    assert counts == [0, 0, 0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_store_with_a_write_ahead_log_gets_no_file_beside_it(tmp_path):
    """Fermata's own store has one; where somebody still serves it, what is in the log counts as well."""
    file = tmp_path / "fermata.db"
    serving = sqlite3.connect(file)
    serving.execute("PRAGMA journal_mode=WAL")
    serving.execute("CREATE TABLE incidents (id TEXT)")
    serving.execute("INSERT INTO incidents VALUES ('inc-1')")
    serving.commit()

    while_served = count_incidents_in(file)
    serving.close()
    at_rest = count_incidents_in(file)

    assert (while_served, at_rest) == (1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["fermata.db"]
