"""What a diff does, as typed edits."""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

import pytest

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.edits import list_edits
from fermata.rules.changes.setting_edits import list_setting_edits


def find(as_lines, path, body):
    """Return text -> edit of a diff of one file."""
    lines = f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}"
    return {edit.text: edit for edit in list_edits(parse_diff(as_lines(lines)))}


DONE = [
    ("a.php", "-        fclose($this->handle);\n         $this->push();", "fd"),
    ("Hub.cs", "-        _ticker.Tick -= OnTick;\n         return base.Close();", "memory"),
    ("a.go", "-\tif err := carrier.Book(ctx, s); err != nil {\n+\t_ = carrier.Book(ctx, s)", "empty"),
    ("iam.json", '   "Action": [\n     "s3:PutObject",\n-    "s3:PutObjectTagging",\n     "s3:GetObject"', "auth"),
    ("Pay.kt", "-  psp.charge(total, key = order.id)\n+  psp.charge(total, key = UUID.randomUUID().toString())", "duplicate"),
    ("keys.py", '-    return sha1(f"{request_key}:{step}".encode()).hexdigest()\n+    return f"{hash((request_key, step)):08x}"', "duplicate"),
    ("Bank.java", "-  return reader(path, ISO_8859_1);\n+  return reader(path);", "encoding"),
    ("models/member.ts", "+  @Column({ length: 8 })\n+  locale: string;", "schema"),
    ("a.ex", "-    GenServer.call(via(sku), {:take, sku})\n+    GenServer.call(__MODULE__, {:take, sku})", "starvation"),
    ("a.java", "-  u = Caffeine.newBuilder().maximumSize(9).build();\n+  u = new ConcurrentHashMap<>();", "memory"),
    ("a.py", '-    rows = q.filter(u=u).prefetch_related("lines")\n+    rows = q.filter(u=u)', "query"),
    ("a.rb", "-    Rails.cache.fetch(id) { build(id) }\n+    build(id)", "load"),
    ("a.py", "-    rows = s.query(E).limit(5000).all()\n+    rows = s.query(E).all()", "memory"),
    ("a.go", "-\tv, err, _ := g.Do(key, func() { load(key) })\n+\tv, err := load(key)", "load"),
    ("a.py", '     repo.save(p)\n-    cache.delete(f"p:{p.id}")', "stale"),
    ("a.conf", "-    add_header Vary Accept-Encoding;", "foreign"),
    ("a.py", "-    q = q.where(U.email == e)\n+    q = q.where(func.lower(U.email) == e)", "query"),
    ("a.py", "-    row = s.get(Stock, i)\n+    row = s.get(Stock, i).with_for_update()", "lock"),
    ("a.sql", "-SELECT id FROM jobs FOR UPDATE SKIP LOCKED\n+SELECT id FROM jobs FOR UPDATE", "lock"),
    ("a.py", "-    for acc in sorted([a, b]):\n-        acc.lock()\n+    a.lock()\n+    b.lock()", "lock"),
    ("a.sql", "-INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING\n+INSERT INTO a VALUES (1)", "constraint"),
    ("migrations/1.sql", "+ALTER TABLE users ALTER COLUMN phone SET NOT NULL;", "constraint"),
    ("migrations/1.sql", "+ALTER TABLE users RENAME COLUMN email TO mail;", "schema"),
    ("migrations/1.rb", "+    remove_index :orders, :customer_id", "query"),
    ("a.ts", '-  headers: { ...req.headers },\n+  headers: pick(req.headers, ["accept"]),', "auth"),
    ("a.go", "-\tc := &http.Client{Timeout: 3 * time.Second}\n+\tc := &http.Client{}", "starvation"),
    ("a.py", "     for attempt in range(9):\n-        time.sleep(2 ** attempt)\n+        continue", "retry"),
    ("a.java", '-    @CircuitBreaker(name = "stock")\n     public Stock get(String sku) {', "retry"),
    ("a.py", "-    async with sem:\n-        await fetch(u)\n+    await fetch(u)", "connections"),
    ("iam.tf", '-  actions = ["s3:GetObject", "s3:PutObject"]\n+  actions = ["s3:GetObject"]', "auth"),
    ("nginx.conf", "-ssl_protocols TLSv1.1 TLSv1.2;\n+ssl_protocols TLSv1.3;", "tls"),
    ("app.yml", "   kafka:\n-    group-id: billing\n+    group-id: billing-2", "duplicate"),
    ("a.py", "-    if store.seen(m.id):\n-        return\n     charge(m)", "duplicate"),
    ("a.py", '-    h["Idempotency-Key"] = order.id\n+    h["Idempotency-Key"] = str(uuid4())', "duplicate"),
    ("a.ts", '-  const city = order.address?.city ?? "";\n+  const city = order.address.city;', "null"),
    ("a.py", "-    except Timeout:\n-        return later(x)", "restart"),
    ("a.rb", "-    BigDecimal(price) * qty\n+    price.to_f * qty", "data"),
    ("a.cs", "-    db.Begin();\n+    db.Begin(IsolationLevel.Serializable);", "lock"),
    ("a.py", "-    q = q.prefetch_related('lines')\n+    q = q.all()", "query"),
    ("a.py", "-    today = datetime.now(timezone.utc).date()\n+    today = date.today()", "time"),
    ("a.java", '-  DateTimeFormatter.ofPattern("yyyy-MM-dd")\n+  DateTimeFormatter.ofPattern("YYYY-MM-dd")', "time"),
    ("a.py", "-    u = find(email.lower())\n+    u = find(email)", "auth"),
    ("a.py", " async def quote(req):\n-    r = await c.get(url)\n+    r = requests.get(url)", "starvation"),
    ("a.ts", "-  await repo.save(order);\n+  repo.save(order);", "concurrency"),
    ("a.go", "-\tm.mu.Lock()\n-\tdefer m.mu.Unlock()\n \tm.counts[k]++", "concurrency"),
    ("a.go", "-\tdefer resp.Body.Close()", "fd"),
    ("a.java", "-  new ArrayBlockingQueue<>(200)\n+  new LinkedBlockingQueue<>()", "memory"),
    ("netpol.yaml", "   ingress:\n-    podSelector: checkout\n+    podSelector: checkout-2", "refused"),
    ("deploy.yaml", "-      livenessProbe: /a\n+      livenessProbe: /b", "restart"),
    ("Dockerfile", '-ENV JAVA_OPTS="-Xmx512m"\n+ENV JAVA_OPTS="-Xmx2g"', "memory"),
    ("db.tf", '-  instance_class = "db.r6g.2xlarge"\n+  instance_class = "db.t4g.medium"', "cpu"),
    ("a.py", '-        status = "SHIPPED"\n+        status = "SHIPPED" if full else "PART_SHIPPED"', "parse"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "kind"), DONE, ids=[f"{path} {kind} {body[:30]!r}" for path, body, kind in DONE]
)
def test_edit_brings_what_follows_from_it(as_lines, path, body, kind):
    """Each is a transition, in whatever language: what goes, what comes, what says another thing."""
    assert any(kind in edit.brings for edit in find(as_lines, path, body).values())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.py", "-    svc = make(1)\n-    svc.close(svc)\n+    contacts = make(1)\n+    contacts.close(contacts)"),
        ("tests/test_a.py", "-    conn.close()"),
        ("package.json", '-  "cache": "1.0.0",\n+  "cache": "2.0.0",'),
        ("a.yml", "-pool: 40\n+pool: 4"),  # A table of its own reads what goes up or down.
        ("a.py", "-    conn.close()\n+    if True:\n+        conn.close()"),
        ("a.py", "-    x = 1\n+    x = 2"),
        ("a.py", "-    cookie( a )\n+    cookie(a)"),  # Spaces alone.
        ("a.cs", "+[JsonSerializable(typeof(Order))]"),  # No level of isolation.
        ("a.java", "-    BigDecimal sum = own;\n+    BigDecimal sum = lines.reduce(BigDecimal::add);"),  # As exact.
    ],
)
def test_what_changes_nothing_of_that_sort_is_no_edit(as_lines, path, body):
    """Names, tests, libraries, amounts and forms are read elsewhere, or not at all."""
    assert find(as_lines, path, body) == {}


