from time import process_time

import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.kubernetes.logs import read_log
from fermata.rules.signatures.kubernetes_complaints import (
    Failure,
    find_complaints,
    list_calls_to,
    list_complaint_troubles,
    list_complaints,
    list_failed_calls,
    read_address,
)


def list_texts(harbour):
    """Return the texts of all complaints."""
    return [complaint.text for complaint in list_complaints(harbour.build())]


def test_chatter_and_stack_frames_are_no_complaints():
    """Of a trace only the lines that name what went wrong are kept."""
    harbour = Harbour().app("web", ready=False)
    harbour.log(
        "web", "all is well", "java.io.IOException: gone", "\tat a.b.IOException.of(X.java:1)", "Caused by: Error"
    )

    assert list_texts(harbour) == ["java.io.IOException: gone", "Caused by: Error"]


def test_repeated_line_is_one_complaint_and_quotes_the_first():
    """The same words again and again say no more than once."""
    harbour = Harbour().app("web").log("web-7d9f8b6c5-x2x4k", "fine", "error: x", "error: x")

    (complaint,) = list_complaints(harbour.build())

    assert complaint.quote.line == 2
    assert complaint.workload.name == "web"


def test_long_log_is_read_from_its_end():
    """What ails now is said at the end; the line that the window cuts is left out."""
    old = [f"error number {number:08}" for number in range(9000)]
    harbour = Harbour().app("web").log("web", *old)

    texts = list_texts(harbour)

    assert texts[-1] == "error number 00008999"
    assert len(texts) == 80


def test_one_endless_line_is_not_read():
    """A megabyte without an end of line is rubbish, and no sentence of anybody."""
    assert list_texts(Harbour().app("web").log("web", "error " * 200_000)) == []


def test_previous_and_proxy_logs_count_only_for_ailing_workloads():
    """A workload that is well has got over what its last run said, and its proxy always complains."""
    for ready, count in ((True, 0), (False, 2)):
        harbour = Harbour().app("web", ready=ready)
        harbour.logs.append(read_log("p", "shop__web-7d9f8b6c5-x2x4k__app__previous", "error: old"))
        harbour.logs.append(read_log("i", "shop__web-7d9f8b6c5-x2x4k__istio-proxy", "error: proxy"))

        assert len(list_texts(harbour)) == count


def test_log_of_a_pod_that_is_gone_belongs_to_its_workload():
    """The name of a pod starts with its workload's; a log that belongs to nothing is left out."""
    harbour = Harbour().app("web").log("web-5c6d7e8f90-zzzzz", "error: gone").log("nobody-1", "error: lost")

    assert list_texts(harbour) == ["error: gone"]


def test_complaints_are_found_by_any_of_the_words():
    """Words that no log holds cost nothing and find nothing."""
    cluster = Harbour().app("web").log("web", "error: one", "error: two").build()

    assert [item.text for item in find_complaints(cluster, ("two", "three"))] == ["error: two"]
    assert list(find_complaints(cluster, ("three",))) == []


