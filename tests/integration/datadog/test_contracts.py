"""Both collectors keep the collectors' contract."""

from tests.integration.api_contract import ApiCollectorContract


class TestMetrics(ApiCollectorContract):
    """Series."""

    def word_failure(self, failure):
        return failure.words if failure.answer.status not in (401, 403) else "of datadog"

    def take_snapshot(self):
        return str((self.fake.series, self.fake.events))


class TestEvents(TestMetrics):
    """Deployments and other events."""

    position = 1
