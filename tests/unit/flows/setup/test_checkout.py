"""What lies in a folder: a repository and its forges, Terraform, runbooks, a supervisord."""

import json
import os
import subprocess

import pytest

from fermata.flows.setup.checkout import find_repository, find_runbooks, find_supervisor, find_terraform


@pytest.fixture
def checkout(tmp_path):
    """Give a working copy with a remote on each forge."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name, url in (
        ("origin", "https://u:hunter2@github.com/acme/shop.git"),
        ("fork", "git@github.acme.io:alice/shop.git"),
        ("ops", "git@gitlab.acme.io:ops/shop/main.git"),
        ("disk", "/srv/git/shop.git"),
    ):
        subprocess.run(["git", "-C", tmp_path, "remote", "add", name, url], check=True)
    return tmp_path


def touch(path, text=""):
    """Write a file, and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def commit(checkout):
    """Commit all that is not ignored."""
    subprocess.run(["git", "-C", checkout, "add", "."], check=True)
    who = ("-c", "user.name=Mei", "-c", "user.email=mei@shop.example")
    subprocess.run(["git", "-C", checkout, *who, "commit", "-qm", "Start"], check=True)


async def test_repository_and_its_forges_are_found(checkout, around):
    """From any folder in it; tokens are referred to by name, and none in an address is kept."""
    (checkout / "deploy").mkdir()

    git, github, gitlab = await find_repository(around(folder=checkout / "deploy"))

    assert git.section["repositories"][0]["path"] == str(checkout)
    assert github.section == {"token": "env:GITHUB_TOKEN", "repositories": {"acme/shop": {"services": ["shop"]}}}
    assert "`approvals: {repository: owner/incidents}`" in github.notes[1]
    assert gitlab.section["url"] == "https://gitlab.acme.io"
    assert list(gitlab.section["repositories"]) == ["ops/shop/main"]
    assert [one.secrets[0].variable for one in (github, gitlab)] == ["GITHUB_TOKEN", "GITLAB_TOKEN"]
    assert "hunter2" not in repr((git, github, gitlab))


COMPOSE = "services: {api: {build: api, env_file: .env}, cache: {image: redis}}"


async def test_services_are_those_that_the_compose_file_builds(checkout, around):
    """By the names that alerts use; a file that is not committed, such as `.env`, is none of the repository's."""
    touch(checkout / "shop/compose.yaml", COMPOSE)
    touch(checkout / "shop/api/Dockerfile")
    touch(checkout / "shop/.env")
    (checkout / ".gitignore").write_text(".env")
    commit(checkout)

    git, *_ = await find_repository(around(folder=checkout / "shop"))

    (repository,) = git.section["repositories"]
    assert repository["services"] == {"api": ["shop/api", "shop/compose.yaml"], "cache": ["shop/compose.yaml"]}
    assert git.notes == ("`services`: which service is made from which paths. As the compose file builds them.",)


SUPERVISORD = "[unix_http_server]\nfile=/tmp/s.sock\n[include]\nfiles=shop/conf.d/*.ini missing/*.ini\n"
PROGRAMS = """\
[program:api]
command=/bin/sh -c "ulimit -n 64; exec python3 services/api.py --port 80"
directory=%(here)s/..
[program:edge]
command=/usr/sbin/nginx -c %(here)s/../etc/nginx.conf
[program:other]
command=/usr/bin/sleep 'open
"""


@pytest.fixture
def below(tmp_path):
    """Give an empty working copy in a folder that lies in none."""
    subprocess.run(["git", "init", "-q", tmp_path / "shop"], check=True)
    return tmp_path / "shop"


