"""Each in a process of its own: in this one dbos and the driver may be loaded already."""

import subprocess
import sys


def run(code):
    """Run statements in a new process, with the driver on demand at hand; they assert."""
    start = "import sys\nfrom fermata.engine.driver import driver_on_demand\n"
    subprocess.run([sys.executable, "-c", start + code], check=True, timeout=60)


def test_dbos_loads_without_the_driver():
    """It needs names of it only for errors of PostgreSQL's."""
    run(
        "with driver_on_demand(): import dbos\n"
        "assert not [name for name in sys.modules if name.partition('.')[0].startswith('psycopg')]\n"
    )


def test_names_that_dbos_asks_for_are_the_drivers():
    """What an error is compared with is its real class."""
    run(
        "with driver_on_demand():\n"
        "    from dbos import _sys_db, _utils\n"
        "late = _utils.psycopg.OperationalError, _utils.psycopg.errors.ConnectionTimeout, _sys_db.pg_errors.Error\n"
        "import psycopg\n"
        "assert late == (psycopg.OperationalError, psycopg.errors.ConnectionTimeout, psycopg.errors.Error)\n"
        "assert psycopg.connect and psycopg.__file__\n"
    )


def test_driver_that_is_loaded_stays():
    """A store on PostgreSQL has brought it in."""
    run("import psycopg\nwith driver_on_demand(): assert sys.modules['psycopg'] is psycopg\n")


def test_name_that_is_asked_for_at_once_is_the_drivers():
    """A version of dbos that needs more of it still works, and is only heavier."""
    run("with driver_on_demand(): from psycopg import connect\nimport psycopg\nassert connect is psycopg.connect\n")
