"""Terraform states from files, the http back end, a bucket and the real command, as evidence."""

import hashlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.integrations.terraform.collect import DriftCollector, StateChangeCollector
from fermata.integrations.terraform.system import TerraformSettings, TerraformSystem
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.handing import Handed, take_over
from fermata.testing.clock import FakeClock
from fermata.testing.collector_contract import CollectorContract
from fermata.testing.records import NOON, make_scope
from fermata.testing.web_server import Answer, Fault, WebServer, make_tls

SECRET = "correct-horse-battery"
LISTING = """<?xml version="1.0"?><ListVersionsResult>
<Version><Key>shop/main.tfstate</Key><VersionId>v2&amp;</VersionId><LastModified>2026-11-23T11:50:00.000Z</LastModified></Version>
<Version><Key>shop/main.tfstate.tflock</Key><VersionId>x</VersionId><LastModified>2026-11-23T11:50:00.000Z</LastModified></Version>
<Version><Key>shop/main.tfstate</Key><VersionId>v1</VersionId><LastModified>2026-11-20T11:50:00.000Z</LastModified></Version>
</ListVersionsResult>"""
needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform here")


def state(serial, lineage="c0ffee-1", **attributes):
    """Give a state of one database."""
    instance = {"attributes": attributes, "sensitive_attributes": [[{"type": "get_attr", "value": "token"}]]}
    resource = {"type": "db", "name": "main", "instances": [instance]}
    return {"version": 4, "serial": serial, "lineage": lineage, "resources": [resource]}


