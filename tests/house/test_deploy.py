"""What Fermata is deployed by, held against the settings, the locks and each other."""

import re
import shutil
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

import house_rules
from fermata.kit.redaction import is_secret_name
from fermata.settings import load_settings

FOLDER = "examples/deploy"
COMPOSE = (f"{FOLDER}/compose.yaml", f"{FOLDER}/compose.postgres.yaml")
VARIABLE = re.compile(r"\b(FERMATA_[A-Z_]+)\b")
SECRET = re.compile(r"file:/run/secrets/(\w+)")


def read_variables(text):
    """Give the variables that an image sets, by name."""
    return dict(re.findall(r"(?:^ENV|^) +(FERMATA_\w+)=(\S+)", text, re.MULTILINE))


def read_instructions(text, word):
    """Give what stands behind each instruction of a Dockerfile, continued lines joined."""
    return re.findall(rf"^{word} +(.*)$", text.replace("\\\n", " "), re.MULTILINE)


@pytest.fixture(scope="module")
def image(texts):
    """Give the Dockerfile."""
    return texts["Dockerfile"]


@pytest.fixture(scope="module")
def composed(texts):
    """Give both compose files as data."""
    return [YAML(typ="safe").load(texts[name]) for name in COMPOSE]


@pytest.fixture(scope="module")
def unit(texts):
    """Give the unit's lines as (key, value), comments left out."""
    lines = texts[f"{FOLDER}/fermata.service"].splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


@pytest.fixture
def settings(texts, tmp_path):
    """Give the example of the settings as a file whose secrets lie beside it, and a function that loads it."""
    file = tmp_path / "fermata.yaml"
    file.write_text(texts[f"{FOLDER}/fermata.yaml"].replace("file:/", "file:"))
    (tmp_path / "run/secrets").mkdir(parents=True)
    (tmp_path / "run/secrets/alert_token").write_text("a-token-of-some-length")
    return lambda environ: load_settings(file, environ).settings


def test_variables_of_the_image_are_settings(image, settings):
    """A name that Fermata does not know keeps it from starting; and the state is where the volume is."""
    variables = read_variables(image)

    loaded = settings({name: value for name, value in variables.items() if name != "FERMATA_CONFIG"})

    assert str(loaded.state_dir) == read_instructions(image, "VOLUME")[0]
    assert [str(loaded.server.port)] == read_instructions(image, "EXPOSE")
    assert loaded.server.host == "0.0.0.0"


def test_every_variable_named_anywhere_is_one_that_the_image_or_the_settings_know(texts, image, settings):
    """The compose files and the unit set nothing that would be a fault."""
    named = {name for path in (*COMPOSE, f"{FOLDER}/fermata.service") for name in VARIABLE.findall(texts[path])}

    for name in named - set(read_variables(image)):
        settings({name: "sqlite:///elsewhere.db" if name == "FERMATA_STORE__URL" else ""})
    assert "FERMATA_STORE__URL" in named


def test_what_the_image_is_built_from_is_there_and_let_through(texts, image):
    """A file that `.dockerignore` keeps out, or that is gone, fails a build on somebody else's machine."""
    let_through = {line[1:] for line in texts[".dockerignore"].splitlines() if line.startswith("!")}
    copied = {
        source
        for line in read_instructions(image, "COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
    }

    assert copied == let_through
    assert all(name in texts or name == "src" for name in copied)
    assert ".dockerignore" in texts
    assert texts[".dockerignore"].splitlines()[1] == "*"


def test_locks_of_the_image_are_hashed(image, texts):
    """Whatever is installed in it is checked: each install names a lock, asks for hashes, or reaches for nothing."""
    installs = re.findall(r"pip install .*?(?=&&|\n[A-Z]|$)", image.replace("\\\n", " "), re.DOTALL)

    assert len(installs) == 4
    for line in installs:
        assert "--require-hashes" in line or ("--no-deps" in line and "--no-index" in line), line
    for name in re.findall(r"requirements/(\w+\.txt)", image):
        house_rules.parse_lock(texts[f"requirements/{name}"])


def test_image_holds_no_secret_and_no_root(image):
    """An argument or variable of a build stays readable in its history; the user is a number for Kubernetes' sake."""
    names = re.findall(r"\b([A-Z_]+)=", " ".join(read_instructions(image, "(?:ARG|ENV)")))

    assert [name for name in names if is_secret_name(name)] == []
    assert read_instructions(image, "USER") == ["10001:10001"]
    assert read_instructions(image, "STOPSIGNAL") == ["SIGTERM"]


def test_compose_files_give_no_right_that_is_not_needed(composed):
    """Read-only, no capability, no socket of the engine, reached from this machine alone."""
    service = composed[0]["services"]["fermata"]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not [volume for volume in service["volumes"] if "docker.sock" in volume]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_state_and_settings_are_mounted_where_the_image_looks(composed, image):
    """An upgrade keeps what is in the volume."""
    targets = {volume.split(":")[1] for volume in composed[0]["services"]["fermata"]["volumes"]}

    assert targets == {read_variables(image)[name] for name in ("FERMATA_CONFIG", "FERMATA_STATE_DIR")}


def test_every_secret_that_is_referred_to_is_given(composed, texts):
    """A reference to a file that nobody mounts ends the start; no secret stands in a file of ours."""
    given = {name for file in composed for name in file["services"]["fermata"]["secrets"]}
    declared = {name: entry["file"] for file in composed for name, entry in file["secrets"].items()}
    referred = {name for path in (f"{FOLDER}/fermata.yaml", *COMPOSE) for name in SECRET.findall(texts[path])}

    assert referred == given
    assert declared == {name: f"./secrets/{name}" for name in given | {"postgres_password"}}
    assert not [name for name in texts if name.startswith(f"{FOLDER}/secrets")]


def test_unit_keeps_the_state_and_the_exit_code(unit, texts, settings):
    """The folder is the one of the settings, faulty settings are not started again, and the credential is named."""
    entries = dict(unit)

    assert f"/var/lib/{entries['StateDirectory']}" == str(settings({}).state_dir)
    assert entries["RestartPreventExitStatus"] == "2"
    assert "--config /etc/fermata/fermata.yaml up" in entries["ExecStart"]
    credential = entries["LoadCredential"].split(":")[0]
    assert f"file:/run/credentials/fermata.service/{credential}" in texts[f"{FOLDER}/fermata.yaml"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
def test_unit_is_one_that_systemd_reads_and_calls_hardened(texts, tmp_path):
    """Each key is known, and what systemd counts as exposed stays low: below 2 of 10."""
    file = tmp_path / "fermata.service"
    file.write_text(texts[f"{FOLDER}/fermata.service"].replace("/opt/fermata/bin/fermata", sys.executable))

    verified = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if "fermata.service" in line]) == (
        0,
        [],
    )
    # Its figure is ten times the exposure. Older ones cannot look at a file.
    asked = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0 or "unrecognized option" in asked.stderr
