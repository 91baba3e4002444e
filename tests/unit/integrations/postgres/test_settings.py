import pytest
from pydantic import ValidationError

from fermata.integrations.postgres.settings import PostgresSettings, find_database_name

DSN = "postgresql://reader@db/shop"


@pytest.mark.parametrize(
    ("dsn", "name"),
    [
        (DSN, "shop"),
        ("postgres://reader:x@/shop?host=/run", "shop"),
        ("host=/run dbname=shop user=reader", "shop"),
        ("dbname='shop'", "shop"),
        ("postgresql://db", "postgres"),
        ("host=db", "postgres"),
    ],
)
def test_one_database_is_called_by_its_own_name(dsn, name):
    """Nobody has to repeat it."""
    assert find_database_name(dsn) == name
    assert list(PostgresSettings(dsn=dsn).list_databases()) == [name]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "set either dsn, or databases"),
        ({"dsn": DSN, "databases": {"a": {"dsn": DSN}}}, "set either dsn, or databases"),
        ({"databases": {"a": {"dsn": DSN}}, "write_dsn": DSN}, "belongs beside the dsn"),
        ({"databases": {"a/b": {"dsn": DSN}}}, "cannot name a database"),
        ({"dsn": DSN, "services": {"checkout": "shops"}}, "known are shop"),
        ({"dsn": "db.example.com"}, "write postgresql://"),
        ({"dsn": DSN, "timeout": 3}, "Extra inputs"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(values, words):
    """At start, and in words."""
    with pytest.raises(ValidationError, match=words):
        PostgresSettings(**values)


def test_password_does_not_show():
    """A DSN may hold one: it is a secret as a whole."""
    settings = PostgresSettings(dsn="postgresql://reader:hunter2@db/shop")

    assert "hunter2" not in repr(settings)
    assert settings.list_databases()["shop"].write_dsn.get_secret_value() == ""