def write_state(path, value, at):
    """Write a state as if at an instant."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    os.utime(path, (at.timestamp(), at.timestamp()))


def open_system(clock=None, **workspace):
    """Give the system with one workspace."""
    settings = TerraformSettings.model_validate({"workspaces": {"shop": workspace}, "timeout_s": 5})
    return TerraformSystem(settings, clock or FakeClock())


def collect(system, scope=None):
    """Let its first collector look."""
    return system.list_collectors()[0].collect(scope or make_scope("service/checkout"))


@pytest.fixture
def folder(tmp_path):
    """Give a folder with three serials, the newest written ten minutes before noon."""
    write_state(tmp_path / "terraform.tfstate", state(7, size="small", token=SECRET), NOON - timedelta(minutes=10))
    write_state(tmp_path / "terraform.tfstate.backup", state(6, size="large", token="x"), NOON - timedelta(days=1))
    write_state(tmp_path / "old" / "5.tfstate", state(5, size="huge"), NOON - timedelta(days=2))
    write_state(tmp_path / "old" / "other.tfstate", state(4, lineage="other"), NOON)
    (tmp_path / "old" / "terraform.txt").write_text("x")
    return tmp_path


async def test_step_in_the_window_is_a_change(folder):
    """Its diff, its serial and the time it was written; what is sensitive is in neither."""
    system = open_system(file={"path": folder / "terraform.tfstate", "history": "old/*.tfstate"}, services=["checkout"])

    (item,) = await collect(system)

    assert item.kind is EvidenceKind.CHANGE
    assert [line.text for line in item.lines] == ["@@ db.main @@", "-db.main.size = large", "+db.main.size = small"]
    assert (item.facts["ref"], item.facts["service"], item.facts["diff_read"]) == ("7", "checkout", True)
    assert item.facts["changed_at"] == "2026-11-23T11:50:00Z"
    assert SECRET not in str(item.to_json())


async def test_workspace_of_other_services_is_not_asked(folder):
    """What provides nothing for them is left alone."""
    system = open_system(file={"path": folder / "terraform.tfstate"}, services=["search"])

    assert not system.list_collectors()[0].wants(make_scope("service/checkout"))
    assert await collect(system) == ()


async def test_steps_outside_of_the_window_are_no_evidence(folder):
    """An old step explains nothing now."""
    system = open_system(file={"path": folder / "terraform.tfstate"})

    assert await collect(system, make_scope("service/checkout", at=NOON + timedelta(days=3))) == []


async def test_serial_that_cannot_be_compared_is_a_gap(folder):
    """It was written in the window, and nobody knows what it changed: that must be said."""
    (folder / "terraform.tfstate.backup").unlink()

    with pytest.raises(OperationalError, match=r"what it changed is not known.*Turn on versioning"):
        await collect(open_system(file={"path": folder / "terraform.tfstate"}))


async def test_step_that_shows_nothing_is_told_to_have_been(tmp_path):
    """Of a new password alone nothing is shown, and silence would be taken for no apply at all."""
    write_state(tmp_path / "t.tfstate", state(2, token="x"), NOON - timedelta(minutes=1))
    write_state(tmp_path / "t.tfstate.backup", state(1, token=SECRET), NOON - timedelta(days=1))

    (item,) = await collect(open_system(file={"path": tmp_path / "t.tfstate"}))

    (line,) = item.lines
    assert item.kind is EvidenceKind.TEXT
    assert line.text.startswith("serial 1 to 2 was written at 2026-11-23T11:59:00")
    assert line.text.endswith("nothing that is shown differs; addresses, and values that are marked as sensitive, may")


async def test_long_step_is_cut_and_not_called_read(tmp_path):
    """A change may be named a cause only if all of its diff was read."""
    many = {f"a{number}": "1" for number in range(500)}
    write_state(tmp_path / "t.tfstate", state(2, **many), NOON - timedelta(minutes=1))
    write_state(tmp_path / "t.tfstate.backup", state(1), NOON - timedelta(days=1))

    (item,) = await collect(open_system(file={"path": tmp_path / "t.tfstate"}))

    assert (item.facts["diff_read"], len(item.lines)) == (False, 400)
    assert item.cut.startswith("first 400 of 501 lines")


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), ("", "nothing has been applied"), ("{", "not JSON"), ("[" * 100_000, "not JSON")],
)
async def test_file_that_is_no_state_is_a_gap(tmp_path, content, words):
    """Absent, empty, encrypted, garbage: each in words."""
    if content is not None:
        (tmp_path / "t").write_text(content)

    with pytest.raises(OperationalError, match=words):
        await collect(open_system(file={"path": tmp_path / "t"}))


async def test_huge_state_is_refused_unread(tmp_path):
    """Its size is looked at first."""
    with (tmp_path / "t").open("wb") as file:
        file.truncate(17 * 1024 * 1024)

    with pytest.raises(OperationalError, match="too large"):
        await collect(open_system(file={"path": tmp_path / "t"}))


async def test_http_back_end_gives_the_newest_serial():
    """By its address with its query, with the login; its time is the answer's."""

    def respond(request):
        assert (request.method, request.path) == ("GET", "/state/shop")
        assert request.get_query("ref") == "main"
        assert request.headers["authorization"] == "Basic b3BzOnB3"
        return Answer(state(3), headers={"Last-Modified": format_datetime(NOON - timedelta(minutes=5), usegmt=True)})

    async with WebServer(respond) as server:
        place = {"url": f"{server.url}/state/shop?ref=main", "username": "ops", "password": "pw"}
        (result,) = await open_system(http=place).check()
        with pytest.raises(OperationalError, match="keeps no earlier serial"):
            await collect(open_system(http=place))

    assert server.complaints == []
    assert (result.ok, "serial 3, written 2026-11-23T11:55:00" in result.text) == (False, True)


def serve_bucket(request):
    """Answer as a bucket with two versions; every call must be signed for now."""
    assert request.method == "GET"
    assert request.headers["x-amz-date"] == "20261123T120000Z"
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AK/20261123/eu-central-1/s3/")
    if request.path == "/bucket":
        assert dict(request.query) == {"versions": ("",), "prefix": ("shop/main.tfstate",), "max-keys": ("48",)}
        return Answer(LISTING.encode())
    if request.path != "/bucket/shop/main.tfstate":
        raise NotImplementedError
    sizes = {"v2&": state(2, size="small"), "v1": state(1, size="large"), "": state(2, size="small")}
    return Answer(sizes[request.get_query("versionId")])


