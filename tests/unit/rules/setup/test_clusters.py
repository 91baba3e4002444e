"""A context that looks like production is never taken without a person's word."""

import pytest

from fermata.rules.setup.clusters import Context, choose_context, find_production_word, judge_context


def context(name, *, is_current=False, cluster="c", server="https://10.0.0.1", namespace=""):
    """Give a context."""
    return Context(name, cluster, server, namespace, is_current=is_current)


@pytest.mark.parametrize(
    "name",
    [
        "prod",
        "prod-eu",
        "eu-prod-1",
        "gke_shop_production",
        "PRODUCTION",
        "shopprod",
        "prodeu",
        "prod1",
        "arn:aws:eks:eu-central-1:1234:cluster/live",
        "admin@main",
        "https://api.prd.acme.io",
        "gke_acme_europe-west1_prodeast",
        "produktion",
        "producci\u00f3n",
        "livecluster",
        "proddb",
    ],
)
def test_name_that_speaks_of_production_is_seen(name):
    """However it is joined, abbreviated or written."""
    assert find_production_word("kind", name)


@pytest.mark.parametrize(
    "name",
    [
        "kind-dev",
        "staging",
        "non-prod",
        "nonprod",
        "pre-prod",
        "preprod",
        "not-production",
        "product-catalogue",
        "prodigious",
        "livestream",
        "productdb",
        "",
    ],
)
def test_name_that_only_sounds_like_it_is_not(name):
    """A product, or what comes before production, is not production."""
    assert find_production_word(name) == ""


@pytest.mark.parametrize("part", ["name", "cluster", "server", "namespace"])
def test_any_part_of_a_context_can_give_it_away(part):
    """A harmless name may lead to a cluster, an address or a namespace that is not."""
    parts = {"name": "a", "cluster": "b", "server": "https://c", "namespace": "d"}

    assert judge_context(Context(**parts)) == ""
    assert "looks like production ('prod' in its name)" in judge_context(Context(**parts | {part: "x-prod"}))


def test_current_context_is_proposed():
    """It is the one that the person's own commands speak to."""
    current = context("staging", is_current=True)

    assert choose_context([context("dev"), current]) is current


def test_current_context_is_not_proposed_when_it_looks_like_production():
    """The only other one is; of several, none."""
    production, dev = context("prod", is_current=True), context("dev")

    assert choose_context([production, dev]) is dev
    assert choose_context([production, dev, context("staging")]) is None
    assert choose_context([production]) is None
    assert choose_context([]) is None