async def test_services_are_the_programs_that_supervisord_starts_from_the_repository(tmp_path, below, around):
    """By the names that alerts use; the repository is found from them where the folder lies in none."""
    main = touch(tmp_path / "supervisord.conf", SUPERVISORD)
    for name in ("services/api.py", "services/worker.py", "etc/nginx.conf"):
        touch(below / name)
    touch(below / "conf.d/all.ini", PROGRAMS)
    touch(below / "conf.d/broken.ini", "[program:x")
    commit(below)

    (git,) = await find_repository(around(folder=tmp_path, supervisor_files=(main,)))

    (repository,) = git.section["repositories"]
    assert repository["path"] == str(below)
    assert repository["services"] == {
        "api": ["services/api.py", "conf.d/all.ini"],
        "edge": ["etc/nginx.conf", "conf.d/all.ini"],
        "other": ["conf.d/all.ini"],
    }
    assert "As supervisord's files start them" in git.notes[0]


async def test_services_are_the_units_that_systemd_runs_from_the_repository(tmp_path, below, around):
    """By the files that their commands name, the folder that they run in, and what is committed."""
    for name in ("api/main.py", "worker/run.sh", "venv/bin/gunicorn"):
        touch(below / name)
    commit(below)
    units = tmp_path / "units"
    run = f"[Service]\nWorkingDirectory=-{below}\nExecStart=-/usr/bin/python3 \\\n  api/main.py --port 80\n"
    touch(units / "api.service", run)
    touch(units / "worker@.service", f"[Service]\nExecStart=/bin/sh {below}/worker/run.sh %i\n")
    touch(units / "other.service", "[Service]\nExecStart=/opt/other\nWorkingDirectory=~\n")
    (units / "broken.service").write_bytes(b"\xff")

    (git,) = await find_repository(around(folder=tmp_path, unit_folders=(units,)))

    (repository,) = git.section["repositories"]
    assert repository["path"] == str(below)
    assert repository["services"] == {"api": ["api/main.py"], "worker": ["worker/run.sh"]}
    assert "As the units of systemd start them" in git.notes[0]
    assert "`mode: working_copy`" in git.notes[1]


async def test_unit_that_names_no_file_is_made_of_the_folder_that_it_runs_in(tmp_path, below, around):
    """A module or an environment's program stands in no commit; that a job beside it names a file changes nothing."""
    touch(below / "report.py")
    commit(below)
    touch(tmp_path / "units/shop-web.service", f"[Service]\nWorkingDirectory={below}\nExecStart=/opt/py -m shop\n")
    job = f"[Service]\nWorkingDirectory={below}\nExecStart=/opt/py report.py\n"
    touch(tmp_path / "units/shop-report.service", job)

    (git,) = await find_repository(around(folder=tmp_path, unit_folders=(tmp_path / "units",)))

    assert git.section["repositories"][0]["services"] == {"shop-web": ["."], "shop-report": ["report.py"]}


async def test_command_that_names_no_file_costs_nothing(tmp_path, around):
    """A class path is a word like a path, and far longer than a name of a file may be."""
    main = touch(tmp_path / "supervisord.conf", f"[program:api]\ncommand=java -cp {'a' * 300}.jar Main\n")

    assert await find_repository(around(folder=tmp_path, supervisor_files=(main,))) == []


async def test_folder_of_a_service_may_have_any_name(checkout, around):
    """Git lists it as it is, and not in octal digits."""
    touch(checkout / "compose.yaml", "services: {api: {build: größen api}}")
    touch(checkout / "größen api/Dockerfile")
    commit(checkout)

    git, *_ = await find_repository(around(folder=checkout))

    assert git.section["repositories"][0]["services"] == {"api": ["größen api", "compose.yaml"]}


@pytest.mark.parametrize("text", [COMPOSE, "services: [", "- api", ""])
async def test_compose_file_that_tells_nothing_leaves_the_guess(checkout, around, text):
    """Nothing of it is committed, or it is none."""
    touch(checkout / "compose.yaml", text)

    git, *_ = await find_repository(around(folder=checkout))

    assert git.section["repositories"][0]["services"] == {checkout.name: ["."]}
    assert "is a guess" in git.notes[0]


async def test_token_that_is_set_is_taken_by_its_name(checkout, around):
    """Of the usual names the one that holds something."""
    _, github, gitlab = await find_repository(around(variables=frozenset({"GH_TOKEN"})))

    assert (github.section["token"], github.secrets) == ("env:GH_TOKEN", ())
    assert gitlab.secrets


