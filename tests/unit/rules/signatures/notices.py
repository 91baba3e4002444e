"""A town whose monitors speak: notices about its workloads and nodes."""

from tests.unit.rules.signatures.town import Town

from fermata.rules.claims import Quote
from fermata.rules.metrics.series import Series


class NoticedTown(Town):
    """A town with notices."""

    def __init__(self):
        super().__init__()
        self.notices = []
        self.series = []

    def notice(self, text):
        """Add one line of a monitor."""
        self.notices.append(Quote("alert", len(self.notices) + 1, text))
        return self

    def run(self, *names, calls=None, nodes=None):
        """Add workloads with their services; `calls` maps a name to those that it calls, `nodes` to where it runs."""
        for name in names:
            values = [{"name": f"{at.upper()}_ADDR", "value": f"{at}:80"} for at in (calls or {}).get(name, ())]
            self.deployment(name, ready=1, spec={"containers": [{"name": "app", "env": values}]}).service(name)
            self.replica_set(f"{name}-1", name, existing=1, ready=1)
            self.pod(f"{name}-1-a", f"{name}-1", node=(nodes or {}).get(name, "n1"), ready=True)
        return self

    def slow(self, name, before, after, *, statistic="p90"):
        """Let a monitor find a workload slow, in milliseconds."""
        words = f"{name}-{statistic}latency: Normal={before}ms -> Current={after}ms (+9%)"
        return self.notice(f"Service {name}: LATENCY_DEGRADATION [Slow Response] | {words}")

    def measure(self, service, metric, before, after, *, lines=()):
        """Add a series of ten points that are usual and ten that follow; no line numbers unless given."""
        values = [before] * 10 + [after] * 10
        times = [60.0 * at for at in range(len(values))]
        self.series.append(Series(service, metric, times, values, id=f"{service}-{metric}", lines=lines))
        return self

    def build(self):
        """Return the cluster."""
        cluster = super().build()
        cluster.notices = tuple(self.notices)
        cluster.series = tuple(self.series)
        return cluster