def test_what_is_taken_care_of_is_no_edit(as_lines):
    """A cache that is asked in another way is still asked."""
    gone = find(as_lines, "a.py", "-    v = cache.get(k)\n+    v = load(k)")
    moved = find(as_lines, "a.py", "-    v = cache.get(k)\n-    w = cache.get(j)\n+    v = cache.get(k)")

    assert "what used to be kept is asked for each time" in gone
    assert "what used to be kept is asked for each time" not in moved


def test_something_new_counts_less_than_something_else_in_its_place(as_lines):
    """What was nowhere before seldom breaks what worked."""
    name = "a cookie or a session is kept otherwise"

    new = find(as_lines, "a.js", "+set_cookie(lax)")[name]
    other = find(as_lines, "a.js", "-set_cookie(lax)\n+set_cookie(strict)")[name]
    gone = find(as_lines, "a.js", "-set_cookie(lax)")[name]

    assert new.strength < other.strength == gone.strength


def test_who_does_a_bit_of_everything_does_nothing_telling(as_lines):
    """Each of many edits counts less than one that is alone."""
    alone = find(as_lines, "a.py", "-    conn.close()")
    many = find(
        as_lines,
        "a.py",
        "-    conn.close()\n-    mutex.lock()\n-    await x\n-    except E:\n-    a.lower()\n-    TZ=utc",
    )

    assert len(many) > 4
    assert many["what is opened is not closed"].strength < alone["what is opened is not closed"].strength
    assert alone["what is opened is not closed"].line.text.strip() == "conn.close()"


