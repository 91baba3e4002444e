"""Which files a command names, and when they were changed."""

import os
from datetime import UTC, datetime

import pytest

from fermata.ports.named_files import list_named_files

AT = 1_795_000_000


@pytest.fixture
def folder(tmp_path):
    """Give a folder with the files of a shop, all changed at one instant."""
    for name in ("app.py", "shop.yaml", "shop.rc", "shop.log", "shop.db", "app.jar", "odd name.toml"):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (AT, AT))
    (tmp_path / "conf.ini").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("python app.py --db shop.db >> shop.log", ["app.py"]),
        ("/usr/bin/serve --config {}/shop.yaml", ["shop.yaml"]),
        ("serve --config=shop.rc --log shop.rc", ["shop.rc"]),
        ("serve --config-file shop.rc", ["shop.rc"]),
        ('/bin/sh -c "ulimit -n 64; exec java -Xmx40m -jar app.jar @shop.yaml"', ["app.jar", "shop.yaml"]),
        ("java -Dspring.config.location=file:shop.yaml -jar app.jar", ["shop.yaml", "app.jar"]),
        ("serve --config 'odd name.toml' --config 'odd name.toml'", ["odd name.toml"]),
        ("serve conf.ini missing.yaml", []),
        ("serve 'app.py", []),
    ],
)
def test_settings_and_programs_are_found_in_the_words_of_a_command(folder, command, names):
    """Data and logs are written all the time, and tell nothing."""
    found = list_named_files(command.format(folder), folder)

    assert [file.path for file in found] == [str(folder / name) for name in names]
    assert {file.changed_at for file in found} <= {datetime.fromtimestamp(AT, UTC)}


def test_names_of_an_unknown_folder_are_left_out(folder):
    """Another folder may hold a file of that name."""
    assert list_named_files("python app.py", None) == ()
    assert len(list_named_files(f"python {folder}/app.py", None)) == 1