async def test_compose_file_beside_another_repository_is_not_made_from_it(tmp_path, below, around):
    """The repository is that of what supervisord runs; the folder where `init` stands is elsewhere."""
    main = touch(tmp_path / "supervisord.conf", SUPERVISORD)
    touch(below / "conf.d/all.ini", PROGRAMS)
    touch(below / "services/api.py")
    commit(below)
    touch(tmp_path / "compose.yaml", "services: {web: {build: .}}")

    (git,) = await find_repository(around(folder=tmp_path, supervisor_files=(main,)))

    (repository,) = git.section["repositories"]
    assert repository["path"] == str(below)
    assert {"api", "other"} <= set(repository["services"])
    assert "web" not in repository["services"]


async def test_folder_without_a_repository_has_none(around):
    """Nothing is proposed, and git is not run."""
    assert await find_repository(around()) == []


async def test_working_copy_is_proposed_without_git(checkout, around, monkeypatch):
    """Where git cannot be run the remotes are not known; the copy is."""
    monkeypatch.setattr("fermata.ports.command.PATH", str(checkout))

    (git,) = await find_repository(around())

    assert git.system == "git"


def test_terraform_folders_become_workspaces(around, tmp_path):
    """Each by the place of its state; modules are nobody's."""
    touch(tmp_path / "infra/main.tf")
    touch(tmp_path / "infra/terraform.tfstate", "{}")
    touch(tmp_path / "infra/modules/net/main.tf")
    touch(tmp_path / "dns/main.tf")
    (tmp_path / "dns/.terraform").mkdir()

    (found,) = find_terraform(around())

    assert found.section == {
        "workspaces": {
            "dns": {"file": {"path": str(tmp_path / "dns/terraform.tfstate")}},
            "infra": {"file": {"path": str(tmp_path / "infra/terraform.tfstate")}},
        }
    }


def test_terraform_in_a_bucket_needs_its_keys(around, tmp_path):
    """Once for all of them; a back end whose changes nobody can tell is said to be one."""
    config = {"bucket": "ops", "key": "a.tfstate", "region": "eu-central-1"}
    for name, backend in {
        "a": {"type": "s3", "config": config},
        "b": {"type": "s3", "config": config},
        "c": {"type": "gcs"},
    }.items():
        touch(tmp_path / name / "main.tf")
        touch(tmp_path / name / ".terraform/terraform.tfstate", json.dumps({"version": 3, "backend": backend}))

    (found,) = find_terraform(around())

    assert [secret.variable for secret in found.secrets] == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    assert found.notes[0].startswith("c: its back end (gcs) is asked by `terraform state pull`")


def test_terraform_without_a_state_says_what_to_do(around, tmp_path):
    """Code alone tells nothing of what runs."""
    touch(tmp_path / "main.tf")

    (found,) = find_terraform(around())

    assert f"run terraform init in {tmp_path}" in found.problem
    assert not found.is_default


def test_folder_without_terraform_has_none(around):
    """An empty folder is no workspace."""
    assert find_terraform(around()) == []


@pytest.mark.parametrize("name", ["runbooks", "Run-Books", "playbook", "docs/runbooks", "oncall"])
def test_folder_of_runbooks_is_found(around, tmp_path, name):
    """Whatever it is called, wherever it lies; pages below it count."""
    touch(tmp_path / name / "shop/checkout.md")

    (found,) = find_runbooks(around())

    assert found.section == {"libraries": [{"path": str(tmp_path / name)}]}
    assert found.detail == "pages: 1"


def test_folder_without_pages_is_no_library(around, tmp_path):
    """An Ansible playbook is no runbook; hidden folders and other people's code are not looked at."""
    touch(tmp_path / "playbooks/site.yml")
    touch(tmp_path / ".cache/runbooks/a.md")
    touch(tmp_path / "node_modules/x/runbooks/a.md")
    touch(tmp_path / "a/b/c/d/e/runbooks/deep.md")

    assert find_runbooks(around()) == []


