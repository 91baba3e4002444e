"""Commits behind the stacks of compiled languages."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.rules.signatures.change import FAULTY_COMMIT

STARTED = datetime(2026, 11, 23, 9, 50, 40, tzinfo=UTC)
GUILTY = "abc1234" * 5 + "abcde"
BROKEN = "TypeError: 'int' object is not iterable"
JAVA = "src/main/java/com/shop/pricing/Price.java"
SPRING = [
    "2026-11-23T09:50:55Z ERROR 1 --- [nio-8080-exec-7] o.a.c.c.C.[dispatcherServlet] : Servlet.service() failed",
    "",
    "com.shop.OrderFailed: could not price basket 55",
    "\tat com.shop.checkout.Orders.place(Orders.java:31)",
    "Caused by: java.lang.NullPointerException: basket is null",
    "\tat java.base/java.util.Objects.requireNonNull(Objects.java:235)",
    "\tat org.springframework.aop.Proxy.invoke(Proxy.java:9)",
    "\tat com.shop.pricing.Price.lambda$total$0(Price.java:41)",
    "\t... 23 common frames omitted",
]
JAVA_DIFF = [
    f"--- a/{JAVA}",
    f"+++ b/{JAVA}",
    "@@ -40,1 +40,2 @@ class Price {",
    " // one",
    "+    return code(basket);",
]


def test_commit_behind_a_chain_of_java_is_named_with_the_cause_that_it_is_of(scene):
    """What is said of the commit is the exception whose frame leads to it, and the line that it wrote there."""
    scene.logs(SPRING).change(GUILTY, {JAVA: [41]}, diff=JAVA_DIFF)

    (found,) = scene.match(FAULTY_COMMIT)

    assert (found.confidence, "NullPointerException: basket is null" in found.text) == (0.9, True)
    assert [citation.quote for citation in found.citations] == [SPRING[4], JAVA_DIFF[-1]]


def test_line_that_the_diff_does_not_show_is_cited_by_its_function(scene):
    """A part of the diff may be all there is."""
    diff = [*JAVA_DIFF[:3], "+    static int total(Basket basket) {"]
    scene.logs(SPRING).change(GUILTY, {JAVA: [41]}, diff=diff)

    assert scene.match(FAULTY_COMMIT)[0].citations[1].quote == diff[-1]


@pytest.mark.parametrize(
    ("file", "function", "declared"),
    [
        ("pay/charge.go", "main.(*Server).charge.func1", "+func (s *Server) charge(id string) error {"),
        ("Shop/Orders.cs", "Shop.Orders.<Total>d__3.MoveNext", "     public async Task<int> Total(Basket basket)"),
        ("lib/shop/cart.ex", "Shop.Cart.total/1", "@@ -40,2 +40,3 @@ def total(cart) do"),
        ("src/pricing.rs", "quotes::pricing::total::{{closure}}", "+pub fn total<T>(b: T) -> i32 {"),
        ("app/Price.php", "App\\Price->total", "-    public function total($basket)"),
    ],
)
def test_function_of_a_compiled_language_is_found_in_a_diff(scene, stack, file, function, declared):
    """Compilers name closures and state machines after it."""
    scene.logs(
        [line.replace("in FUNCTION", f"in {function}") for line in stack(BROKEN, f"/srv/{file}:41:FUNCTION")]
    ).change(GUILTY, {file: [60]}, diff=[declared])

    assert scene.match(FAULTY_COMMIT)[0].confidence == 0.6


@pytest.mark.parametrize("line", ["+    return total(basket);", "+    x = total(basket)", "+  // total cost"])
def test_call_of_a_function_does_not_touch_it(scene, stack, line):
    """Another function of the file calls it."""
    scene.logs(stack(BROKEN, f"/srv/{JAVA}:41:com.shop.Price.total")).change(GUILTY, {JAVA: [60]}, diff=[line])

    assert scene.match(FAULTY_COMMIT)[0].confidence == 0.4


@pytest.mark.parametrize(
    "line", ["+    assert total(basket) > 0", "+    yield total(basket)", "+  if not total(basket):"]
)
@pytest.mark.parametrize("place", ["/srv/app/price.py:41:total", f"/srv/{JAVA}:41:com.shop.Price.total"])
def test_word_before_a_call_makes_no_declaration_of_it(scene, stack, line, place):
    """Where a language has a word for a function, what stands behind it is one; no statement is a type."""
    scene.logs(stack(BROKEN, place)).change(GUILTY, {"app/price.py": [60], JAVA: [60]}, diff=[line])

    assert scene.match(FAULTY_COMMIT)[0].confidence == 0.4


def test_commit_that_wraps_an_exception_is_not_the_one_that_raises_it(scene):
    """Whoever reworded the line that says so is a decoy beside the one who wrote the line that fails."""
    orders = "src/main/java/com/shop/checkout/Orders.java"
    scene.logs(SPRING).change(GUILTY, {JAVA: [41]}, diff=JAVA_DIFF).change("dec0dec" * 5, {orders: [31]})

    (found,) = scene.match(FAULTY_COMMIT)

    assert found.text.startswith("abc1234")


@pytest.mark.parametrize(
    "command",
    [
        "/bin/sh -c 'exec java -Xmx64m -Dthreads=8 src/main/java/com/shop/Checkout.java --config=a.conf'",
        *("go run ./cmd/shop", "cargo run --release", "dotnet run --project Shop", "jbang shop.jbang"),
        *("elixir --sname a shop.exs", "mix phx.server", "./gradlew -q :shop:bootRun", "./mvnw spring-boot:run"),
    ],
)
def test_program_that_is_built_with_each_start_is_reverted_and_restarted(scene, command):
    """Launchers of sources make of a compiled language what runs like a script."""
    scene.state("running", started_at=STARTED, command=command).logs(SPRING)
    scene.change(GUILTY, {JAVA: [41]}, diff=JAVA_DIFF, revertible=True)

    (found,) = scene.match(FAULTY_COMMIT)

    assert [item.name for item in found.suggestions] == ["git.revert_commit", "supervisor.restart"]


@pytest.mark.parametrize(
    "command", ["", "java -jar shop.jar", "java -jar shop.jar Api.java", "/srv/go/run", "java -cp a.jar shop.Main run"]
)
def test_program_that_was_built_is_not_reverted_and_restarted(scene, command):
    """A restart runs what was built before: such a plan would change nothing."""
    scene.state("running", started_at=STARTED, command=command).logs(SPRING).change(
        GUILTY, {JAVA: [41]}, diff=JAVA_DIFF
    )

    (found,) = scene.match(FAULTY_COMMIT)

    assert found.suggestions == ()
    assert found.person_must.endswith("a restart alone runs what was built before.")


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ("org.springframework.web.client.HttpServerErrorException$ServiceUnavailable: 503 Service Unavailable", 0),
        ("java.net.ConnectException: Connection refused", 0),
        ("java.lang.IllegalStateException: basket of 5030 items", 1),
    ],
)
def test_file_that_only_passes_on_what_a_callee_answered_is_no_lead(scene, told, count):
    """Whatever else was changed in the file that calls: where it shows is not where it is wrong."""
    stack = ["2026-11-23T09:50:55Z ERROR 1 --- [exec-7] c.s.Orders : failed", "", told]
    scene.logs([*stack, "\tat com.shop.pricing.Price.total(Price.java:41)"])

    assert len(scene.change(GUILTY, {JAVA: [3]}, diff=JAVA_DIFF[:2]).match(FAULTY_COMMIT)) == count


@pytest.mark.parametrize(
    ("hunk", "confidence"),
    [
        (["@@ -30,4 +30,4 @@ int total(Basket a) {", " }", " void audit(Basket a) {", "-  log(1);", "+  log(2);"], 0.4),
        (["@@ -30,4 +30,4 @@ int total(Basket a) {", "   List<Line> all = lines(a);", "-  log(1);", "+  log(2);"], 0.6),
        (["@@ -30,4 +30,4 @@ class Price {", " int total(Basket a) {", "-  log(1);", "+  log(2);"], 0.6),
        (["@@ -30,4 +30,4 @@ class Price {", "-  log(1);", "+  log(2);", " }", " int total(Basket a) {"], 0.4),
    ],
)
def test_method_that_only_stands_beside_what_changed_is_not_changed(scene, hunk, confidence):
    """No word says where a method of Java begins: its types do."""
    scene.logs([*SPRING[:2], "java.lang.IllegalStateException: no rate", SPRING[-2].replace("lambda$total$0", "total")])
    (found,) = scene.change(GUILTY, {JAVA: [32]}, diff=[*JAVA_DIFF[:2], *hunk]).match(FAULTY_COMMIT)

    assert found.confidence == confidence


@pytest.mark.parametrize(("back", "guilty"), [(timedelta(seconds=40), "abc1234"), (timedelta(0), "dec0dec")])
def test_commit_taken_back_within_the_tolerance_after_a_start_is_the_one_that_runs(scene, back, guilty):
    """Stacks of Java quote no line that tells the commit from the one that takes it back: its time does."""
    revert_at = STARTED + back
    scene.state("running", started_at=STARTED).logs(SPRING)
    known = {} if not back else {"taken_back_at": revert_at}
    scene.change(GUILTY, {JAVA: [41]}, diff=JAVA_DIFF, before=ONSET - STARTED + timedelta(minutes=1), **known)
    scene.change("dec0dec" * 5, {JAVA: [41]}, diff=JAVA_DIFF, before=ONSET - revert_at)

    (found,) = scene.match(FAULTY_COMMIT)

    assert found.text.startswith(guilty)


@pytest.mark.parametrize(
    ("hunk", "confidence"),
    [
        (["@@ -38,4 +38,4 @@", "-    save(cart)", "+    keep(cart)", " ", " def total_cents(lines):"], 0.4),
        (["@@ -38,4 +38,4 @@ def save(cart):", " def total_cents(lines):", " def other():", "+    keep()"], 0.4),
        (["@@ -38,4 +38,4 @@", " def total_cents(lines):", "-    save(cart)", "+    keep(cart)"], 0.6),
        (["@@ -38,4 +38,4 @@", "+@cached", " def total_cents(lines):", "     total_cents_code()"], 0.6),
        (["@@ -38,4 +38,4 @@", "+def total_cents(lines):", "+    keep(cart)"], 0.6),
    ],
)
def test_function_that_only_stands_beside_what_changed_is_not_changed(scene, stack, hunk, confidence):
    """The lines around a change often show where the next function begins; its decorator is a part of it."""
    scene.logs(stack("TypeError: x", "/srv/shop/services/checkout.py:41:total_cents"))
    file = "services/checkout.py"

    (found,) = scene.change(GUILTY, {file: [39]}, diff=[f"--- a/{file}", f"+++ b/{file}", *hunk]).match(FAULTY_COMMIT)

    assert found.confidence == confidence
    assert ("changed total_cents" in found.text) == (confidence == 0.6)
