"""Who serves: a process proves that it works on a store to whoever can read that store.

That something answers on a port does not say what it is: another installation answers in the same words, and anything
else may. So whoever asks sends a challenge, and the answer takes a key that lies in the store and opens nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from fermata.ports.store import Store, Transaction

_FLAG = "server/proof"
_CHALLENGE = re.compile(r"[0-9a-f]{32,64}")


async def prove(store: Store, challenge: str) -> str:
    """Return the answer of the one who serves, whose key is made when it is not there; empty for no challenge."""
    if not _CHALLENGE.fullmatch(challenge):
        return ""
    return await find_proof(store, challenge) or _answer(await store.write(_make_key), challenge)


async def ensure_key(store: Store) -> None:
    """Have a key before anybody asks: a disk that is full by then has no room for one, and it can still be read.

    Raises:
        OperationalError: The store does not take it; the first challenge makes one then.
    """
    await store.write(_make_key)


async def find_proof(store: Store, challenge: str) -> str:
    """Return the answer that whoever serves this store must give; empty while nobody who serves was ever asked."""
    found = await store.read(lambda transaction: transaction.flags.find(_FLAG))
    return _answer(str(found["key"]), challenge) if found is not None else ""


def _make_key(transaction: Transaction) -> str:
    transaction.flags.put_if_absent(_FLAG, {"key": secrets.token_hex(32)})
    found = transaction.flags.find(_FLAG) or {}
    return str(found["key"])


def _answer(key: str, challenge: str) -> str:
    return hmac.new(key.encode(), challenge.encode(), hashlib.sha256).hexdigest()
