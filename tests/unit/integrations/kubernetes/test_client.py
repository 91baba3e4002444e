"""Calls to an API server, on answers that a real one gave: what is sent, and what each answer becomes."""

import asyncio
import json
from pathlib import Path

import pytest

from fermata.integrations.kubernetes.answers import NotThere, PassingRefusal, Refusal
from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.resources import DEPLOYMENT, DISRUPTION_BUDGET, POD, SECRET
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.clock import FakeClock
from fermata.testing.kubernetes_replay import TOKEN, ReplayServer, make_status, write_kubeconfig
from fermata.testing.web_server import Answer, Fault, WebServer, make_tls

SAMPLES = Path(__file__).parents[3] / "samples" / "kubernetes"
PODS = "/api/v1/namespaces/shop/pods"
LIMIT = {"limit": "500"}


def load(name):
    """Give a recorded answer."""
    return json.loads((SAMPLES / f"{name}.json").read_text())


@pytest.fixture
async def server(tmp_path):
    """Give an API server that says what it is given to say."""
    async with ReplayServer(tmp_path) as replay:
        yield replay


@pytest.fixture
def open_session(server):
    """Connect to it."""

    def connect(clock=None, **settings):
        given = KubernetesSettings(**{"kubeconfig": server.kubeconfig, "timeout_s": 10} | settings)
        return KubernetesClient(given, clock or FakeClock()).connect()

    return connect


async def test_recorded_list_is_read_as_it_stands(server, open_session):
    """Objects come in the API's own shape, with the kind that a list leaves out."""
    server.say(PODS, load("pods-list"), query=LIMIT)

    async with open_session() as session:
        found = await session.list_objects(POD, "shop")

    assert [item["metadata"]["name"] for item in found.items] == ["p1", "p2"]
    assert {(item["kind"], item["apiVersion"]) for item in found.items} == {("Pod", "v1")}
    assert found.is_whole
    assert server.list_asked() == [f"GET {PODS}?limit=500"]
    assert server.web.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_selectors_are_sent_as_the_api_takes_them(server, open_session):
    """Both selectors, and nothing that is empty."""
    query = {"limit": "1", "labelSelector": "app=web", "fieldSelector": "spec.nodeName=n1"}
    server.say(PODS, load("pods-list-label"), query=query)

    async with open_session() as session:
        found = await session.list_objects(POD, "shop", labels="app=web", fields="spec.nodeName=n1", most=1)

    assert (len(found.items), found.is_whole) == (1, False)
    assert server.unknown == []


async def test_names_are_asked_for_without_content(server, open_session):
    """The server itself leaves the content out; an answer that holds some all the same is refused."""
    server.say("/api/v1/namespaces/shop/secrets", load("partial-metadata"), query=LIMIT)

    async with open_session() as session:
        found = await session.list_metadata(SECRET, "shop")
        leaky = load("partial-metadata")
        leaky["items"][0]["data"] = {"password": "c2VjcmV0"}
        server.say("/api/v1/namespaces/shop/secrets", leaky, query=LIMIT)
        with pytest.raises(OperationalError, match="holds content though metadata only was asked for"):
            await session.list_metadata(SECRET, "shop")

    assert found.items[0]["metadata"]["name"] == "p1"
    accept = server.web.requests[0].headers["accept"]
    assert accept == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


async def test_pages_are_followed_up_to_a_limit(server, open_session):
    """A long list is read on with its token; what lies behind the limit is said to be there."""
    page = load("pods-list")
    page["metadata"]["continue"] = "next"
    server.say(PODS, page, query={"limit": "3"})
    server.say(PODS, page, query={"limit": "3", "continue": "next"})

    async with open_session() as session:
        found = await session.list_objects(POD, "shop", most=3)

    assert (len(found.items), found.is_whole) == (3, False)
    assert len(server.web.requests) == 2


