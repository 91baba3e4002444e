"""What an outside party says exactly, against changes that do not touch what it is about."""

import pytest

from fermata.rules.changes.exact_words import doubt_by_words

DIGEST = """
+++ b/src/jobs/digest.js
@@ -3,3 +3,4 @@
-queue.add('digest', data);
+queue.add('digest', data, { attempts: 5, removeOnComplete: 1000 });
+log.info('queued the digest');
"""
GUESTS = """
+++ b/src/auth.js
@@ -12,4 +12,6 @@ function requireUser(req, res, next) {
-  if (!req.user) return res.status(401).end();
+  if (!req.user) {
+    return res.redirect('/login?next=' + req.path);
+  }
"""
CLIENT = """
+++ b/src/http.js
@@ -4,4 +4,4 @@
-  timeout: 10000,
+  timeout: 4000,
-  retries: 2,
+  retries: 3,
"""
POLICY = """
+++ b/infra/policy.json
@@ -4,4 +4,3 @@
-  "Action": ["secretsmanager:GetSecretValue", "s3:GetObject"],
+  "Action": ["s3:GetObject"],
"""
UPLOAD = """
+++ b/src/exports.js
@@ -4,2 +4,3 @@
-  await keep(file);
+  await client.send(new PutObjectCommand({ Key: file, Body: data }));
"""
DROP = """
+++ b/db/migrate/20261120_drop_coupon.rb
@@ -1,3 +1,5 @@
+class DropCoupon < ActiveRecord::Migration[7.1]
+  def change
+    remove_column :orders, :coupon_id
+  end
+end
"""
LIMIT = (
    "ERROR could not get certificate from issuer: HTTP 429 urn:ietf:params:acme:error:rateLimited - too many "
    "certificates (5) already issued, will retry, attempt #"
)
CHALLENGE = (
    "ERROR Certbot failed to authenticate some domains. The Certificate Authority reported these problems: Type: "
    "unauthorized Detail: Invalid response from http://a.example/.well-known/acme-challenge/#: 404"
)
SECRET = (
    "ERROR (task #) failed: ResourceInitializationError: unable to pull secrets or registry auth, retried 1 time(s): "
    "failed to fetch secret prod/db from secrets manager: AccessDeniedException, unauthorized"
)
UPSTREAM = 'ERROR nginx: [emerg] host not found in upstream "app:3000" in /etc/nginx/conf.d/default.conf:12'
DENIED = "ERROR #: User: arn:aws:iam::1:role/web is not authorized to perform: s3:PutObject on resource b"


@pytest.mark.parametrize(
    ("line", "diff"),
    [
        (LIMIT, DIGEST),
        (CHALLENGE, GUESTS),
        ("ERROR Error 521: Web server is down, upstream timeout #", CLIENT),
        (SECRET, GUESTS),
        ("ERROR (task #) CannotPullContainerError: acme/web:1.9.3: not found", DIGEST),
        (UPSTREAM, GUESTS),
        ("ERROR Error: Cannot find module 'sharp' #", GUESTS),
        ("ERROR Missing `secret_key_base` for 'production' environment #", DIGEST),
        ("ERROR FATAL: Tenant or user not found #", DIGEST),
        ("ERROR EC2ThrottledException the limit for Network Interfaces has been reached #", DIGEST),
    ],
    ids=["acme", "challenge", "edge", "secret", "image", "upstream", "module", "key", "tenant", "interfaces"],
)
def test_change_that_does_not_touch_what_was_refused_is_not_named(incident, line, diff):
    """That both are about retries, statuses or rights is no tie: the line says exactly what was refused."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 20, diff).release("dep-1", 6, "c0ffee1")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert judgement.ranked[0].blame < 0.35


def test_policy_without_the_permission_is_named_beside_its_refusal(incident):
    """It touches permissions: nothing is held against it."""
    incident.calm("shop").log("shop", (-3, 40, f"{SECRET}, policy secretsmanager GetSecretValue"))
    incident.change("tf-1", 5, POLICY, kind="terraform", state="applied", environment="production")

    judgement = incident.judge()

    assert judgement.guilty == "tf-1"


@pytest.mark.parametrize(("diff", "doubt"), [(UPLOAD, 0.0), (UPLOAD.replace("PutObject", "GetObject"), 0.75)])
def test_change_that_calls_what_the_refusal_names_is_not_doubted(incident, diff, doubt):
    """`PutObjectCommand` is the very action that is not allowed, and `GetObjectCommand` is another one."""
    incident.calm("shop").log("shop", (-3, 40, DENIED))
    incident.change("c0ffee1", 20, diff)

    assert doubt_by_words(incident.read(), incident.list_changes()) == doubt


def test_few_exact_lines_beside_many_others_hold_nothing_against_a_change(incident):
    """Another failure is what most lines are about."""
    other = "ERROR digest failed: too many requests, attempt # of 5, retry"
    incident.calm("shop").log("shop", (-3, 4, LIMIT), (-3, 60, other))
    incident.change("c0ffee1", 20, DIGEST).release("dep-1", 6, "c0ffee1")

    judgement = incident.judge()

    assert judgement.guilty == "c0ffee1"


@pytest.mark.parametrize(
    ("line", "diff"),
    [
        ("ERROR Mysql2::Error: Unknown column 'orders.coupon_id' in 'field list' #", DROP),
        ("ERROR ProgrammingError: column orders.coupon_id does not exist #", DROP),
        ("ERROR ActiveRecord::PendingMigrationError: Migrations are pending. run: bin/rails db:migrate #", DROP),
    ],
)
def test_missing_column_names_the_migration_that_took_it_away(incident, line, diff):
    """The line names the column, and so does the diff."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee2", 30, CLIENT).release("dep-2", 16, "c0ffee2")
    incident.change("c0ffee1", 12, diff).release("dep-1", 6, "c0ffee1")

    judgement = incident.judge()

    assert judgement.guilty == "c0ffee1"


def test_missing_column_names_no_change_that_does_not_speak_of_it(incident):
    """A release minutes before is not enough."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR column orders.coupon_id does not exist #"))
    incident.change("c0ffee1", 12, CLIENT).release("dep-1", 6, "c0ffee1")

    assert incident.judge().guilty is None
