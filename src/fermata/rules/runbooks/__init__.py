"""Documents that must prove themselves: what a page of a runbook names is looked up in what was just observed."""

from fermata.rules.runbooks.freshness import Freshness, RunbookCheck, check_runbooks

__all__ = ["Freshness", "RunbookCheck", "check_runbooks"]