async def test_pages_that_were_read_are_kept_where_a_later_one_does_not_come(server, open_session):
    """A token that is too old (410) ends the list: it is not whole, and not lost. A guard counts no half of it."""
    page = load("pods-list")
    page["metadata"]["continue"] = "next"
    server.say(PODS, page, query=LIMIT)
    server.refuse(
        PODS, 410, "Expired", "The provided continue parameter is too old", query=LIMIT | {"continue": "next"}
    )

    async with open_session() as session:
        found = await session.list_objects(POD, "shop", keeps_pages=True)
        with pytest.raises(PassingRefusal):
            await session.list_objects(POD, "shop")

    assert (len(found.items), found.is_whole) == (len(page["items"]), False)


@pytest.mark.parametrize(
    ("sample", "code", "kind", "words"),
    [
        ("unauthorized", 401, Refusal, "Renew the credential"),
        ("pods-list-forbidden", 403, Refusal, '- {apiGroups: [""], resources: ["pods"], verbs: ["list"]}'),
        ("pod-notfound", 404, NotThere, 'pods "nope" not found'),
        ("deploy-put-stale-resourceversion", 409, Refusal, "look at it again"),
        ("deploy-ssa-conflict", 409, Refusal, "Apply failed with 1 conflict"),
        ("deploy-invalid", 422, Refusal, "must be greater than or equal to 0"),
    ],
)
async def test_recorded_refusal_says_what_to_do(server, open_session, sample, code, kind, words):
    """The server's own sentence, and what whoever reads it does next."""
    server.say(PODS, Answer(load(sample), code), query=LIMIT)

    async with open_session() as session:
        with pytest.raises(kind) as caught:
            await session.list_objects(POD, "shop")

    assert words in str(caught.value)
    assert (caught.value.code, caught.value.reason) == (code, load(sample)["reason"])
    assert not isinstance(caught.value, TransientError)


@pytest.mark.parametrize(
    "said",
    [
        'admission webhook "policy.example" denied the request: no changes on a Friday',
        "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
        'pods "web-1" is forbidden: exceeded quota: team, requested: pods=1, used: pods=5, limited: pods=5',
        'pods "web-1" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
    ],
)
async def test_admission_that_refuses_is_no_missing_permission(server, open_session, said):
    """A Role changes nothing about what a policy or a quota refuses, so none is asked for."""
    server.refuse(PODS, 403, "Forbidden", said, query=LIMIT)

    async with open_session() as session:
        with pytest.raises(Refusal, match="admission rule") as caught:
            await session.list_objects(POD, "shop")

    assert said in str(caught.value)
    assert "Grant" not in str(caught.value)


async def test_conflict_keeps_whose_field_it_is(server, open_session):
    """Who acts on it needs the fields and their owners, not the sentence."""
    path = DEPLOYMENT.path("shop", "web")
    query = {"fieldManager": "fermata", "dryRun": "All"}
    server.say(path, Answer(load("deploy-ssa-conflict"), 409), query=query, method="PATCH")

    async with open_session() as session:
        with pytest.raises(Refusal) as caught:
            await session.write("PATCH", path, {}, params=query, content_type="application/apply-patch+yaml")

    (cause,) = caught.value.causes
    assert (cause.reason, cause.field) == ("FieldManagerConflict", ".spec.replicas")
    assert server.web.requests[0].headers["content-type"] == "application/apply-patch+yaml"


async def test_absent_object_is_none(server, open_session):
    """To look for one that may not be there is no error."""
    server.say(f"{PODS}/nope", Answer(load("pod-notfound"), 404))

    async with open_session() as session:
        assert await session.find_object(POD, "nope", "shop") is None


async def test_expired_list_may_be_asked_for_again(server, open_session):
    """410 passes: the next list begins anew."""
    server.refuse(PODS, 410, "Expired", "The provided continue parameter is too old", query=LIMIT)

    async with open_session() as session:
        with pytest.raises(PassingRefusal, match="ask again"):
            await session.list_objects(POD, "shop")