def point_at(server, **changes):
    """Give the settings of a bucket behind a server."""
    place = {"bucket": "bucket", "key": "shop/main.tfstate", "region": "eu-central-1"}
    return place | {"access_key_id": "AK", "secret_access_key": "SK", "endpoint": server.url} | changes


async def test_bucket_gives_its_versions():
    """Those of the state only, with their times."""
    async with WebServer(serve_bucket) as server:
        (item,) = await collect(open_system(s3=point_at(server, session_token="ST")))
        (result,) = await open_system(s3=point_at(server)).check()

    assert server.complaints == []
    assert [line.text for line in item.lines][1:] == ["-db.main.size = large", "+db.main.size = small"]
    assert item.facts["changed_at"] == "2026-11-23T11:50:00Z"
    assert server.requests[0].headers["x-amz-security-token"] == "ST"
    assert result.ok
    assert server.connections <= 4  # Two versions at once, and the doctor by itself.


def serve_three(fault):
    """Answer as a bucket with a version from before the window, the oldest of all, and two in it, one with a fault."""
    times = {"v3": "11:50", "v2": "11:40", "v1": "09:00", "v0": "08:00"}
    listed = "".join(
        f"<Version><Key>shop/main.tfstate</Key><VersionId>{name}</VersionId>"
        f"<LastModified>2026-11-23T{time}:00.000Z</LastModified></Version>"
        for name, time in times.items()
    )

    def respond(request):
        version = request.get_query("versionId")
        if request.path == "/bucket":
            return Answer(listed.encode())
        return fault if version == "v1" else Answer(state(int(version[1:]), size=version))

    return respond


@pytest.mark.parametrize("fault", [Answer(fault=Fault.HANG), Answer(b"", status=500)])
async def test_version_that_cannot_be_read_costs_its_own_step(fault):
    """What was read is handed over, and of what began before the window one version is asked for."""
    handed = Handed()
    async with WebServer(serve_three(fault)) as server:
        settings = {"workspaces": {"shop": {"s3": point_at(server)}}, "timeout_s": 0.5}
        system = TerraformSystem(TerraformSettings.model_validate(settings), FakeClock())
        with take_over(handed), pytest.raises(OperationalError):
            await collect(system)

    (item,) = handed.evidence
    assert [line.text for line in item.lines][1:] == ["-db.main.size = v2", "+db.main.size = v3"]
    assert handed.list_missing() == ("what led to s3://bucket/shop/main.tfstate?versionId=v2",)
    assert sorted(one.get_query("versionId") for one in server.requests[1:]) == ["v1", "v2", "v3"]


async def test_state_from_before_versioning_is_read_as_itself():
    """Else the newest is set beside itself, and the first change since is none."""
    listed = LISTING.replace("<VersionId>v1<", "<VersionId>null</VersionId><IsLatest>false</IsLatest><VersionId>v1<")

    def respond(request):
        if request.path == "/bucket":
            return Answer(listed.encode())
        is_old = request.get_query("versionId") == "null"
        return Answer(state(1, size="large") if is_old else state(2, size="small"))

    async with WebServer(respond) as server:
        (item,) = await collect(open_system(s3=point_at(server)))

    assert [line.text for line in item.lines][1:] == ["-db.main.size = large", "+db.main.size = small"]


async def test_bucket_that_lists_no_versions_gives_its_newest():
    """The permission to list may be missing; the doctor then says that no change can be told."""

    def respond(request):
        return Answer(b"<Error/>", status=403) if request.path == "/bucket" else serve_bucket(request)

    async with WebServer(respond) as server:
        (result,) = await open_system(s3=point_at(server)).check()

    assert not result.ok
    assert "serial 2, of unknown time" in result.text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"<Error/>", status=403), "s3:GetObject, s3:GetObjectVersion on bucket/shop/main.tfstate"),
        (Answer(b"<Error/>", status=404), "HTTP 404"),
        (Answer(b"", status=503), "HTTP 503"),
        (Answer(b"", status=429, headers={"Retry-After": "5"}), "HTTP 429"),
        (Answer(state(1), fault=Fault.HALF), "cannot be reached"),
        (Answer(b"<html>", status=200), "not JSON"),
    ],
)
async def test_bucket_that_fails_is_a_gap(answer, words):
    """Each in words, with what is missing."""
    async with WebServer(lambda _: answer) as server:
        with pytest.raises(OperationalError, match=words):
            await collect(open_system(s3=point_at(server)))


