"""Roles that nobody's statement is planned with.

Planning runs the functions of a statement that are marked stable or immutable, and these may call any other: whoever
may make a function in the database runs it with the rights of the role that plans. A read-only transaction keeps tables
as they are; it does not keep a superuser from starting programs.
"""

from __future__ import annotations

from fermata.integrations.postgres.client import Session
from fermata.kit.errors import OperationalError

_MIGHTY = """
SELECT session_user::text AS role, EXISTS (
  SELECT 1 FROM pg_roles r WHERE pg_has_role(session_user, r.oid, 'MEMBER') AND (
    r.rolsuper OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
) AS is_mighty
"""


async def refuse_mighty_role(session: Session) -> None:
    """Refuse to plan as a superuser, or as a role that may reach the server's own files and programs.

    Raises:
        OperationalError: The session's role is one, or cannot be asked about.
    """
    (row,) = await session.fetch(_MIGHTY, doing="looking at the role that plans")
    if row["is_mighty"]:
        raise OperationalError(
            f"Nothing is planned as {row['role']}",
            why=f"{row['role']} is a superuser, or reaches the server's files or programs, and planning runs functions "
            f"that others may have made",
            do="Let Fermata read as an ordinary role, as its page about postgres describes",
            mighty_role=row["role"],
        )
