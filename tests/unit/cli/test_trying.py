"""A test alert takes the way of real ones, and says everywhere that it is one."""

import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest
from tests.unit.cli.desk import alert_now

from fermata.cli.trying import compose_body
from fermata.domain.alert import stamp_body
from fermata.integrations.alertmanager.source import AlertmanagerSource
from fermata.testing.web_server import Answer
from fermata.web.intake import is_signed

ALIVE = Answer({"alive": True})
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def server():
    """Give a function that serves one answer from a thread, with what it was asked: commands have their own loop."""
    running = []
    seen = []

    def serve(answer, alive=ALIVE):
        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked.append((self.path, dict(self.headers), json.loads(body)))
                self.give(answer)

            def do_GET(self):
                seen.append((self.path, dict(self.headers)))
                self.give(alive)

            def give(self, answer):
                content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}", asked

    serve.seen = seen
    yield serve
    for server, thread in running:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.fixture
def ready(desk):
    """Give a desk whose intake has a token."""
    (desk.folder / "token").write_text("a-token\n")
    desk.write_settings("server: {alert_token: file:token}\n")
    return desk


def is_proof(headers, body, secret):
    """Answer whether the headers sign a body with a secret, and do not hold it."""
    content = stamp_body(headers["X-Fermata-Timestamp"], body)
    assert secret not in str(headers)
    return is_signed(headers["X-Fermata-Signature"], secret, content)


TAKEN = Answer({"accepted": 1, "new": 1, "incidents": ["inc-1"], "truncated": 0, "refused": 0}, 202)


def test_alert_is_sent_as_alertmanager_sends_and_marked(ready, server):
    """Signed with the token of the settings, a mark in its labels and words that say what it is."""
    url, asked = server(TAKEN)

    result = ready.run("test-alert", "--service", "checkout", "--severity", "critical", "--url", f"{url}/")

    ((path, headers, body),) = asked
    (alert,) = AlertmanagerSource().parse(json.dumps(body).encode(), NOON).alerts
    assert path == "/v1/alerts/alertmanager"
    assert is_proof(headers, json.dumps(body).encode(), "a-token")
    assert (alert.name, alert.severity.value) == ("FermataTest", "critical")
    assert alert.labels["fermata_test"] == "true"
    assert alert.annotations["summary"].startswith("This is a test")
    assert result.code == 0
    assert "fermata show inc-1" in result.out
    assert "--resolve --service checkout" in result.out


def test_alert_is_signed_where_a_secret_is_set_instead(desk, server, monkeypatch):
    """Whichever proof the intake takes."""
    monkeypatch.setenv("SECRET", "a-secret")
    desk.write_settings("server: {alert_hmac_secret: env:SECRET}\n")
    url, asked = server(TAKEN)

    desk.run("test-alert", "--url", url)

    assert is_proof(asked[0][1], json.dumps(asked[0][2]).encode(), "a-secret")


def test_alert_that_nobody_looks_at_promises_no_finding(ready, server):
    """A spent hour, or a look a moment ago, holds the investigation back, and the card stays as it is."""
    url, _ = server(Answer({**TAKEN.body, "held_back": ["120 investigations started"]}, 202))

    result = ready.run("test-alert", "--url", url)

    assert "It is not investigated: 120 investigations started" in result.out
    assert "within seconds" not in result.out
    assert "  fermata investigate inc-1\n  fermata show inc-1\n" in result.out


def test_machines_get_the_receipt(ready, server):
    """As the intake gave it."""
    url, _ = server(TAKEN)

    told = ready.run("test-alert", "--url", url, "--json").json

    assert (told["incidents"], told["alert"], told["resolved"]) == (["inc-1"], "FermataTest", False)


def test_alert_that_started_nothing_is_told(ready, server):
    """A silence may hold it."""
    url, _ = server(Answer({"incidents": []}, 202))

    assert "fermata why FermataTest" in ready.run("test-alert", "--url", url).out


