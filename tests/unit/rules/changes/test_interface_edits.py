"""Edits of what others know by its name."""

import pytest

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.interface_edits import INTERFACE_FINDERS, find_labels
from fermata.rules.changes.sides import list_sides


def parse(as_lines, body, path):
    """Return a diff of one file."""
    return parse_diff(as_lines(f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}"))


def find(as_lines, body, path="a.py"):
    """Return text -> edit of a diff of one file."""
    sides = list_sides(parse(as_lines, body, path))
    return {edit.text: edit for one in sides for finder in INTERFACE_FINDERS for edit in finder(one)}


@pytest.mark.parametrize(
    ("path", "body", "text", "kind"),
    [
        ("a.go", '-\tId string `json:"customer_id"`\n+\tId string `json:"cid"`', "the field customer_id", "null"),
        ("a.py", '         "id": o.id,\n-        "total": o.total,', "the field total goes", "null"),
        ("a.py", '-    path("v1/orders/", V),', "v1/orders/ is no longer used", "notfound"),
        ("a.ts", "-  get(`/api/v1/u`)\n+  get(`/api/v2/u`)", "/api/v1/u is no longer used", "routing"),
        ("a.ts", "-  get(`/orders/${id}/items`)\n+  get(`/orders/${id}/lines`)", "/orders/${id}/items is", "routing"),
        ("a.ts", '-  get("/orders")\n+  get("/orders-all")', "/orders is no longer used", "routing"),
        ("v.yaml", "-  host: redis-a.cache.svc\n+  host: redis-two.cache.svc", "redis-two.cache.svc is used", "dns"),
        ("v.yaml", "-  host: '*.acme.com'\n+  host: '*.acme.io'", "acme.io is used in place of acme.com", "dns"),
        ("v.yaml", "-  port: 8080\n+  port: 8081", "8081 is used in place of 8080", "refused"),
        ("fly.toml", "-  internal_port = 8080\n+  internal_port = 3000", "3000 is used in place of 8080", "refused"),
        ("a.go", '-\taddr = ":8080"\n+\taddr = ":9090"', "9090 is used in place of 8080", "refused"),
        ("a.env", "-REDIS=cache:6379\n+REDIS=cache:6380", "6380 is used in place of 6379", "refused"),
        ("a.env", "-FILES=storage:9000\n+FILES=storage:9001", "9001 is used in place of 9000", "refused"),
        ("a.env", "-A=accounts-admin:8080\n+A=accounts-admin:8081", "8081 is used in place of 8080", "refused"),
        ("Dockerfile", "-EXPOSE 8080\n+EXPOSE 3000", "3000 is used in place of 8080", "refused"),
        ("v.yaml", "-  - name: PAY_URL\n-    value: x", "PAY_URL is no longer given", "config"),
        ("a.py", '+K = os.environ["PRICE_KEY"]', "it needs PRICE_KEY from now on", "config"),
    ],
)  # fmt: skip
def test_name_that_others_use_is_gone_or_new(as_lines, path, body, text, kind):
    """Who was not told goes on using the old one, or does not give the new one."""
    assert any(name.startswith(text) and kind in edit.brings for name, edit in find(as_lines, body, path).items())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.py", '-    d["total"] = 1\n+    d["total"] = 2'),
        ("a.yml", '-  "total": 1'),
        ("a.py", '+K = os.environ.get("PRICE_KEY", "none")'),
        ("a.yml", '+K: getenv("PRICE_KEY")'),
        ("v.yaml", "-A_NAME: 1\n+A_NAME: 2"),
        ("v.yaml", "+  host: redis-two.cache.svc"),
        ("m.sql", "-COPY a FROM '/tmp/a'"),
        ("a.py", "-    x = 1"),
        ("a.js", "-  timeout: 10000,\n+  timeout: 4000,"),
        ("a.js", '-  {"timeout":10000}\n+  {"timeout":4000}'),
        ("a.js", "-  ({ maxAge:86400 })\n+  ({ maxAge:3600 })"),
        ("a.js", '-  "session-age:86400"\n+  "session-age:3600"'),
        ("a.js", "-  z-index:1000;\n+  z-index:9999;"),
        ("v.yaml", "-  memory: 2048\n+  memory: 1024"),
        ("v.yaml", "-  rows_per_report: 2000\n+  rows_per_report: 5000"),
    ],
)
def test_name_that_stays_or_has_a_default_is_no_edit(as_lines, path, body):
    """Nobody misses it."""
    assert find(as_lines, body, path) == {}


@pytest.mark.parametrize(
    ("path", "body", "is_kept_apart"),
    [
        ("a.py", "-REQS.labels(method).inc()\n+REQS.labels(method, user_id).inc()", True),
        ("a.py", "-REQS.labels(user_id).inc()\n+REQS.labels(user_id, m).inc()", False),
        ("a.py", "-REQS.labels(method).inc()\n+REQS.labels(status).inc()", False),
        ("a.md", "+REQS.labels(user_id).inc()", False),
        ("a.go", ' T = NewHistogramVec(o,\n-}, []string{"cmd"})\n+}, []string{"cmd", "account"})', True),
        ("a.go", ' names := []string{\n-  "cmd"})\n+  "cmd", "account"})', False),
    ],
)
def test_measurement_for_each_of_very_many_takes_memory(as_lines, path, body, is_kept_apart):
    """Measuring changes nothing else, but each series is kept for good."""
    found = list(find_labels(parse(as_lines, body, path).hunks))

    assert bool(found) is is_kept_apart
    assert all("memory" in edit.brings for edit in found)


@pytest.mark.parametrize(
    ("path", "body", "is_found"),
    [
        ("flags.py", '-    "new_checkout": False,\n+    "new_checkout": True,', True),
        ("total.py", "-    f(rounded=False)\n+    f(rounded=True)", False),
        ("flags.yml", "-new_checkout: false\n+new_checkout: true", True),
        ("limits.yml", "-strict: false\n+strict: true", False),
        ("flags.py", '-    "limit": 3,\n+    "limit": 4,', False),
    ],
)
def test_switch_that_is_turned_in_a_program_runs_other_code(as_lines, path, body, is_found):
    """Whatever that code does: it is a weak sign by itself."""
    found = find(as_lines, body, path)

    assert ("other code runs than before" in found) is is_found
    assert all(edit.strength < 0.6 for text, edit in found.items() if text.startswith("other code"))


def test_path_that_is_put_together_elsewhere_is_still_used(as_lines):
    """Its front stands in a name now."""
    body = "-  get(`/stock-levels/${sku}`)\n+  const base = '/stock-levels';\n+  get(`${base}/${sku}`)"

    assert not any("no longer used" in text for text in find(as_lines, body, "a.ts"))