def test_pattern_over_two_lines_rests_on_the_first(as_lines):
    """An edit always has a line to show."""
    body = "+    except KeyError as e:\n+        pass\n+    catch (E e) {\n+    }"

    assert find(as_lines, "a.py", body)["a failure is swallowed"].line.sign == "+"


@pytest.mark.parametrize(
    ("path", "old", "new", "text"),
    [
        ("edge.conf", "client_max_body_size 2m;", "client_max_body_size 10m;", "a body may be less large"),
        ("edge.conf", "client_max_body_size 512k;", "client_max_body_size 1m;", "a body may be less large"),
        ("db/migrations/1.sql", "ALTER x TYPE char(4)", "ALTER x TYPE char(8)", "a number or text gets less room"),
        ("a.py", "leeway = 5", "leeway = 60", "a token is taken for less long"),
    ],
)  # fmt: skip
def test_amount_that_went_the_harmless_way_is_no_edit(as_lines, path, old, new, text):
    """A row about less says nothing of more; the other way about it stays one, or a table of amounts tells of it."""
    more = find(as_lines, path, f"-{old}\n+{new}")
    none = find(as_lines, path, f"-{old}\n+{old.rpartition(' ')[0]} given_elsewhere")

    assert text not in more
    assert text in none


def test_limit_that_was_none_counts_either_way(as_lines):
    """Nought says that there is no limit, so that more of it is less."""
    assert "a body may be less large" in find(as_lines, "a.conf", "-client_max_body_size 0;\n+client_max_body_size 4m;")


def test_who_reads_an_annotation_says_nothing_of_what_it_is_about(as_lines):
    """The prefix of a name in a cluster is an address."""
    line = "nginx.ingress.kubernetes.io/proxy-body-size: "

    found = find(as_lines, "a.yaml", f"-  {line}1m\n+  {line}50m")

    assert "less is let in, or let out" not in found


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("a.js", "-  res.status(401).end();\n+  res.redirect('/login');", "what is opened is not closed"),
        ("a.js", "-  res.end();\n+  res.json({});", "what is opened is not closed"),
        (
            "a.js",
            "-  q.add('digest', d);\n+  q.add('digest', d, o);",
            "what is signed or compared is written otherwise",
        ),
        ("a.py", "-    prefetch_templates()", "what was fetched together is fetched one by one"),
        ("pg.conf", "-deadlock_timeout = 1s\n+deadlock_timeout = 500ms", "statements are cut off sooner"),
        ("pg.conf", "-shared_buffers = 4GB\n+shared_buffers = 6GB", "what a database may do is bounded otherwise"),
        (
            "r.conf",
            "-maxmemory-policy volatile-lru\n+maxmemory-policy volatile-ttl",
            "what a database may do is bounded otherwise",
        ),
    ],
)
def test_name_that_only_sounds_like_it_is_no_such_edit(as_lines, path, body, text):
    """What boots, what looks for deadlocks, and what a table of settings reads by its way do something else."""
    diff = parse_diff(as_lines(f"+++ b/{path}\n@@ -1,1 +1,1 @@\n{body}"))

    assert text not in {edit.text for edit in (*list_edits(diff), *list_setting_edits(diff))}


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("a.py", "-    x = get()\n+    try:\n+        x = get()\n+    except E as e:\n+        raise Down from e", "a failure is swallowed"),
        ("a.go", "-\tdefer r.Body.Close()\n+\t_ = r.Body.Close()", "a failure is swallowed"),
        ("a.go", "+\t_ = json.NewEncoder(w).Encode(sha)", "nobody looks at what a call gave back any more"),
        ("a.go", "-\tdefer t.mu.RUnlock()", "what is opened is not closed"),
        ("a.php", "-  $a = f();\n+  $b = f();", "one for all is made where each had one"),
        ("models/a.ts", "-  public email: string;\n+  readonly email: string;", "reads go to a copy that lags behind"),
        ("nginx.conf", "+  access_log /var/log/hooks.json json;", "much more is written to logs"),
        ("a.ts", "-  for (const p of pages) {\n-    await push(p);\n-  }\n+  for (const [n, p] of all()) {\n+    await push(p);\n+  }", "it is asked for once for each item"),
        ("a.py", '-  key = f"p:{sku}:{cur}"\n+  key = "p:{}:{}".format(sku, cur)', "what is kept is told apart by less than before"),
        ("a.cs", "-  t = TimeSpan.FromSeconds(3);\n+  t = TimeSpan.FromMilliseconds(3000);", "a number is taken in another unit"),
    ],
)  # fmt: skip
def test_same_thing_in_another_form_is_no_such_edit(as_lines, path, body, text):
    """It is raised again, is closed, says who may write, is asked for as often as before, or is as long as it was."""
    assert text not in find(as_lines, path, body)