@pytest.mark.parametrize("code", [302, 307])
async def test_redirect_is_not_followed(server, open_session, code):
    """The credential must not travel to another host."""
    server.say(PODS, Answer(b"", code, {"Location": "http://127.0.0.1:1/"}), query=LIMIT)

    async with open_session() as session:
        with pytest.raises(Refusal, match="It redirects, which is not followed"):
            await session.list_objects(POD, "shop")


@pytest.mark.parametrize("body", [b"<html>login</html>", b"[1, 2]", b"\xff\xfe"])
async def test_answer_that_is_not_the_apis_is_said(server, open_session, body):
    """A page in front of it answers 200, too."""
    server.say(PODS, Answer(body), query=LIMIT)

    async with open_session() as session:
        with pytest.raises(OperationalError, match="an answer that is not its API's"):
            await session.list_objects(POD, "shop")


@pytest.mark.parametrize("body", [{}, {"items": {"a": 1}}, {"items": "none"}, {"kind": "Status", "message": "odd"}])
async def test_answer_that_holds_no_list_is_no_empty_one(server, open_session, body):
    """What is not there must not be told from an answer that is none."""
    server.say(PODS, body, query=LIMIT)

    async with open_session() as session:
        with pytest.raises(OperationalError, match="it holds no list"):
            await session.list_objects(POD, "shop")


@pytest.mark.parametrize("body", [{"items": None}, {"items": [], "metadata": None}, {"items": ["odd", 7]}])
async def test_list_of_nothing_is_empty(server, open_session, body):
    """Some servers write null; what is no object is none."""
    server.say(PODS, body, query=LIMIT)

    async with open_session() as session:
        found = await session.list_objects(POD, "shop")

    assert (found.items, found.is_whole) == ((), True)


async def test_answer_that_is_too_large_is_given_up(server, open_session, monkeypatch):
    """The limit holds for the page, while it arrives."""
    monkeypatch.setattr("fermata.integrations.kubernetes.client.LARGEST_ANSWER_BYTES", 1000)  # Instead of 32 MiB.
    server.say(PODS, load("pods-list"), query=LIMIT)

    async with open_session() as session:
        with pytest.raises(OperationalError, match="answered with more than"):
            await session.list_objects(POD, "shop")


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Fault.HANG, "did not answer within 0.1 s"), (Fault.HALF, "broke off"), (Fault.DROP, "broke off")],
)
async def test_answer_that_does_not_come_is_transient(server, open_session, fault, words):
    """Silence, half an answer, a closed connection."""
    server.say(PODS, Answer(load("pods-list"), fault=fault), query=LIMIT)

    async with open_session(timeout_s=0.1) as session:
        with pytest.raises(TransientError, match=words):
            await session.list_objects(POD, "shop")


async def test_pause_that_is_asked_for_is_kept(server, open_session):
    """429 with Retry-After: nothing is sent until then."""
    clock = FakeClock()
    refusal = make_status(429, "TooManyRequests", "too many requests")
    server.say(PODS, Answer(refusal, 429, {"Retry-After": "3"}), query=LIMIT)

    async with open_session(clock) as session:
        with pytest.raises(PassingRefusal) as caught:
            await session.list_objects(POD, "shop")
        with pytest.raises(TransientError, match="not asked now"):
            await session.list_objects(POD, "shop")
        await clock.sleep(3)
        server.say(PODS, load("pods-list"), query=LIMIT)
        await session.list_objects(POD, "shop")

    assert caught.value.retry_after.total_seconds() == 3
    assert len(server.web.requests) == 2


