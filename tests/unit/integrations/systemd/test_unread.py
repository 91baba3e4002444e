"""Variables of a unit's files on disk, as systemd would read them."""

import pytest

from fermata.integrations.systemd.client import SystemdClient, UnitInfo
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.unread import read_declared
from fermata.kit.clock import SystemClock

UNIT = "etc/systemd/system/checkout.service"


@pytest.fixture
def read(tmp_path):
    """Write files of a machine and read what they declare for checkout."""

    def read(files, paths=(UNIT,)):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        first, *further = (f"/{path}" for path in paths)
        unit = UnitInfo({"Id": "checkout.service", "FragmentPath": first, "DropInPaths": " ".join(further)})
        return read_declared(Site(SystemdClient(root=tmp_path), SystemClock()), unit)

    return read


def test_quotes_and_several_on_a_line_are_read_as_systemd_does(read):
    """One line may set several, and a quoted one holds blanks."""
    text = """[Service]
Environment=PORT=80 "GREETING=good day" \\
  RATE=5
 Environment = CURRENCY=eur
# Environment=OLD=1
ExecStart=/bin/true Environment=NO=1
"""

    assert read({UNIT: text}) == {"PORT": "80", "GREETING": "good day", "RATE": "5", "CURRENCY": "eur"}


def test_drop_in_that_is_new_on_disk_goes_after_the_unit(read):
    """It was added since systemd read the unit; it wins, and an empty line takes back all before it."""
    files = {
        UNIT: "[Service]\nEnvironment=PORT=80 RATE=5\n",
        f"{UNIT}.d/10-port.conf": "[Service]\nEnvironment=PORT=81\n",
    }
    assert read(files) == {"PORT": "81", "RATE": "5"}

    assert read({f"{UNIT}.d/20-none.conf": "[Service]\nEnvironment=\nEnvironment=ONLY=1\n"}) == {"ONLY": "1"}


def test_line_that_cannot_be_read_and_file_that_is_gone_are_left_out(read):
    """Such a line is left out by systemd, too."""
    files = {UNIT: '[Service]\nEnvironment="PORT=80\nEnvironment=RATE=5\n'}

    assert read(files, (UNIT, "etc/systemd/system/checkout.service.d/gone.conf")) == {"RATE": "5"}
