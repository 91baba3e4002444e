"""What a machine may have none left of, and what to do about it: said by whoever fails to make or to open a file."""

from __future__ import annotations

import errno
from typing import Final

LACKS: Final = {
    errno.EMFILE: "Allow more open files, `ulimit -n 1024` or LimitNOFILE=, and try again",
    errno.ENFILE: "Find what holds so many files open, and try again",
    errno.ENOSPC: "Free space or inodes, `df -h` and `df -i`, and try again",
    errno.EDQUOT: "Free space of this user's quota, and try again",
    errno.ENOMEM: "Free memory, or allow more, and try again",
}
"""By the error's number: what no command can help, whatever it was doing."""


def choose_advice(error: OSError, otherwise: str) -> str:
    """Return what to do about an error of the machine's: rights help nobody whose disk is full."""
    return LACKS.get(error.errno or 0, otherwise)
