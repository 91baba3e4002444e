"""Run as a process and killed: commits numbered entries one by one, and reports each once it is committed."""

import sys

from fermata.store.connect import open_store
from fermata.testing.records import NOON, make_event


def report(word):
    """Write a line that a reader gets even when this process is killed right after."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


store = open_store(sys.argv[1])
report("ready")
number = 0
while True:
    number += 1
    with store.begin() as transaction:
        transaction.flags.put(f"half/{number}", {})
        transaction.journal.append(make_event(number=str(number)), NOON)
        for part in range(20):
            transaction.flags.put(f"part/{number}/{part}", {"text": "x" * 500})
    report(number)