def test_library_in_a_library_is_one(around, tmp_path):
    """Pages are not counted twice."""
    touch(tmp_path / "runbooks/a.md")
    touch(tmp_path / "runbooks/runbook/b.md")

    (found,) = find_runbooks(around())

    assert len(found.section["libraries"]) == 1


def test_folder_that_cannot_be_read_is_passed_over(around, tmp_path, monkeypatch):
    """What belongs to somebody else does not end the walk."""
    touch(tmp_path / "runbooks/a.md")
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError
        return scan(path)

    # Root may read everything, and tests may run as root.
    monkeypatch.setattr(os, "scandir", refuse)

    assert len(find_runbooks(around())) == 1


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("[unix_http_server]\nfile=/run/s.sock ; the socket\n", "unix:///run/s.sock"),
        ("[unix_http_server]\nfile=%(here)s/s.sock\n", "unix://{folder}/s.sock"),
        ("[unix_http_server]\nfile=s.sock\n", "unix://{folder}/s.sock"),
        ("[inet_http_server]\nport=*:9001\n", "http://127.0.0.1:9001"),
        ("[inet_http_server]\nport=10.0.0.7:9001\n", "http://10.0.0.7:9001"),
    ],
)
def test_supervisord_is_reached_as_its_file_says(around, tmp_path, text, url):
    """By its socket or its port, on this machine."""
    path = touch(tmp_path / "supervisord.conf", f"{text}[program:checkout]\ncommand=true\n")

    (found,) = find_supervisor(around(supervisor_files=(tmp_path / "absent", path)))

    assert found.section == {"url": url.format(folder=tmp_path), "config_path": str(path)}
    assert found.services == ("checkout",)


def test_programs_of_included_files_are_named(around, tmp_path):
    """A test alert can speak of one of them; a file that is broken costs its own."""
    touch(tmp_path / "conf.d/cart.ini", "[program:cart]\ncommand=true\n")
    touch(tmp_path / "broken/x.ini", "no section")
    path = touch(
        tmp_path / "s.conf",
        "[unix_http_server]\nfile=/s.sock\n[program:checkout]\n[include]\nfiles=%(here)s/broken/*.ini conf.d/*.ini\n",
    )

    (found,) = find_supervisor(around(supervisor_files=(path,)))

    assert found.services == ("checkout", "cart")
    assert found.detail == "programs: checkout, cart"


def test_password_of_supervisord_is_referred_to(around, tmp_path):
    """It stands in its file in clear; ours names a variable."""
    path = touch(tmp_path / "s.conf", "[unix_http_server]\nfile=/s.sock\nusername=u\npassword=hunter2\n")

    (found,) = find_supervisor(around(supervisor_files=(path,)))
    (known,) = find_supervisor(around(supervisor_files=(path,), variables=frozenset({"SUPERVISOR_PASSWORD"})))

    assert found.section["password"] == "env:SUPERVISOR_PASSWORD"
    assert found.secrets[0].variable == "SUPERVISOR_PASSWORD"
    assert known.secrets == ()
    assert "hunter2" not in repr((found, known))


def test_file_that_cannot_be_written_makes_it_read_only(around, tmp_path, monkeypatch):
    """Changes are not proposed where they could not be made; a comment says how."""
    path = touch(tmp_path / "s.conf", "[unix_http_server]\nfile=/s.sock\n")
    monkeypatch.setattr(os, "access", lambda *_: False)

    (found,) = find_supervisor(around(supervisor_files=(path,)))

    assert found.section == {"url": "unix:///s.sock"}
    assert "not writable here" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"[supervisord]\n", "nothing can be asked"), (b"no section", "cannot be read"), (b"\xff\xfe", "cannot be read")],
)
def test_supervisord_that_cannot_be_asked_is_a_problem(around, tmp_path, content, problem):
    """Without a server, or without a file that reads as one."""
    path = tmp_path / "s.conf"
    path.write_bytes(content)

    (found,) = find_supervisor(around(supervisor_files=(path,)))

    assert problem in found.problem


def test_machine_without_supervisord_has_none(around):
    """No file, nothing to say."""
    assert find_supervisor(around()) == []
