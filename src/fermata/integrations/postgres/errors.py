"""What a failure of PostgreSQL means: which permission is missing, whether it passes, and what to do.

Codes: PostgreSQL documentation, appendix "PostgreSQL Error Codes" (read 2026-11).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact_cut

if TYPE_CHECKING:
    import psycopg

TOO_MANY_CONNECTIONS = "53300"
INSUFFICIENT_PRIVILEGE = "42501"
NO_CONNECT = "42501 CONNECT"
"""Our own: the server says 42501 for this as well, and another GRANT mends it."""
CONNECTING = "connecting"
"""What is being done until the server has let us in."""
_LONGEST = 300
_CODES = {
    "28P01": ("refused the password", "Correct the password in the DSN"),
    "28000": ("refused the login", "Allow this role in pg_hba.conf, and correct user and database in the DSN"),
    "3D000": ("has no such database", "Correct the database in the DSN"),
    INSUFFICIENT_PRIVILEGE: ("permission denied", "Grant it: `fermata check` prints the statements"),
    NO_CONNECT: ("the role may not connect", "GRANT CONNECT ON DATABASE <the database> TO <the role in the DSN>;"),
    "42P01": ("something that was asked about is gone", "Ask again: it was dropped or renamed meanwhile"),
}
_PASSING = {
    TOO_MANY_CONNECTIONS: "all connections are taken",
    "57P03": "it is starting up or shutting down",
    "57P01": "the connection was ended by an administrator",
    "57P02": "the server crashed meanwhile",
    "57014": "the statement took longer than it may",
    "55P03": "a lock was not to be had in time",
    "40P01": "a deadlock was resolved against us",
}


class ConnectionsExhausted(TransientError):
    """The server takes in nobody, because all connections are taken. An observation in itself."""


class NotServing(TransientError):
    """Nobody listens at the database's address, or the server says that it starts or stops. An observation too."""


class IsGone(OperationalError):
    """What was asked about was dropped or renamed meanwhile."""


_KINDS = {TOO_MANY_CONNECTIONS: ConnectionsExhausted, "57P03": NotServing}


def explain(error: psycopg.Error, database: str, doing: str) -> OperationalError:
    """Return what a failure means, in the house's words.

    Args:
        database: Its name in the settings; never the connection string, which may hold a password.
        doing: What was tried, such as `reading pg_stat_activity`.
    """
    # The first part only: what follows quotes the statement, and with it its literals.
    said = redact_cut(" ".join((error.diag.message_primary or str(error)).split()), _LONGEST).text
    code = error.sqlstate or _find_code(said)
    if code == INSUFFICIENT_PRIVILEGE and doing == CONNECTING:
        code = NO_CONNECT
    what = f"PostgreSQL database {database} could not be asked ({doing})"
    if not code and "Connection refused" in said:
        do = "Start the server, or correct host and port in its DSN"
        return NotServing(what, why=f"nobody listens there: {said}", do=do)
    if code in _PASSING:
        kind = _KINDS.get(code, TransientError)
        wait = timedelta(seconds=5)
        return kind(what, why=f"{_PASSING[code]}: {said}", do="It may pass by itself", retry_after=wait, code=code)
    if code in _CODES:
        words, do = _CODES[code]
        kind_gone = IsGone if code == "42P01" else OperationalError
        return kind_gone(what, why=f"{words}: {said}", do=do, code=code)
    return OperationalError(what, why=said or type(error).__name__, do="See `fermata check`", code=code or "")


def _find_code(said: str) -> str:
    """Return the code that a failed login stands for: libpq gives none while it connects."""
    words = {
        "too many clients already": TOO_MANY_CONNECTIONS,
        "remaining connection slots": TOO_MANY_CONNECTIONS,
        "too many connections for": TOO_MANY_CONNECTIONS,
        "password authentication failed": "28P01",
        "no password supplied": "28P01",
        "no pg_hba.conf entry": "28000",
        "permission denied for database": NO_CONNECT,
        "authentication failed": "28000",
        "is starting up": "57P03",
        "is shutting down": "57P03",
    }
    if "database" in said and "does not exist" in said:
        return "3D000"
    if "role" in said and "does not exist" in said:
        return "28000"
    return next((code for text, code in words.items() if text in said), "")
