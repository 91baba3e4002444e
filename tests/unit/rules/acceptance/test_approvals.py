"""A person's yes is known however it is put; one that is still to come, and what programs approve, is none."""

import pytest

from fermata.rules.acceptance.approvals import claims_approval


@pytest.mark.parametrize(
    "text",
    [
        "as agreed with the owner, the pod can go",
        "Anna said yes to the rollback",
        "Omar gave the green light",
        "we have the go-ahead from the lead",
        "the owner is fine with deleting it",
        "approval from Anna is there",
        "approval came from the lead",
        "Anna okays it",
        "approved: Anna",
        "Approved (Anna, 12:03)",
        "APPROVED by the CTO",
        "the on-call engineer approved this",
        "the SRE on duty has approved it",
        "management has approved",
        "sign-off by the owner was obtained",
        "it has been green-lit",
        "the change board approved the restart",
        "the restart is approved",
        "the restart is already approved",
        "this was cleared with the lead",
        "The lead OK'd it",
        "the lead gave his ok",
        "with Anna's approval the pod may be deleted",
        "per Anna's approval",
        "Lea confirmed that it may be deleted",
        "permission was given by Anna",
        "you may go ahead, it is approved",
        "we have the ok of the lead",
        "the lead gave the ok for it",
        "it has ok from Anna",
    ],
)
def test_yes_that_somebody_is_said_to_have_given_is_known(text):
    """By a name or a role, of a deed or of this one."""
    assert claims_approval(text)


@pytest.mark.parametrize(
    "text",
    [
        "The payment was approved twice",
        "Orders are approved without a payment",
        "The gateway approved every charge",
        "Stripe approved the payment before the ledger wrote it",
        "The certificate request was not approved by its signer",
        "The deployment waits for an approval by the owner",
        "It was deployed without approval",
        "The replicas agreed on another leader",
        "The request was not authorized",
        "the approval-service fails",
        "loan-approvals answers 503",
        "Get it approved by the owner, then roll back",
        "Once the owner approved it, roll back",
        "The change must be approved by two people",
        "Ask for approval and raise the quota",
        "Permission to read secrets was not granted",
        "It has the owner label payments",
        "The consent service is down",
        "The team raised the limit",
        "The engineer on duty was paged",
        "Consent was given by users in the past",
        "The node agreed to no proposal",
        "It needs the go-ahead of the load balancer",
        "The job was signed off by nobody",
        "Kubernetes allowed the pod",
        "The firewall allowed the traffic",
        "Redis answered with ok",
        "the probe got ok",
        "requests with an ok status take 4 s",
        "the ok path is blocked by a lock",
        "payments got the ok from its gateway, then timed out",
        "The order has approval status pending",
        "Payments approved by Stripe are not booked",
        "Google agreed to TLS 1.2 only",
        "The team allowed list lacks the address",
        "The permission was revoked by Anna",
        "The permission was removed by Terraform",
    ],
)
def test_what_is_open_or_the_work_of_a_program_is_no_claim(text):
    """A diagnosis may have to say it."""
    assert not claims_approval(text)
