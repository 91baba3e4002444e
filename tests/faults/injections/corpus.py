"""All attacks. Adding one is adding a line to the module of its family."""

from tests.faults.injections.forgeries import FORGERIES
from tests.faults.injections.orders import ORDERS
from tests.faults.injections.smuggling import SMUGGLING

ATTACKS = (*ORDERS, *FORGERIES, *SMUGGLING)
"""Every attack, in the order of its family."""
