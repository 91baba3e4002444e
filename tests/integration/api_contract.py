"""The contracts of collectors and actions, as those of an API on loopback keep them."""

import copy

import pytest

from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.action_contract import ActionContract
from fermata.testing.api_failures import API_FAILURES
from fermata.testing.collector_contract import CollectorContract
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer, Fault, WebServer, make_tls


def serve(name):
    """Give the fixture that serves what another of that name holds; what the fake did not accept fails the test."""

    @pytest.fixture
    async def server(request):
        async with WebServer(request.getfixturevalue(name)) as running:
            yield running
        assert running.complaints == []

    return server


class OnLoopback:
    """A fake behind a real server, which can be made to say nothing."""

    @pytest.fixture(autouse=True)
    def _use(self, make, server):
        self.make, self.server, self.fake = make, server, server.respond

    def break_system(self):
        self.server.respond = lambda _: Answer(fault=Fault.DROP)


class ApiCollectorContract(OnLoopback, CollectorContract):
    """One collector of a system that knows the service checkout."""

    position = 0
    secret = "Ab3dEf6hIj9kLm2nOp5q"

    def make_collector(self):
        return self.make().list_collectors()[self.position]

    def give_scope(self):
        return make_scope("service/checkout")

    def give_foreign_scope(self):
        return make_scope("service/nobody")

    def list_secrets(self):
        return (self.secret,)

    def word_failure(self, failure):
        """Give what the error must say."""
        return failure.words

    async def collect(self, system):
        """Ask the collector."""
        return await system.list_collectors()[self.position].collect(self.give_scope())

    @pytest.mark.parametrize("failure", API_FAILURES, ids=str)
    async def test_failure_is_told(self, failure):
        """Each way to fail is an operational error in words, transient when it may pass; the doctor says the same."""
        async with WebServer(lambda _: failure.answer) as server:
            system = self.make(url=server.url, timeout_s=failure.timeout_s)

            with pytest.raises(OperationalError, match=f"(?s){self.word_failure(failure)}") as caught:
                await self.collect(system)
            findings = await system.check()

        assert isinstance(caught.value, TransientError) is failure.is_transient
        assert findings
        assert not any(finding.ok for finding in findings)

    async def test_untrusted_certificate_is_told_and_can_be_trusted(self, tmp_path):
        """It names the setting that mends it."""
        async with WebServer(self.fake, make_tls(tmp_path)) as server:
            system = self.make(url=server.url)
            with pytest.raises(OperationalError, match=rf"not trusted.*{system.name}\.ca_file"):
                await self.collect(system)

            assert await self.collect(self.make(url=server.url, ca_file=tmp_path / "certificate.pem"))

    async def test_certificates_that_cannot_be_read_are_told(self, tmp_path):
        """A file that is not there is no crash."""
        system = self.make(url="https://127.0.0.1:1", ca_file=tmp_path / "none.pem")

        with pytest.raises(OperationalError, match=r"(?s)none\.pem cannot be used.*No such file"):
            await self.collect(system)


class IssueActionContract(OnLoopback, ActionContract):
    """The one action of a tracker: a new issue."""

    @pytest.fixture(autouse=True)
    def _remember(self, _use):
        self.before = copy.deepcopy(self.fake.issues)

    def make_action(self):
        return self.make().list_actions()[0]

    def find_new(self):
        """Give the issue that was made."""
        (new,) = [one for one in self.fake.issues if one not in self.before]
        return new

    async def take_snapshot(self):
        return str(self.fake.issues)
