import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.app_errors import SIGNATURES as APP_ERRORS
from fermata.rules.signatures.cluster_rank import examine
from fermata.rules.signatures.kubernetes_jobs import SIGNATURES


def job(*conditions, owner=None, **spec):
    """Return a town with a job that reports conditions."""
    return Town().add("Job", "report", owner=owner, spec=spec, status={"conditions": list(conditions)})


def failed(reason, message=""):
    """Return the condition of a job that gave up."""
    return {"type": "Failed", "status": "True", "reason": reason, "message": message}


@pytest.mark.parametrize(
    ("reason", "cause"),
    [("BackoffLimitExceeded", "job_backoff_limit_exceeded"), ("DeadlineExceeded", "job_deadline_exceeded")],
)
def test_job_that_gave_up_says_why(reason, cause):
    """Its condition names the limit."""
    (found,) = job(failed(reason, f"Job: {reason}")).find(SIGNATURES, cause)

    assert found.subject.ref == "kubernetes:job/shop/report"
    assert job(failed(reason)).list_causes(SIGNATURES) == [cause]


def test_job_of_a_cron_job_blames_the_cron_job():
    """People know the cron job; its runs have numbers."""
    town = job(failed("BackoffLimitExceeded"), owner=("CronJob", "nightly")).add("CronJob", "nightly", spec={})

    (found,) = town.find(SIGNATURES, "job_backoff_limit_exceeded")

    assert found.subject.ref == "kubernetes:cronjob/shop/nightly"
    assert "kubernetes:job/shop/report" in found.explains


def test_what_the_pods_of_a_job_say_last_leads_over_that_it_gave_up():
    """The controller counts the failures; the exception is why there are any."""
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    town = job(failed("BackoffLimitExceeded")).pod("report-x", ("Job", "report"), node="n1", state=ended)
    town.log("report-x", "KeyError: 'INVOICE_BUCKET'")

    (first, second) = examine(town.build(), [*SIGNATURES, *APP_ERRORS])

    assert (first.claim.cause, second.claim.cause) == ("application_exception", "job_backoff_limit_exceeded")


def test_job_that_completed_or_goes_on_is_well():
    """A failure of one try is no failure of the job."""
    done = job({"type": "Complete", "status": "True"}).event("Job", "report", "BackoffLimitExceeded", "old")

    assert done.list_causes(SIGNATURES) == []
    assert job().list_causes(SIGNATURES) == []


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("TooManyMissedTimes", "cron_job_schedule_missed"),
        ("FailedNeedsStart", "cron_job_schedule_missed"),
        ("JobAlreadyActive", "cron_job_blocked"),
        ("UnparseableSchedule", "cron_job_schedule_invalid"),
    ],
)
def test_cron_job_that_starts_nothing_says_why(reason, cause):
    """The controller tells it in an event."""
    town = Town().add("CronJob", "nightly", spec={"schedule": "0 1 * * *"})
    town.event("CronJob", "nightly", "Other", "x", age_s=5).event("CronJob", "nightly", reason, "told")

    (found,) = town.find(SIGNATURES, cause)

    assert town.list_causes(SIGNATURES) == [cause]
    assert "nightly (told)" in found.text


def test_cron_job_that_started_since_is_well():
    """The later event wins."""
    town = Town().add("CronJob", "nightly", spec={}).event("CronJob", "nightly", "JobAlreadyActive", "told", age_s=90)
    town.event("CronJob", "nightly", "SuccessfulCreate", "Created job nightly-2", age_s=30, sort="Normal")

    assert town.list_causes(SIGNATURES) == []


def test_suspension_is_told_modestly():
    """It may well be meant."""
    (found,) = Town().add("CronJob", "nightly", spec={"suspend": True}).find(SIGNATURES, "job_suspended")

    assert found.confidence == 0.35
    assert Town().add("CronJob", "nightly", spec={"suspend": False}).list_causes(SIGNATURES) == []
    assert job(suspend=True).list_causes(SIGNATURES) == ["job_suspended"]