async def test_read_that_is_put_off_for_a_second_is_sent_once_more(server, open_session):
    """Priority and fairness refuses one too many at once. A write is not repeated."""
    clock = FakeClock()
    refusal = Answer(make_status(429, "TooManyRequests", "too many requests"), 429, {"Retry-After": "1"})
    server.say(PODS, refusal, query=LIMIT)

    async with open_session(clock) as session:
        with pytest.raises(PassingRefusal):
            await session.list_objects(POD, "shop")
        server.say(PODS, load("pods-list"), query=LIMIT)
        found = await session.list_objects(POD, "shop")
        server.say(PODS, refusal, method="POST")
        with pytest.raises(PassingRefusal):
            await session.write("POST", PODS, {})

    assert found.items
    assert [request.method for request in server.web.requests] == ["GET", "GET", "GET", "POST"]


async def test_log_arrives_in_chunks(server, open_session):
    """Nothing of it is kept by the session; lines before the last restart are asked for by hand."""
    path, query = f"{PODS}/p1/log", {"container": "web", "previous": "true", "tailLines": "2000"}
    server.say(path, Answer(b"line\n" * 50_000), query=query)

    async with open_session() as session, session.stream(path, query) as chunks:
        sizes = [len(chunk) async for chunk in chunks]

    assert sum(sizes) == 250_000
    assert len(sizes) > 1


async def test_log_that_is_refused_says_why(server, open_session):
    """A container that has not started yet has no log: 400, with the server's words."""
    path = f"{PODS}/p1/log"
    server.refuse(path, 400, "BadRequest", 'container "web" in pod "p1" is waiting to start')

    async with open_session() as session:
        with pytest.raises(Refusal, match="is waiting to start"):
            async with session.stream(path, {}):
                pass


async def test_calls_of_a_session_share_connections(server, open_session):
    """One after the other, they take one."""
    server.say(PODS, load("pods-list"), query=LIMIT)

    async with open_session() as session:
        for _ in range(5):
            await session.list_objects(POD, "shop")

    assert server.web.connections == 1


async def test_calls_at_once_are_bounded(server, open_session):
    """More than the settings allow wait for their turn."""
    server.say(PODS, Answer(load("pods-list"), delay_s=0.01), query=LIMIT)

    async with open_session(most_at_once=2) as session:
        await asyncio.gather(*(session.list_objects(POD, "shop") for _ in range(10)))

    assert server.web.connections == 2


async def test_wrong_certificate_is_not_trusted(tmp_path):
    """It is no passing trouble, and the way out is named."""
    async with WebServer(lambda _: Answer({}), make_tls(tmp_path)) as server:
        (tmp_path / "kubeconfig").write_text(write_kubeconfig(server.url))
        client = KubernetesClient(KubernetesSettings(kubeconfig=tmp_path / "kubeconfig"), FakeClock())
        async with client.connect() as session:
            with pytest.raises(OperationalError, match="is not trusted") as caught:
                await session.get("/version")

    assert not isinstance(caught.value, TransientError)
    assert "certificate-authority" in caught.value.do


async def test_named_authority_is_trusted(tmp_path):
    """The kubeconfig says whom to trust."""
    async with WebServer(lambda _: Answer({"gitVersion": "v1.36.0"}), make_tls(tmp_path)) as server:
        text = write_kubeconfig(server.url, ca_file=tmp_path / "certificate.pem")
        (tmp_path / "kubeconfig").write_text(text)
        client = KubernetesClient(KubernetesSettings(kubeconfig=tmp_path / "kubeconfig"), FakeClock())
        async with client.connect() as session:
            assert await session.get("/version") == {"gitVersion": "v1.36.0"}


async def test_kubeconfig_that_is_written_again_is_read_again(server, tmp_path):
    """A renewed token is used without a restart."""
    server.say("/version", {"gitVersion": "v1"})
    path = tmp_path / "renewed"
    path.write_text(write_kubeconfig(server.web.url, token="old"))
    client = KubernetesClient(KubernetesSettings(kubeconfig=path), FakeClock())
    async with client.connect() as session:
        await session.get("/version")

    path.write_text(write_kubeconfig(server.web.url, token="renewed"))
    async with client.connect() as session:
        await session.get("/version")

    given = [request.headers["authorization"] for request in server.web.requests]
    assert given == ["Bearer old", "Bearer renewed"]