async def test_back_end_that_hangs_is_given_up():
    """After the time of the settings."""
    async with WebServer(lambda _: Answer(fault=Fault.HANG)) as server:
        settings = {"workspaces": {"shop": {"http": {"url": f"{server.url}/s"}}}, "timeout_s": 0.2}
        system = TerraformSystem(TerraformSettings.model_validate(settings), FakeClock())
        with pytest.raises(TransientError, match=r"did not answer within 0\.2 s"):
            await collect(system)


@pytest.fixture
def tls(tmp_path):
    """Give a server's TLS that nobody trusts."""
    return make_tls(tmp_path)


async def test_untrusted_back_end_is_told(tls, tmp_path):
    """Its authority can be named."""
    async with WebServer(lambda _: Answer(state(3)), tls) as server:
        place = {"url": f"{server.url}/s"}
        with pytest.raises(OperationalError, match=r"http\.ca_file"):
            await collect(open_system(http=place))
        (result,) = await open_system(http=place | {"ca_file": tmp_path / "certificate.pem"}).check()

    assert "serial 3" in result.text


@pytest.mark.parametrize("serial", [1, 5])
async def test_file_without_an_earlier_serial_is_well(tmp_path, serial):
    """A first apply of four resources ends at serial 5; the next one keeps it, and `check` says on what that rests."""
    path = tmp_path / "terraform.tfstate"
    path.write_text(json.dumps(state(serial)))

    (result,) = await open_system(file={"path": path}).check()

    assert result.ok
    assert "0 earlier ones can be compared yet: an apply that writes this very file keeps" in result.text


def apply(root, *blocks):
    """Let the real Terraform apply what these blocks say."""
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    (root / "main.tf").write_text("\n".join(f"{block}\n" for block in blocks))
    for command in (("init", "-input=false"), ("apply", "-auto-approve", "-input=false")):
        subprocess.run(["terraform", *command], cwd=root, env=environment, check=True, capture_output=True)


@needs_terraform
async def test_real_file_that_was_applied_once_is_well(tmp_path):
    """However many resources the first apply made."""
    apply(tmp_path, *(f'resource "terraform_data" "{name}" {{}}' for name in ("a", "b", "c")))

    (result,) = await open_system(file={"path": tmp_path / "terraform.tfstate"}).check()

    assert result.ok, result.text


@pytest.fixture
def applied(tmp_path):
    """Give a directory that the real Terraform has applied twice."""
    root = tmp_path / "configuration"
    root.mkdir()
    for size in ("large", "small"):
        block = f'input = {{ size = "{size}", db_password = "{SECRET}-{size}" }}'
        apply(root, f'resource "terraform_data" "db" {{ {block} }}')
    return root


@needs_terraform
async def test_real_state_and_its_backup_are_compared(applied):
    """What Terraform itself wrote, with the secret that stands in it in plain text."""
    system = open_system(SystemClock(), file={"path": applied / "terraform.tfstate"})

    items = await collect(system, make_scope("service/checkout", at=datetime.now(UTC) + timedelta(seconds=5)))

    text = "\n".join(line.text for item in items for line in item.lines)
    assert "+terraform_data.db.input.size = small" in text
    assert SECRET not in json.dumps([item.to_json() for item in items])


