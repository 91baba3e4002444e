"""Where values come from: YAML, the environment, references to secrets, and their origins."""

import pytest

from fermata.kit.errors import UserError
from fermata.settings.source import Layered, Origin, find_origin, read_layers
from fermata.settings.tree import Settings

CANARY = "canary" + "-4711"


@pytest.fixture
def read(tmp_path):
    """Give a function that reads a file's text and an environment into layers."""

    def read(text, environ=None, root=Settings):
        file = tmp_path / "fermata.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_layers(file, environ or {}, root)

    return read


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("server:\n  port: 1\n  host: a: b\n", "line 3, column 10"),
        ("server:\n\tport: 1\n", "line 2, column 1"),
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1"),
        ("a: [1, 2\n", "line 2, column 1"),
        ("a: !!python/object:os.system x\n", "line 1, column 4"),
    ],
)
def test_bad_yaml_is_refused_with_its_line(read, text, line):
    """People look at the line, not at the parser's words."""
    with pytest.raises(UserError, match="is not YAML") as refusal:
        read(text)
    assert line in refusal.value.why


@pytest.mark.parametrize(
    "text",
    [
        b"a: \xff\xfe",
        b"a: \x01",
        b"a: 2026-02-30",
        b"a: " + b"9" * 5000,
        b"[" * 3000,
        b"a: &a {b: *a}",
        b"a: &a [x]\n"
        + b"\n".join(
            b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%s" % (str(n - 1).encode() if n else b"")] * 9))
            for n in range(9)
        ),
    ],
    ids=["bytes", "control", "date", "number", "brackets", "cycle", "laughs"],
)
def test_file_that_cannot_be_read_is_a_users_error(read, text):
    """Whatever stands in it, it is no bug of ours and no hang."""
    with pytest.raises(UserError, match="cannot be read"):
        read(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\nb: Zoë\n".encode("latin-1"), "line 2 holds a letter"),
        ("a: 1\n".encode("utf-16"), "saved as UTF-16"),
    ],
)
def test_file_of_another_encoding_is_told_by_its_line(read, text, why):
    """People look for the letter; the position of a byte leads nobody to it."""
    with pytest.raises(UserError, match="Save it as UTF-8") as refusal:
        read(text)

    assert why in refusal.value.why


def test_unreadable_file_is_a_users_error(tmp_path):
    """Here a folder where a file should be."""
    with pytest.raises(UserError, match="cannot be read") as refusal:
        read_layers(tmp_path, {}, Settings)
    assert "permissions" in refusal.value.do


@pytest.mark.parametrize("text", ["- a\n", "word\n", "42\n"])
def test_file_that_is_no_mapping_is_refused(read, text):
    """Settings have names."""
    with pytest.raises(UserError, match="is not a mapping"):
        read(text)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_empty_file_sets_nothing(read, text):
    """The defaults remain."""
    layered = read(text)

    assert (layered.tree, layered.origins, layered.faults) == ({}, {}, [])


def test_alias_that_is_used_twice_is_fine(read):
    """Ordinary YAML stays ordinary."""
    assert read("a: &x [1, 2]\nb: *x\n").tree == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("FERMATA_SERVER__PORT", "9001", "9001"),
        ("FERMATA_ENGINE__EXECUTOR_ID", "0", "0"),
        ("FERMATA_STORE__URL", "", ""),
        ("FERMATA_SERVER__HOST", "::1", "::1"),
        ("FERMATA_SERVER__HOST", "no", "no"),
        ("FERMATA_SERVER__HOST", "'quoted'", "quoted"),
        ("FERMATA_TOPOLOGY", "[[cart, checkout]]", [["cart", "checkout"]]),
        ("FERMATA_LOG", "{level: debug}", {"level": "debug"}),
        ("FERMATA_SERVER__HOST", "[broken", "[broken"),
        ("FERMATA_SERVER__HOST", "{a: 2026-02-30}", "{a: 2026-02-30}"),
        ("FERMATA_STATE_DIR", "/var/lib/fermata", "/var/lib/fermata"),
        ("FERMATA_SYSTEMS__SUPERVISOR__URL", "unix:///s.sock", "unix:///s.sock"),
    ],
)
def test_variable_is_text_unless_it_is_a_list_or_a_map(variable, text, value):
    """An id of 0 stays text; the setting's own type reads the rest."""
    layered = read_layers(None, {variable: text}, Settings)

    node = layered.tree
    for part in variable.removeprefix("FERMATA_").lower().split("__"):
        node = node[part]
    assert node == value
    assert layered.faults == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("FERMATA_SEVER__PORT", "there is no section 'sever'; did you mean FERMATA_SERVER?"),
        ("FERMATA_XYZZY", "there is no section 'xyzzy' ["),
        ("FERMATA_", "there is no section ''"),
        ("FERMATA___PORT", "there is no section ''"),
        ("FERMATA_SERVER__", "a part of the name is empty"),
        ("FERMATA_SERVER____PORT", "a part of the name is empty"),
    ],
)
def test_nonsense_name_is_a_fault(name, fault):
    """A misspelt variable must not silently be without effect."""
    layered = read_layers(None, {name: "1"}, Settings)

    (found,) = layered.faults
    assert found.startswith(f"{name}: {fault}")
    assert found.endswith("[environment]")
    assert layered.tree == {}