def test_test_alerts_are_ended_and_no_others(ready, server):
    """Every one that fires for the service, by the start that is its identity; a real alert is left alone."""
    first = alert_now("FermataTest", "checkout", ago_s=60, fermata_test="true")
    second = alert_now("FermataTest", "checkout", ago_s=30, fermata_test="true")
    other = alert_now("FermataTest", "cart", fermata_test="true")
    ready.send(first, second, other, alert_now("CheckoutDown", "checkout"), investigate=False)
    url, asked = server(TAKEN)

    result = ready.run("test-alert", "--resolve", "--service", "checkout", "--url", url)

    alerts = AlertmanagerSource().parse(json.dumps(asked[0][2]).encode(), NOON).alerts
    assert result.code == 0
    assert {alert.labels["service"] for alert in alerts} == {"checkout"}
    assert {alert.name for alert in alerts} == {"FermataTest"}
    assert {alert.status.value for alert in alerts} == {"resolved"}
    assert {alert.starts_at.replace(microsecond=0).isoformat() for alert in alerts} == {
        datetime.fromisoformat(alert["startsAt"]).replace(microsecond=0).isoformat() for alert in (first, second)
    }


def test_test_alert_behind_many_others_is_ended(ready, server):
    """A storm between sending it and ending it hides nothing."""
    ready.send(alert_now("FermataTest", "checkout", ago_s=60, fermata_test="true"), investigate=False)
    ready.send(*(alert_now(f"Down{number}", f"service-{number}") for number in range(30)), investigate=False)
    url, asked = server(TAKEN)

    result = ready.run("test-alert", "--resolve", "--service", "checkout", "--url", url)

    assert result.code == 0
    assert [alert["labels"]["service"] for alert in asked[0][2]["alerts"]] == ["checkout"]


def test_ending_what_does_not_fire_is_refused(ready):
    """Nothing is sent; it says for which service one does."""
    result = ready.run("test-alert", "--resolve")
    ready.send(alert_now("FermataTest", "checkout", fermata_test="true"), investigate=False)
    other = ready.run("test-alert", "--resolve", "--service", "chekout")

    assert (result.code, other.code) == (2, 2)
    assert "No test alert fires for fermata-test" in result.err
    assert "fires for" not in result.err.replace("alert fires for", "")
    assert "one fires for checkout" in other.err


@pytest.mark.parametrize(
    ("service", "near"), [("chekout", "checkout"), ("checkout", ""), ("cart", ""), ("search", ""), ("fermata-test", "")]
)
def test_service_with_a_slip_in_it_is_told(desk, server, service, near):
    """It is sent all the same: nothing knows all services, and machines read the answer undisturbed."""
    (desk.folder / "token").write_text("a-token\n")
    desk.write_settings("server: {alert_token: file:token}\ntopology: [[cart, checkout]]\n")
    url, asked = server(TAKEN)

    result = desk.run("test-alert", "--service", service, "--url", url, "--json")

    assert (len(asked), result.json["service"]) == (1, service)
    assert (f"No service {service!r} is known here. Did you mean {near}?" in result.err) is bool(near)
    assert ("Did you mean" in result.err) is bool(near)


def test_slip_is_not_told_where_the_store_cannot_be_read(ready, server, monkeypatch):
    """The alert was taken; a hint is not worth an error."""
    monkeypatch.setenv("FERMATA_STORE__URL", "sqlite:////nowhere/at/all.db")
    url, asked = server(TAKEN)

    result = ready.run("test-alert", "--service", "chekout", "--url", url)

    assert (result.code, len(asked), "Did you mean" in result.err) == (0, 1, False)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer({"error": "No", "why": "bad token"}, 401), "the serving process has another token"),
        (Answer({"error": "No", "why": "its time is 3,600 s off"}, 401), "set the clocks of both machines"),
        (Answer({"error": "There is no such page"}, 404), "Add `alertmanager: {}`"),
        (Answer({"error": "No", "why": "w", "do": "Wait a little"}, 503), "No: w. Wait a little"),
        (Answer(b"<html>", 200), "it gave no reason. Fermata says what to do, and this does not"),
        (Answer({"error": "invalid_grant"}, 400), "invalid_grant. Fermata says what to do, and this does not"),
    ],
)
def test_refusal_says_what_to_do(ready, server, answer, words):
    """Another token, another server, a door that is shut, a page."""
    url, _ = server(answer)

    result = ready.run("test-alert", "--url", url)

    assert result.code == 4
    assert words in result.err


