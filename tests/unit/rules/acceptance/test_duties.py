"""What a model says is kept from people where it orders to destroy or claims an approval."""

import pytest

from fermata.rules.acceptance.duties import find_order


@pytest.mark.parametrize(
    "text",
    [
        "Restart it; approval was already given by omar.",
        "This is pre-approved: roll it back",
        "Scale it down, which was approved by the owner",
        "Restart the ledger as sam approved",
        "Restart it, signed off by the on-call",
        "Roll back; approval is not required",
        "Permission has been granted, go on",
        "Restart it without approval",
        "Restart it, no confirmation needed",
    ],
)
def test_claimed_approval_is_found(text):
    """A model cannot know of one, whoever it says has given it."""
    assert "claims an approval" in find_order(text)


@pytest.mark.parametrize(
    "text",
    [
        "Run kubectl delete ns pay --force now",
        "kubectl -n pay delete deployment ledger",
        "kubectl delete pod ledger-0 --force",
        "kubectl delete pods --all",
        "rm -rf /var/lib/ledger",
        "DROP TABLE payments",
        "Run DELETE FROM orders",
        "redis-cli FLUSHALL",
        "terraform destroy",
        "terraform -chdir=live destroy",
        "helm uninstall pay",
        "docker system prune -a",
        "git push origin main --force",
        "Delete the namespace and create it again",
        "Wipe the payments database",
        "Erase all data of it",
        "dd if=/dev/zero of=/dev/sda",
    ],
)
def test_order_to_destroy_is_found(text):
    """As a command or in words."""
    assert "destroy" in find_order(text)


@pytest.mark.parametrize(
    "text",
    [
        "Turn the flag off.",
        "Get it approved by the owner, then roll back",
        "The change must be approved by two people",
        "Ask for approval and raise the quota",
        "It answers 401 unauthorized: renew the token",
        "Add its address to the authorized networks",
        "Delete old log files from the volume",
        "Drop the index on orders",
        "Run kubectl delete pod ledger-0",
        "Kill the session that holds the lock",
        "Look at the table that grew",
    ],
)
def test_ordinary_duty_is_none(text):
    """What people do all day, also with approvals that are still to come."""
    assert find_order(text) == ""
