"""A town whose monitors speak: notices about its workloads and nodes."""

from tests.unit.rules.signatures.town import Town

from fermata.rules.claims import Quote


class NoticedTown(Town):
    """A town with notices."""

    def __init__(self):
        super().__init__()
        self.notices = []

    def notice(self, text):
        """Add one line of a monitor."""
        self.notices.append(Quote("alert", len(self.notices) + 1, text))
        return self

    def run(self, *names, calls=None):
        """Add workloads with their services; `calls` maps a name to those that it calls."""
        for name in names:
            values = [{"name": f"{at.upper()}_ADDR", "value": f"{at}:80"} for at in (calls or {}).get(name, ())]
            self.deployment(name, ready=1, spec={"containers": [{"name": "app", "env": values}]}).service(name)
            self.replica_set(f"{name}-1", name, existing=1, ready=1)
            self.pod(f"{name}-1-a", f"{name}-1", node="n1", ready=True)
        return self

    def slow(self, name, before, after, *, statistic="p90"):
        """Let a monitor find a workload slow, in milliseconds."""
        words = f"{name}-{statistic}latency: Normal={before}ms -> Current={after}ms (+9%)"
        return self.notice(f"Service {name}: LATENCY_DEGRADATION [Slow Response] | {words}")

    def build(self):
        """Return the cluster."""
        cluster = super().build()
        cluster.notices = tuple(self.notices)
        return cluster
