"""The tutorial shows what `init` writes, to the letter."""

import textwrap
from pathlib import Path

from fermata.cli.setup.writing import SCHEMA, STATE_DIR, TOKEN
from fermata.flows.setup.checkout import find_supervisor
from fermata.flows.setup.detect import ALWAYS
from fermata.flows.setup.surroundings import Surroundings
from fermata.rules.setup.composing import Choices, Owner, write_settings_file

PAGE = Path(__file__).resolve().parents[4] / "docs" / "tutorial.md"
FOLDER = "/home/alice/first-incident"


def list_blocks(kind):
    """Give the blocks of one kind on the page."""
    return [part.partition("\n```")[0] + "\n" for part in PAGE.read_text().split(f"```{kind}\n")[1:]]


def test_settings_of_the_tutorial_are_what_init_writes(tmp_path):
    """With the supervisord of the page, Alice's name, and restarts permitted."""
    (tmp_path / "supervisord.conf").write_text(list_blocks("ini")[0])
    surroundings = Surroundings(tmp_path, tmp_path, supervisor_files=(tmp_path / "supervisord.conf",))

    written = write_settings_file(
        Choices(
            owner=Owner("alice", "Alice Moreau", "alice"),
            systems=(*ALWAYS, *find_supervisor(surroundings)),
            state_dir=STATE_DIR,
            token_file=f"{STATE_DIR}/{TOKEN}",
            schema_file=f"{STATE_DIR}/{SCHEMA}",
            permits_restarts=True,
        )
    )

    assert textwrap.dedent(list_blocks("yaml")[0]) == written.replace(str(tmp_path), FOLDER)
