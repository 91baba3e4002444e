"""Stacks of the JVM, .NET, Go, Rust, PHP, Elixir and Perl, as these runtimes and their loggers print them."""

import json
import time

import pytest

from fermata.domain.evidence import EvidenceLine
from fermata.rules.chained_stacks import FORMS
from fermata.rules.logs import parse_log

SPRING = """\
2026-11-28T06:10:00.123Z ERROR 1 --- [nio-8080-exec-7] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() \
threw exception [Request processing failed: com.shop.OrderFailed: no order] with root cause

java.lang.IllegalStateException: could not price basket 55
\tat com.shop.pricing.Price.quote(Price.java:7) ~[!/:1.4.2]
\tat java.base/java.lang.Thread.run(Thread.java:1583) ~[na:na]
Caused by: org.postgresql.util.PSQLException: ERROR: relation "carts" does not exist
  Position: 15
\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2733)
\tat com.shop.pricing.Price$Reader.lambda$total$0(Price.java:4)
\tat jdk.internal.reflect.GeneratedMethodAccessor12.invoke(Unknown Source)
\t... 23 common frames omitted
2026-11-28T06:10:01.000Z  INFO 1 --- [main] c.s.Main : next"""
NET = """\
fail: Microsoft.AspNetCore.Server.Kestrel[13]
      Connection id "0HN", Request id "0HN:01": An unhandled exception was thrown by the application.
      System.InvalidOperationException: could not price
       ---> Npgsql.NpgsqlException (0x80004005): The connection pool has been exhausted
       ---> System.TimeoutException: The operation has timed out.
         --- End of inner exception stack trace ---
         at Npgsql.PoolingDataSource.<Get>g__RentAsync|34_0(NpgsqlConnection conn, NpgsqlTimeout timeout)
         at Shop.Db.Open() in /src/Shop/Db.cs:line 12
         --- End of inner exception stack trace ---
         at Shop.Orders.Total(Basket b) in /src/Shop/Orders.cs:line 42
info: Shop[0]
      next"""
GO = """\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1b2c]

goroutine 34 [running]:
main.(*Server).charge(0xc000012345, {0x5, 0x6})
\t/srv/pay/charge.go:42 +0x1d

goroutine 1 [IO wait]:
internal/poll.runtime_pollWait(0x7f, 0x72)
\t/usr/local/go/src/runtime/netpoll.go:345 +0x85
exit status 2"""
SERVING = """\
2026/11/28 06:10:00 http: panic serving 127.0.0.1:50202: runtime error: index out of range [3] with length 3
goroutine 34 [running]:
panic({0x6a1b20?, 0xc0000b4018?})
\t/usr/local/go/src/runtime/panic.go:770 +0x132
main.price(...)
\t/srv/pay/price.go:12
2026/11/28 06:10:01 next"""
RUST = """\
thread 'main' (29372) panicked at src/pricing.rs:2:5:
index out of bounds: the len is 3 but the index is 9
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:689:5
   1: quotes::pricing::total
             at ./src/pricing.rs:2:5
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace."""
PHP = """\
[28-Nov-2026 06:10:00 UTC] PHP Fatal error:  Uncaught TypeError: Argument #1 ($b) must be Basket in /app/Price.php:42
Stack trace:
#0 /app/Cart.php(12): App\\Price->total(NULL)
#1 {main}
  thrown in /app/Price.php on line 42"""
LARAVEL = """\
[2026-11-28 06:10:00] production.ERROR: refused (Connection: mysql, SQL: select 1) {"exception":"[object] \
(Illuminate\\\\Database\\\\QueryException(code: 2002): refused (Connection: mysql) at /app/vendor/a/Connection.php:829)
[stacktrace]
#0 /app/Http/CartController.php(31): App\\\\Cart->load()
#1 {main}

[previous exception] [object] (PDOException(code: 2002): refused at /app/vendor/a/Connector.php:65)
[stacktrace]
#0 {main}
"}
[2026-11-28 06:10:01] production.INFO: next"""
ELIXIR = """\
06:10:00.123 [error] GenServer Shop.Cart terminating
** (KeyError) key :price not found in: %{sku: 1}
    (shop 0.1.0) lib/shop/cart.ex:42: Shop.Cart.total/1
    (stdlib 4.2) gen_server.erl:1123: :gen_server.try_handle_call/4
Last message (from #PID<0.1.0>): :total"""
PERL = """\
no basket at /srv/shop/lib/Cart.pm line 42.
\tCart::total(undef) called at /srv/shop/app.psgi line 7
Use of uninitialized value $x in addition (+) at /srv/shop/lib/Cart.pm line 12."""
ZAP = (
    "2026-11-28T06:10:00.123Z\tERROR\tpay/charge.go:42\tfailed\n"
    "main.(*Server).charge\n\t/srv/pay/charge.go:42\nmain.main\n\t/srv/pay/main.go:9\n"
)


def parse(text):
    """Return the failures of a log."""
    return parse_log([EvidenceLine(number=n, text=line) for n, line in enumerate(text.split("\n"), start=1)])


def list_places(error):
    """Return the places of a link, innermost first."""
    return [f"{frame.file}:{frame.line} {frame.function}".strip() for frame in error.frames[::-1]]


def test_chain_of_spring_is_one_failure_with_its_causes():
    """A blank line stands between the record and its stack; of the file the package says the folders."""
    (error,) = parse(SPRING)

    assert (error.heading.number, error.raised.number, error.name) == (1, 3, "IllegalStateException")
    assert list_places(error)[0] == "com/shop/pricing/Price.java:7 com.shop.pricing.Price.quote"
    (cause,) = error.causes
    assert (cause.type, cause.raised.number) == ("org.postgresql.util.PSQLException", 6)
    assert [line.text for line in cause.details] == ["  Position: 15"]
    assert list_places(cause)[1] == "com/shop/pricing/Price.java:4 com.shop.pricing.Price$Reader.lambda$total$0"


