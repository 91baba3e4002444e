"""A tracker as the house sees it: issues about what fails, a new issue, and whether its places answer."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.ports.action import CatalogueAction
from fermata.ports.collector import Collector
from fermata.ports.health import HealthProbe
from fermata.ports.system import System
from fermata.ports.tracker.collect import IssuesCollector
from fermata.ports.tracker.create import CreateIssueAction
from fermata.ports.tracker.health import PlaceProbe
from fermata.ports.tracker.records import Tracker


class TrackerSystem(System):
    """One collector, one action and one probe. Whoever knows which tracker it is sets `_tracker`."""

    _tracker: Tracker

    def list_collectors(self) -> Sequence[Collector]:
        """Return the issues about what fails."""
        return (IssuesCollector(self._tracker, self.settings, self.clock),)

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return the one action: a new issue."""
        return (CreateIssueAction(self._tracker, self.clock),)

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return the probe of a project or team."""
        return (PlaceProbe(self._tracker, self.clock),)