@pytest.mark.parametrize(
    "name",
    [
        *("FERMATA_CONFIG", "FERMATA_ALERT_TOKEN", "FERMATA_FAULTPROXY_TOKEN", "FERMATA_TEST_KEEP"),
        *("FERMATA_DEMO_STAGE", "FERMAT_SERVER", "PATH"),
    ],
)
def test_variable_that_is_no_setting_is_left_alone(name):
    """Ours for other ends, and everybody else's."""
    layered = read_layers(None, {name: "1"}, Settings)

    assert (layered.tree, layered.faults) == ({}, [])


def test_variable_goes_below_what_the_file_says(read):
    """A single value is replaced, its neighbours stay."""
    layered = read("server: {port: 1, host: a}\n", {"FERMATA_SERVER__PORT": "2"})

    assert layered.tree == {"server": {"port": "2", "host": "a"}}


def test_variable_for_a_whole_section_replaces_it_with_its_origins(read):
    """What the file said there is gone, and nothing claims to come from it."""
    layered = read("log: {level: debug}\n", {"FERMATA_LOG": "{json_lines: true}"})

    assert layered.tree == {"log": {"json_lines": True}}
    assert layered.origins == {"log.json_lines": Origin("environment FERMATA_LOG")}


def test_reference_to_a_variable_is_resolved_and_secret(read):
    """The value arrives, and its origin says never to print it."""
    layered = read("server: {alert_token: env:TOKEN}\n", {"TOKEN": CANARY})

    assert layered.tree["server"]["alert_token"] == CANARY
    origin = layered.origins["server.alert_token"]
    assert origin.secret
    assert origin.text.endswith("fermata.yaml -> environment TOKEN")


def test_reference_may_come_from_the_environment_too():
    """The name of a setting, then the name of the variable that holds its value."""
    layered = read_layers(None, {"FERMATA_SERVER__ALERT_TOKEN": "env:TOKEN", "TOKEN": CANARY}, Settings)

    assert layered.tree["server"]["alert_token"] == CANARY
    assert layered.origins["server.alert_token"].text == "environment FERMATA_SERVER__ALERT_TOKEN -> environment TOKEN"


@pytest.mark.parametrize(("environ", "state"), [({}, "is not set"), ({"TOKEN": ""}, "is empty")])
def test_reference_to_nothing_is_a_fault(read, environ, state):
    """An empty secret would mean "no proof needed"."""
    layered = read("server: {alert_token: env:TOKEN}\n", environ)

    (fault,) = layered.faults
    assert fault.startswith(f"server.alert_token: environment variable TOKEN {state} [")
    assert fault.endswith("fermata.yaml]")


def test_blank_in_a_reference_is_the_fault(read):
    """The variable without it may well be set."""
    layered = read('server: {alert_token: "env: TOKEN"}\n', {"TOKEN": CANARY})

    (fault,) = layered.faults
    assert "none is called that: write env:TOKEN, without a blank" in fault


def test_reference_to_a_file_starts_at_the_settings_file(read, tmp_path):
    """The end of its last line is not part of the secret."""
    (tmp_path / "token").write_text(f"{CANARY}\n")

    layered = read("server: {alert_token: 'file:token'}\n")

    assert layered.tree["server"]["alert_token"] == CANARY
    assert layered.origins["server.alert_token"].secret
    assert layered.origins["server.alert_token"].text.endswith(f"-> file {tmp_path}/token")


@pytest.mark.parametrize("content", [f"\ufeff{CANARY}\r\n", f"{CANARY}\r\n"])
def test_secret_saved_by_an_editor_of_windows_is_the_secret_alone(read, tmp_path, content):
    """What such editors put around a text is invisible, and no sender would send it."""
    (tmp_path / "token").write_bytes(content.encode())

    layered = read("server: {alert_token: 'file:token'}\n")

    assert layered.tree["server"]["alert_token"] == CANARY


