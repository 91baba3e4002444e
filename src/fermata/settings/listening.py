"""What may stand as the address to listen on, and as a token that senders put into a header. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Final

from pydantic import AfterValidator

_NAME: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?")
_EXAMPLES: Final = "127.0.0.1 for this machine alone, 0.0.0.0 for every network it is in"


def check_host(host: str) -> str:
    """Return an address or a host name as it is.

    Raises:
        ValueError: It is neither. Empty would be every network (`bind(2)` takes it so), which nobody has decided on.
    """
    if _NAME.fullmatch(host) or _is_address(host):
        return host
    if not host.strip():
        message = f"it is empty, which would be every network: write {_EXAMPLES}, or leave it out"
    elif _is_address(host.strip("[]")):
        message = "an address without brackets is wanted"
    elif _NAME.fullmatch(host.rpartition(":")[0]) and host.rpartition(":")[2].isdigit():
        message = "an address without the port is wanted: that is server.port"
    else:
        message = f"an address or a host name alone is wanted: {_EXAMPLES}"
    raise ValueError(message)


def check_token(token: str) -> str:
    """Return a token that a header can carry as it is.

    Raises:
        ValueError: It holds a control character, such as a second line: no HTTP header carries one (RFC 9110, section
            5.5), so that no sender could ever prove itself by it.
    """
    if any(ord(letter) < ord(" ") or ord(letter) == 0x7F for letter in token):
        lines = len(token.splitlines())
        found = f"it has {lines} lines" if lines > 1 else "it holds a control character"
        message = f"{found}, and a header carries one line of plain text: leave one token alone there"
        raise ValueError(message)
    return token


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


Host = Annotated[str, AfterValidator(check_host)]
HeaderToken = Annotated[str, AfterValidator(check_token)]
