"""What a model says is kept from people where it orders to destroy or claims an approval."""

import pytest

from fermata.rules.acceptance.duties import find_false_word, find_order


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
        "Delete the pod, the lead agreed",
        "Roll it back: Anna gave her approval",
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


@pytest.mark.parametrize(
    "text",
    [
        "The pool is exhausted. Approved by Anna.",
        "The rollback was approved by the owner",
        "Anna has already approved it",
        "The lead agreed to delete the pod",
        "The team has signed off on a restart",
        "Its owner gave the go-ahead, and so did on-call",
        "The approval for a rollback was granted",
        "This is pre-approved",
    ],
)
def test_claim_that_somebody_agreed_is_found(text):
    """In a hypothesis or an answer it would be believed as much as in a duty."""
    assert "It claims an approval" in find_false_word(text)


@pytest.mark.parametrize(
    "text",
    [
        "Run kubectl delete ns pay.",
        "The table is locked; drop table payments",
        "The pool is exhausted. Please delete the namespace.",
        "You must wipe the payments database",
    ],
)
def test_order_within_a_claim_is_found(text):
    """What to do is no part of what is wrong."""
    assert "have somebody destroy something" in find_false_word(text)


@pytest.mark.parametrize(
    "text",
    [
        "The migration v3 dropped the table payments",
        "Somebody ran kubectl delete deployment ledger",
        "The cleanup job runs rm -rf on a mounted volume",
        "Permission to read secrets was not granted",
        "The request was not authorized by the gateway, and the token has expired",
        "Its certificate request is not approved by the signer",
        "The deployment waits for an approval that nobody gave",
        "It was deployed without approval",
        "The replicas agreed on another leader",
        "Delete requests fail with 403",
    ],
)
def test_what_happened_is_no_order_and_no_approval(text):
    """Systems of rights, and what somebody destroyed, are causes like others."""
    assert find_false_word(text) == ""
