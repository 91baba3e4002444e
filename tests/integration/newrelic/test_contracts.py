"""Both collectors keep the collectors' contract."""

from tests.integration.api_contract import ApiCollectorContract


class TestMetrics(ApiCollectorContract):
    """Series."""

    def take_snapshot(self):
        return str(self.fake.rows)


class TestEvents(TestMetrics):
    """Deployments and errors."""

    position = 1