@pytest.mark.parametrize(("given", "taken"), [(f"{CANARY}\r", CANARY), (f"{CANARY}\n", CANARY), ("a b ", "a b ")])
def test_line_end_is_no_part_of_a_variables_secret(read, given, taken):
    """A list of variables with the line ends of Windows leaves one in each; a blank may be meant."""
    layered = read("server: {alert_token: env:TOKEN}\n", {"TOKEN": given})

    assert layered.tree["server"]["alert_token"] == taken


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("absent", None, "cannot be read: No such file or directory"),
        ("empty", b" \n", "is empty"),
        ("binary", b"\xff\xfe", "cannot be read: it is not UTF-8 text"),
        ("~nobody-of-this-name/x", None, "cannot be read: "),
        ('"a\\0b"', None, "cannot be read: embedded null byte"),
    ],
)
def test_file_that_gives_no_secret_is_a_fault(read, tmp_path, name, content, fault):
    """Each with its path and its reason, and never with what stands in it."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    reference = f'"file:{name[1:]}' if name.startswith('"') else f"'file:{name}'"

    layered = read(f"server: {{alert_token: {reference}}}\n")

    (found,) = layered.faults
    assert found.startswith("server.alert_token: ")
    assert fault in found
    assert layered.tree["server"]["alert_token"] == ""


@pytest.mark.parametrize(
    "text",
    [
        f"server: {{alert_token: {CANARY}}}",
        f"server: {{alert_hmac_secret: {CANARY}}}",
        f"systems: {{supervisor: {{password: {CANARY}}}}}",
        f"systems: {{prometheus: {{token: {CANARY}}}}}",
        f"systems: {{slack: {{tokens: [env:A, {CANARY}]}}}}",
        f"systems: {{slack: {{app: {{apiKey: {CANARY}}}}}}}",
        f"store: {{url: 'postgresql://fermata:{CANARY}@db/fermata'}}",
        f"store: {{url: 'postgresql://db/fermata?password={CANARY}'}}",
        f"systems: {{prometheus: {{url: 'http://u:{CANARY}@h'}}}}",
        f"systems: {{prometheus: {{url: 'http://[u:{CANARY}@h'}}}}",
    ],
)
def test_secret_that_stands_in_the_settings_is_refused(read, text):
    """By reference only, also inside a URL; the refusal does not repeat it, and nothing prints it."""
    layered = read(text + "\n", {"A": "x"})

    (fault,) = layered.faults
    assert "a secret may not stand here; write env:NAME or file:PATH" in fault
    assert CANARY not in fault
    path = fault.partition(":")[0]
    assert layered.origins[path].secret


def test_literal_secret_in_the_environment_is_refused(read):
    """The same rule: a variable of ours holds a reference."""
    layered = read_layers(None, {"FERMATA_SERVER__ALERT_TOKEN": CANARY}, Settings)

    (fault,) = layered.faults
    assert fault.endswith("[environment FERMATA_SERVER__ALERT_TOKEN]")
    assert CANARY not in fault


@pytest.mark.parametrize(
    "text",
    [
        "systems: {supervisor: {health_urls: {auth: 'http://127.0.0.1/healthz'}}}",
        "systems: {git: {author_name: Fermata}}",
        "systems: {x: {token_url: 'https://h/token', password: ''}}",
        "store: {url: 'postgresql://fermata@db/fermata'}",
        "policy: {guardrails: [{id: rotate-token, password: words}]}",
    ],
)
def test_word_that_only_looks_secret_is_let_through(read, text):
    """An address, an author, an empty value, the words of a policy."""
    assert read(text).faults == []


@pytest.mark.parametrize("section", ["policy", "people", "silences", "topology"])
def test_words_of_people_are_no_references(read, section):
    """`env:prod` is a label there, and must not read the environment into a card."""
    layered = read(f"{section}: [{{text: 'env:HOME', path: 'file:/etc/hostname'}}]", {"HOME": CANARY})

    assert layered.tree == {section: [{"text": "env:HOME", "path": "file:/etc/hostname"}]}
    assert layered.faults == []


def test_origin_of_what_is_nowhere_is_the_settings_themselves():
    """A fault of something that neither a file nor a variable names."""
    assert find_origin(Layered(), "systems.supervisor.url") == "settings"


def test_reference_inside_a_list_is_resolved(read):
    """At whatever depth a secret stands."""
    layered = read("systems: {slack: {tokens: ['env:A', 'env:B']}}", {"A": "one", "B": "two"})

    assert layered.tree == {"systems": {"slack": {"tokens": ["one", "two"]}}}
    assert layered.origins["systems.slack.tokens.1"].secret


def test_variable_that_the_file_refers_to_is_no_setting(read):
    """A secret may be called FERMATA_ALERT_TOKEN, which looks like a section that does not exist."""
    layered = read("server: {alert_token: env:FERMATA_ALERT_TOKEN}", {"FERMATA_ALERT_TOKEN": "t0p"})

    assert layered.faults == []
    assert layered.tree["server"]["alert_token"] == "t0p"


def test_token_of_a_proxy_that_was_never_started_says_what_makes_it(read, tmp_path):
    """Nobody writes that file by hand: the proxy does, at its start."""
    layered = read('systems: {faultproxy: {proxies: [{edge: "cart->db", token: "file:cart.token"}]}}\n')

    (found,) = layered.faults
    assert "cart.token cannot be read: No such file or directory. The proxy makes it" in found
    assert f"start `fermata chaos proxy ... --token-file {tmp_path}/cart.token` first" in found
