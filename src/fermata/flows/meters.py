"""Counters about Fermata itself, for `/metrics`. In memory: a restart starts at zero, as Prometheus expects."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Meters:
    """One registry per house, so that two houses in one process (tests) do not collide."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        """What `render` prints."""
        self.alerts = Counter(
            "fermata_alerts_total",
            "Alerts received, by what became of them.",
            ["source", "change"],
            registry=self.registry,
        )
        self.refused_bodies = Counter(
            "fermata_refused_bodies_total", "Webhook bodies refused.", ["source", "reason"], registry=self.registry
        )
        self.investigations = Counter(
            "fermata_investigations_total", "Investigations ended, by outcome.", ["outcome"], registry=self.registry
        )
        self.collector_seconds = Histogram(
            "fermata_collector_seconds", "Wall time of one collector.", ["collector"], registry=self.registry
        )
        self.gaps = Counter(
            "fermata_gaps_total", "Collectors that could not answer.", ["collector"], registry=self.registry
        )
        self.clicks = Counter(
            "fermata_clicks_total",
            "Decisions asked for, by what became of them.",
            ["ruling", "rule"],
            registry=self.registry,
        )
        self.refusals = Counter(
            "fermata_guard_refusals_total", "Guards that said no at execution time.", ["rule"], registry=self.registry
        )
        self.actions = Counter(
            "fermata_actions_total", "Actions by outcome.", ["action", "outcome"], registry=self.registry
        )
        self.verifications = Counter(
            "fermata_verifications_total", "Verifications by verdict.", ["verdict"], registry=self.registry
        )
        self.model_calls = Counter(
            "fermata_model_calls_total", "Calls to models.", ["target", "outcome"], registry=self.registry
        )
        self.model_answers = Counter(
            "fermata_model_answers_total",
            "Answers of models that code looked up, by whether all they say stood.",
            ["target", "verdict"],
            registry=self.registry,
        )
        self.model_cost = Counter(
            "fermata_model_cost_usd_total", "Dollars spent on models.", ["target"], registry=self.registry
        )
        self.model_targets = Gauge(
            "fermata_model_target_available", "1 while a model may be asked.", ["target"], registry=self.registry
        )
        self.model_circuits = Gauge(
            "fermata_model_circuit",
            "1 for the state a target's circuit is in.",
            ["target", "state"],
            registry=self.registry,
        )
        self.model_cooldowns = Gauge(
            "fermata_model_cooldowns",
            "Circuits and keys of a target that are left alone now, by reason.",
            ["target", "reason"],
            registry=self.registry,
        )
        self.cards = Counter("fermata_cards_total", "Card deliveries.", ["channel", "result"], registry=self.registry)
        self.undelivered = Gauge(
            "fermata_cards_undelivered", "Cards that wait to be delivered.", registry=self.registry
        )
        self.open_proposals = Gauge("fermata_proposals_open", "Plans that wait for a person.", registry=self.registry)
        self.connected = Gauge(
            "fermata_channel_connected",
            "1 while clicks of a channel are listened for.",
            ["channel"],
            registry=self.registry,
        )
        self.hooks = Counter(
            "fermata_hooks_total", "Webhook requests, by their answer.", ["hook", "status"], registry=self.registry
        )
        self.halted = Gauge("fermata_halted", "1 while executions are halted.", registry=self.registry)

        self._add_observer()

    def _add_observer(self) -> None:
        self.heard = Counter(
            "fermata_heard_total",
            "What the observer kept: messages, deletions, reactions, pins, people.",
            ["platform", "what"],
            registry=self.registry,
        )
        self.heard_lost = Counter(
            "fermata_heard_lost_total", "What the observer could not keep.", ["platform"], registry=self.registry
        )

    def render(self) -> bytes:
        """Return the Prometheus text format."""
        return generate_latest(self.registry)