def test_chain_of_dotnet_is_unwound():
    """The heads come first, then the frames, from the innermost on."""
    (error,) = parse(NET)

    assert error.heading.number == 1
    assert [(link.name, list_places(link)) for link in error.links] == [
        ("InvalidOperationException", ["/src/Shop/Orders.cs:42 Shop.Orders.Total"]),
        ("NpgsqlException", ["/src/Shop/Db.cs:12 Shop.Db.Open"]),
        ("TimeoutException", []),
    ]


@pytest.mark.parametrize(
    ("text", "language", "place", "message"),
    [
        (GO, "go", "/srv/pay/charge.go:42 main.(*Server).charge", "runtime error: invalid memory address"),
        (SERVING, "go", "/usr/local/go/src/runtime/panic.go:770 panic", "runtime error: index out of range"),
        (RUST, "rust", "src/pricing.rs:2", "index out of bounds"),
        (PHP, "php", "/app/Price.php:42", "Argument #1"),
        (LARAVEL, "php", "/app/vendor/a/Connection.php:829", "refused (Connection: mysql)"),
        (ELIXIR, "elixir", "lib/shop/cart.ex:42 Shop.Cart.total/1", "key :price not found"),
        (PERL, "perl", "/srv/shop/lib/Cart.pm:42", "no basket"),
        (ZAP, "zap", "/srv/pay/charge.go:42 main.(*Server).charge", "main.(*Server).charge"),
        ("PHP Fatal error:  Allowed memory size of 1 exhausted in /app/a.php on line 3", "php", "/app/a.php:3", "All"),
    ],
)  # fmt: skip
def test_failure_of_a_language_is_one_with_its_place(text, language, place, message):
    """Other goroutines, Perl's warnings and what is logged next are no failures."""
    (error,) = parse(text)

    assert (error.language, list_places(error)[0]) == (language, place)
    assert error.message.startswith(message)


def test_exception_before_is_the_cause_in_laravel():
    """A blank line stands between the two."""
    (error,) = parse(LARAVEL)

    assert [link.type for link in error.links] == ["Illuminate.Database.QueryException", "PDOException"]
    assert list_places(error)[1] == "/app/Http/CartController.php:31 App\\\\Cart->load"


def test_function_stands_above_its_place_in_go_and_rust():
    """So the place that failed says which function it is of."""
    assert list_places(parse(SERVING)[0])[1] == "/srv/pay/price.go:12 main.price"
    assert list_places(parse(RUST)[0])[2] == "./src/pricing.rs:2 quotes::pricing::total"


def test_stack_in_a_field_of_json_has_its_causes():
    """As Logstash's encoder writes it."""
    stack = "\n".join(SPRING.split("\n")[2:-1])
    (error,) = parse(json.dumps({"level": "ERROR", "message": "x", "stack_trace": stack}))

    assert [link.name for link in error.links] == ["IllegalStateException", "PSQLException"]


@pytest.mark.parametrize(
    "text",
    [
        SPRING.replace("ERROR 1 ---", " WARN 1 ---"),
        "2026-11-28T06:10:00Z WARN retried after java.net.SocketTimeoutException: Read timed out\n\tat a.B.c(B.java:5)",
        "java.lang.Thread: a word\nand no stack",
        "java.lang.Thread: frames without a place\n\tat a.B.c(Native Method)",
        "\tat com.shop.A.b(A.java:12)",
        "goroutine 1 [running]:\nmain.main()\n\t/srv/a.go:1 +0x1",
    ],
)
def test_what_was_got_over_or_has_no_head_is_no_failure(text):
    """A warning, also one line above; a mere mention; a dump that somebody asked for."""
    assert parse(text) == ()


def test_uncaught_exception_below_a_warning_is_a_failure():
    """What ends a thread was not got over."""
    (error,) = parse('2026-11-28T06:10:00Z WARN slow\nException in thread "main" a.b.Failed: x\n\tat a.b.C.d(C.java:5)')

    assert (error.type, list_places(error)) == ("a.b.Failed", ["a/b/C.java:5 a.b.C.d"])


def test_message_that_goes_on_too_long_ends_the_chain():
    """What follows is read by itself."""
    (error,) = parse(
        "a.b.Failed: x\n\tat a.b.C.d(C.java:5)\nCaused by: a.b.Deep: y\none\ntwo\nthree\nfour\n\tat a.b.E.f(E.java:1)"
    )

    assert [link.name for link in error.links] == ["Failed", "Deep"]
    assert error.causes[0].frames == ()


@pytest.mark.parametrize(
    "unit", ["[object] (A", "a.A: ", "Fatal error: A", "\tat a.b(", "** (A) ", "panic: ", "x at /a.pm "]
)
def test_long_lines_cost_no_more_than_their_length(unit):
    """Such a line is looked at once for each language."""
    began = time.process_time()

    parse("\n".join([unit * (2800 // len(unit))] * 500))

    assert time.process_time() - began < 1.5


@pytest.mark.parametrize("language", FORMS)
def test_line_that_names_nothing_is_done_with_by_a_word(language):
    """Every line of every log is asked by each form: patterns are for the few that may begin a stack."""
    form = FORMS[language]
    line, below = "2026-11-28 06:10:00 INFO shop handled GET /orders/7 in 33 ms", "2026-11-28 06:10:01 INFO shop next"

    is_left = bool(form.marks) and not any(mark in line for mark in form.marks)

    assert is_left or not below.startswith(form.opens)