async def test_context_that_is_not_there_is_told_with_those_that_are(server):
    """A slip is seen at once beside the right name."""
    client = KubernetesClient(KubernetesSettings(kubeconfig=server.kubeconfig, context="prodution"), FakeClock())

    with pytest.raises(OperationalError, match=r"It has no context prodution, but [a-z-]+") as caught:
        async with client.connect():
            pass

    assert "Check kubernetes.kubeconfig and kubernetes.context" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("current-context: x\nclusters: []\ncontexts: []\n", "Context 'x' not found"),
        ("token: [hunter2hunter2", "ParserError"),
        ("{}", "KeyError"),
        (None, "No such file"),
    ],
)
async def test_kubeconfig_that_cannot_be_used_is_said(tmp_path, text, words):
    """What is wrong with it, without what it holds."""
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)

    with pytest.raises(OperationalError, match="kubeconfig cannot be used") as caught:
        async with KubernetesClient(KubernetesSettings(kubeconfig=path), FakeClock()).connect():
            pass

    assert words in str(caught.value) or words in caught.value.why
    assert "hunter2" not in str(caught.value)


async def test_service_account_outside_a_cluster_is_said():
    """Nothing is mounted on this machine."""
    with pytest.raises(OperationalError, match="service account cannot be used"):
        async with KubernetesClient(KubernetesSettings(in_cluster=True), FakeClock()).connect():
            pass


@pytest.mark.parametrize("name", [".", ".."])
async def test_name_of_dots_leads_nowhere(server, open_session, name):
    """An alert's label names a namespace or a pod: `..` would be a step up, to the pods of all namespaces."""
    async with open_session() as session:
        with pytest.raises(Refusal):
            await session.find_object(POD, name, "shop")
        with pytest.raises(Refusal):
            await session.list_objects(POD, name)

    escaped = name.replace(".", "%2E")  # As the server reads it, which takes one escape off.
    assert server.list_asked() == [f"GET {PODS}/{escaped}", f"GET /api/v1/namespaces/{escaped}/pods?limit=500"]


BUDGETS = "/apis/policy/{}/namespaces/shop/poddisruptionbudgets"
NOT_SERVED = Answer(b"404 page not found\n", 404, {"Content-Type": "text/plain; charset=utf-8"})


async def test_list_that_an_old_server_has_in_an_older_version_is_read(server, open_session):
    """Kubernetes 1.20 answers `policy/v1` with a page of its router's."""
    server.say(BUDGETS.format("v1"), NOT_SERVED, query=LIMIT)
    server.say(BUDGETS.format("v1beta1"), {"items": [{"metadata": {"name": "guard"}}]}, query=LIMIT)

    async with open_session() as session:
        found = await session.list_objects(DISRUPTION_BUDGET, "shop")

    (budget,) = found.items
    assert (budget["kind"], budget["apiVersion"]) == ("PodDisruptionBudget", "policy/v1beta1")


async def test_list_that_no_version_has_is_told_of_the_present_one(server, open_session):
    """Whoever reads it looks for the kind in what they know."""
    server.say(BUDGETS.format("v1"), NOT_SERVED, query=LIMIT)
    server.say(BUDGETS.format("v1beta1"), NOT_SERVED, query=LIMIT)

    async with open_session() as session:
        with pytest.raises(NotThere, match="This cluster does not serve that kind"):
            await session.list_objects(DISRUPTION_BUDGET, "shop")

    assert len(server.web.requests) == 2


async def test_refused_list_is_not_asked_for_in_another_version(server, open_session):
    """Only what is not served may be elsewhere."""
    server.refuse(BUDGETS.format("v1"), 403, "Forbidden", "no", query=LIMIT)

    async with open_session() as session:
        with pytest.raises(Refusal, match="HTTP 403"):
            await session.list_objects(DISRUPTION_BUDGET, "shop")

    assert len(server.web.requests) == 1
