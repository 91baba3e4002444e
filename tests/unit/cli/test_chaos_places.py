"""Places that are called like production are named on stderr, five of them."""

from fermata.cli.chaos_places import warn_of_production


def test_more_than_five_names_are_counted(capsys):
    """A whole graph of production is no wall of lines; other names give none."""
    warn_of_production([*(f"shop{number}.prod" for number in range(7)), "shop"])

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 6
    assert told[-1] == "fermata: so do 2 other names"


def test_ordinary_names_say_nothing(capsys):
    """Nothing is no word."""
    warn_of_production(["shop", "product-page"])

    assert capsys.readouterr().err == ""
