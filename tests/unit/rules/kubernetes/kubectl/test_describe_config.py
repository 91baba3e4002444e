from fermata.rules.kubernetes.kubectl.describe import describe_body
from fermata.rules.kubernetes.kubectl.describe_config import read_sizes

CONFIG = """\
Name:         app
Namespace:    shop
Labels:       app=web

Data
====
app.yaml:
----
server:
  port: 8080

Name: not a name

empty:
----


BinaryData
====

"""


def test_data_of_a_config_map_is_kept_as_it_is():
    """Data may look like anything, also like a description."""
    body = describe_body("ConfigMap", CONFIG + "\nEvents:  <none>\n")

    assert body == {
        "metadata": {"name": "app", "namespace": "shop", "labels": {"app": "web"}},
        "data": {"app.yaml": "server:\n  port: 8080\n\nName: not a name", "empty": ""},
    }


def test_config_map_without_data_section_has_unknown_data():
    """Cut off before the data, nothing is known of it."""
    assert describe_body("ConfigMap", "Name: app\n") == {"metadata": {"name": "app"}}
    assert describe_body("ConfigMap", "Name: app\n\nData\n====\n")["data"] == {}


def test_secret_tells_keys_and_lengths_only():
    """Values are never printed, and none is kept."""
    text = "Name: db\n\nType:  Opaque\n\nData\n====\npassword:  12 bytes\nuser:  4 bytes\n"

    assert describe_body("Secret", text) == {
        "metadata": {"name": "db"},
        "type": "Opaque",
        "data": {"password": "12 bytes", "user": "4 bytes"},
    }
    assert describe_body("Secret", "Name: db\n") == {"metadata": {"name": "db"}}
    assert "type" not in describe_body("Secret", "Name: db\n\nData\n====\n")


def test_sizes_of_a_secret_are_read_without_the_rest():
    """What stands above the data is no key, and a description that is cut has none."""
    text = "Name: db\nNote: 3 bytes\n\nData\n====\npassword:  12 bytes\nuser:  4 bytes\n"

    assert read_sizes(text) == {"password": "12 bytes", "user": "4 bytes"}
    assert read_sizes("Name: db\nuser:  4 bytes\n") == {}
