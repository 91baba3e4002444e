"""What may stand as the address to listen on: nothing that opens more than somebody wrote. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

from fermata.kit.addresses import is_address

# No name ends in a number (RFC 1123, section 2.1): `0`, `0x0` and `0.0` are all networks to `inet_aton(3)`.
_NAME: Final = re.compile(r"(?:[\w-]+\.)*(?!(?:\d+|0x[0-9a-f]*)\.?$)[\w-]+\.?", re.IGNORECASE)
_EXAMPLES: Final = "127.0.0.1 for this machine alone, 0.0.0.0 for every network it is in"


def check_host(host: str) -> str:
    """Return an address or a host name as it is.

    Raises:
        ValueError: It is neither. Empty would be every network (`bind(2)` takes it so), which nobody has decided on.
    """
    if _may_be_bound(host):
        return host
    if not host.strip():
        message = f"it is empty, which would be every network: write {_EXAMPLES}, or leave it out"
    elif is_address(host.strip("[]")):
        message = "an address without brackets is wanted"
    elif _may_be_bound(host.rpartition(":")[0]) and host.rpartition(":")[2].isdigit():
        message = "an address without the port is wanted: that is server.port"
    else:
        message = f"an address or a host name alone is wanted: {_EXAMPLES}"
    raise ValueError(message)


def _may_be_bound(host: str) -> bool:
    return is_address(host) or _NAME.fullmatch(host) is not None


Host = Annotated[str, AfterValidator(check_host)]