@pytest.mark.parametrize(
    "alive",
    [
        Answer({"error": "invalid_grant"}, 400),
        Answer(b"<html>", 200),
        Answer(["alive"], 200),
        Answer({"alive": "yes"}, 200),
        Answer({"alive": True}, 503),
    ],
)
def test_stranger_on_the_port_gets_no_token(ready, server, alive):
    """It is asked first whether it is Fermata, by a request that proves nobody."""
    url, asked = server(TAKEN, alive)

    result = ready.run("test-alert", "--url", url)

    ((path, headers),) = server.seen
    assert (result.code, asked, path) == (4, [], "/healthz")
    assert "a-token" not in str(headers)
    assert "is not Fermata, so nothing was sent" in result.err


def test_token_beyond_ascii_signs_as_its_bytes(desk, server):
    """Intake takes UTF-8, and so write others: curl, Alertmanager."""
    (desk.folder / "token").write_text("Zoë-4711\n")
    desk.write_settings("server: {alert_token: file:token}\n")
    url, asked = server(TAKEN)

    result = desk.run("test-alert", "--url", url)

    assert result.code == 0
    assert is_proof(asked[0][1], json.dumps(asked[0][2]).encode(), "Zoë-4711")


def test_whoever_answers_like_fermata_gets_no_token(ready, server):
    """Its /healthz is easily imitated; what it is sent proves this one alert, and for a few minutes."""
    url, asked = server(TAKEN)

    ready.run("test-alert", "--url", url)

    assert "a-token" not in f"{server.seen} {asked}"


def test_nobody_serving_is_told(ready):
    """With the command that serves."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]

    result = ready.run("test-alert", "--url", f"http://127.0.0.1:{port}")

    assert result.code == 4
    assert "`fermata up`" in result.err


def test_intake_without_a_proof_is_told_before_it_refuses(desk):
    """It would answer 503; the reason stands in the settings."""
    result = desk.run("test-alert")

    assert result.code == 2
    assert "server.alert_token" in result.err


def test_unknown_severity_is_refused(ready):
    """With those that are known."""
    result = ready.run("test-alert", "--severity", "loud")

    assert result.code == 2
    assert "info, warning, critical" in result.err


def test_free_port_needs_an_address(ready, monkeypatch):
    """Where the system chose the port, only `fermata up` knows it."""
    monkeypatch.setenv("FERMATA_SERVER__PORT", "0")

    result = ready.run("test-alert")

    assert result.code == 2
    assert "--url" in result.err


@pytest.mark.parametrize(("host", "reached"), [("0.0.0.0", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "127.0.0.1")])
def test_server_is_reached_where_it_listens(ready, monkeypatch, host, reached):
    """What listens everywhere is reached on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    monkeypatch.setenv("FERMATA_SERVER__HOST", host)
    monkeypatch.setenv("FERMATA_SERVER__PORT", str(port))

    result = ready.run("test-alert")

    address = next(word for word in result.err.split() if word.startswith("http://")).rstrip(".")
    assert (urlsplit(address).hostname, urlsplit(address).port) == (reached, port)


def test_body_of_an_end_has_both_times():
    """The start is the identity, the end is now."""
    body = compose_body("a", {NOON: "info"}, ended_at=NOON + timedelta(minutes=1))

    (alert,) = body["alerts"]
    assert (alert["startsAt"], alert["endsAt"]) == ("2026-11-25T12:00:00.000Z", "2026-11-25T12:01:00.000Z")


def test_test_alert_needs_no_token_but_its_own(desk):
    """Tokens of systems stand in the service's environment; where the intake's is missing too, that is named."""
    desk.write_settings("  postgres: {dsn: env:NOPE_DSN}\nserver: {alert_token: file:token, port: 1}\n")
    (desk.folder / "token").write_text("a-token")
    sent = desk.run("test-alert")

    desk.write_settings("server: {alert_token: env:NOPE_TOKEN}\n")
    refused = desk.run("test-alert")

    assert "Nothing answers at http://127.0.0.1:1" in sent.err
    assert "environment variable NOPE_TOKEN is not set" in refused.err