@needs_terraform
async def test_real_command_pulls_and_plans_without_changing_anything(applied):
    """`state pull` and `plan -refresh-only` leave every byte as it was; nothing has drifted."""
    before = digest_of(applied)
    system = open_system(SystemClock(), directory=applied, allow_drift_check=True)
    changes, drift = system.list_collectors()

    results = await system.check()
    with pytest.raises(OperationalError, match="neither its time nor the serial before it is known"):
        await changes.collect(make_scope("service/checkout"))
    assert await drift.collect(make_scope("service/checkout")) == ()

    assert digest_of(applied) == before
    assert [result.ok for result in results] == [False, True]
    assert "of unknown time; 0 earlier" in results[0].text
    assert results[1].text.startswith("terraform 1.")


def digest_of(folder):
    """Digest every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files)).hexdigest()


SHOWN = {
    "format_version": "1.2",
    "resource_drift": [
        {
            "address": "aws_instance.web",
            "change": {
                "actions": ["update"],
                "before": {"type": "m5.large", "token": SECRET},
                "after": {"type": "t3.nano", "token": f"{SECRET}-2"},
                "before_sensitive": {"token": True},
                "after_sensitive": {"token": True},
            },
        }
    ],
}


async def test_drift_is_a_diff_from_the_state_to_what_runs(tmp_path):
    """As the documented output of `show -json` has it: no provider that drifts can be had offline."""
    (tmp_path / "plan.json").write_text(json.dumps(SHOWN))
    binary = tmp_path / "terraform"
    binary.write_text(f'#!/bin/sh\ncase "$2" in plan) exit 2;; show) cat {tmp_path}/plan.json;; esac\n')
    binary.chmod(0o755)
    settings = {"workspaces": {"shop": {"directory": tmp_path, "allow_drift_check": True}}, "binary": str(binary)}
    system = TerraformSystem(TerraformSettings.model_validate(settings), FakeClock())

    (item,) = await system.list_collectors()[1].collect(make_scope("service/checkout"))

    assert [line.text for line in item.lines] == [
        "@@ aws_instance.web @@",
        "-aws_instance.web.type = m5.large",
        "+aws_instance.web.type = t3.nano",
    ]
    assert SECRET not in str(item.to_json())
    assert (item.kind, item.cut) == (EvidenceKind.CHANGE, "nobody says when it was changed, nor by whom")
    facts = ChangeFacts.from_json(item.facts)
    assert (facts.id, facts.is_dated, facts.state, facts.diff_read) == ("shop-drift", False, "", True)
    assert facts.title == "Changed outside of Terraform, found by a plan of shop"


async def test_drift_of_another_service_is_not_asked(tmp_path):
    """A plan costs seconds."""
    workspace = {"directory": tmp_path, "allow_drift_check": True, "services": ["search"]}
    _, drift = open_system(**workspace).list_collectors()

    assert isinstance(drift, DriftCollector)
    assert await drift.collect(make_scope("service/checkout")) == ()


async def test_doctor_names_a_missing_command(tmp_path):
    """In words."""
    settings = {"workspaces": {"shop": {"directory": tmp_path}}, "binary": "no-such-terraform"}
    system = TerraformSystem(TerraformSettings.model_validate(settings), FakeClock())

    results = await system.check()

    assert [result.ok for result in results] == [False, False]
    assert "no-such-terraform cannot be run" in results[1].text


class TestStateChangeCollector(CollectorContract):
    """The contract, on real files."""

    @pytest.fixture(autouse=True)
    def _place(self, folder):
        self.folder = folder

    def make_collector(self):
        """Give the collector."""
        (collector,) = open_system(
            file={"path": self.folder / "terraform.tfstate"}, services=["checkout"]
        ).list_collectors()
        assert isinstance(collector, StateChangeCollector)
        return collector

    def give_scope(self):
        """Give a scope with a step."""
        return make_scope("service/checkout")

    def give_foreign_scope(self):
        """Give a scope it provides nothing for."""
        return make_scope("service/zebra")

    def take_snapshot(self):
        """Digest every file."""
        return digest_of(self.folder)

    def break_system(self):
        """Take the files away."""
        shutil.rmtree(self.folder)

    def list_secrets(self):
        """Name what stands in the state."""
        return [SECRET]
