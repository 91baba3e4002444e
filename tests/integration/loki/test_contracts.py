"""The collector keeps the collectors' contract."""

from tests.integration.api_contract import ApiCollectorContract


class TestLogs(ApiCollectorContract):
    """Against the strict Loki."""

    secret = "hunter2secret"

    def take_snapshot(self):
        return str(self.fake.streams)