@pytest.mark.parametrize(
    ("line", "host", "port"),
    [
        ("dial tcp 10.96.0.7:6379: connect: connection refused", "10.96.0.7", 6379),
        ("dial tcp: lookup grades on 10.96.0.10:53: no such host", "grades", None),
        ("lookup db.shop.svc.cluster.local.: no such host", "db.shop.svc.cluster.local", None),
        ("java.net.UnknownHostException: db: Temporary failure in name resolution", "db", None),
        ("Connection to db:5432 refused. Check that the hostname", "db", 5432),
        ("connect ECONNREFUSED 10.1.2.3:80", "10.1.2.3", 80),
        ("getaddrinfo ENOTFOUND cart", "cart", None),
        ('could not translate host name "school-db" to address', "school-db", None),
        ("Unknown MySQL server host 'db' (-2)", "db", None),
        ("HTTPConnectionPool(host='cart', port=7070): Max retries exceeded", "cart", 7070),
        ('connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused', "db", 5432),
        ("Can't connect to MySQL server on 'db:3307' (111)", "db", 3307),
        ('connect() failed, upstream: "http://10.96.56.66:8080/api"', "10.96.56.66", 8080),
        ('Get "http://cart:8080/x": read: connection reset by peer', "cart", 8080),
        ("Failed to connect to cart/10.0.0.1:7070", "cart", 7070),
        ("UnableToConnect on redis-cart:6379/Interactive, see https://help.example.io/t", "redis-cart", 6379),
        ("GET https://pay.example.com/v1 timed out", "pay.example.com", None),
        ("server.go:80: connection refused", None, None),
        ("failed at 2026-01-01T10:00:00 by localhost:80", None, None),
        ('upstream timed out, upstream: "fastcgi://unix:/run/php-fpm.sock", host: "shop"', None, None),
    ],
)
def test_host_is_read_in_the_words_of_any_client(line, host, port):
    """A source file, a time and the machine itself are no hosts."""
    expected = None if host is None else (host, port)

    assert read_address(line) == expected


def test_long_line_without_an_address_is_read_at_once():
    """The time grows with its length alone: a line may be a whole minified file."""
    began = process_time()

    assert read_address("a." * 50_000) is None

    assert process_time() - began < 10


def test_failed_calls_know_their_service_and_how_they_failed():
    """Each host and failure of a caller counts once; a line without a host is no call."""
    harbour = Harbour().app("web").svc("cart", 7070)
    harbour.log(
        "web",
        "error: dial tcp 10.96.0.99:7070: connect: connection refused",
        "error: again, dial tcp 10.96.0.99:7070: connect: connection refused",
        "error: Get http://pay.example.com:80: i/o timeout",
        "error: connection reset by peer",
    )
    cluster = harbour.build()
    service = cluster.find("Service", "cart")

    calls = list_failed_calls(cluster)

    assert [(call.host, call.port, call.failure, call.service) for call in calls] == [
        ("10.96.0.99", 7070, Failure.REFUSED, service),
        ("pay.example.com", 80, Failure.TIMEOUT, None),
    ]
    assert list_calls_to(cluster, service) == [calls[0]]


REFUSED = "error {}: dial tcp 10.96.0.99:7070: connect: connection refused"


def repeat(line, count=3):
    """Write a line several times, each with a number of its own."""
    return [line.format(number) for number in range(count)]


def test_troubles_are_callers_that_run_services_that_are_missed_and_alerts():
    """A caller whose pods are not ready is listed by those; an alert counts when it names a service and a failure."""
    harbour = Harbour().app("web").app("shop", ready=False).svc("cart", 7070).svc("web", clusterIP="10.96.0.1")
    harbour.log("web", *repeat(REFUSED), *repeat("error {}: Get http://pay.example.com:80: i/o timeout"))
    harbour.log("shop", REFUSED).notice("Service cart: GET /x 500 Server Error").notice("Service cart-2: error")

    troubles = list_complaint_troubles(harbour.notice("Service web: all is well").build())

    assert [(item.ref.partition(":")[2], item.text) for item in troubles] == [
        ("deployment/shop/web", "web fails to reach cart"),
        ("service/shop/cart", "calls to service cart fail"),
        ("deployment/shop/web", "web fails to reach pay.example.com"),
        ("service/shop/cart", "an alert speaks of cart"),
    ]


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (repeat(REFUSED, 2), 0),
        (repeat(REFUSED), 2),
        ([*repeat(REFUSED), *["all is well again"] * 300], 0),
        ([line for text in repeat(REFUSED, 5) for line in (text, *["chatter"] * 300)], 2),
    ],
)
def test_calls_that_fail_once_or_that_have_recovered_are_no_trouble(lines, count):
    """The silence after the last failure is measured by the distance between two of them."""
    harbour = Harbour().app("web").svc("cart", 7070).log("web", *lines)

    assert len(list_complaint_troubles(harbour.build())) == count
