"""What a draft that is a file rests on."""

from fermata.flows.postmortem.file_sources import list_file_sources

TEXT = """- <a id="src-slack_C1_1.0"></a>[mei, 12:00](https://x.slack.example/p1)
- <a id="src-slack_C1_2.5"></a>`slack:C1/2.5`: mei, 12:01
- <a id="src-slack_C2_1.0"></a>other
- <a id="src-t1"></a>t1: mei, 12:02
"""


def test_messages_of_observed_rooms_are_found_by_their_keys():
    """With the link that lines cite them by, where there is one; other rooms' and bundles' are not known here."""
    found = list_file_sources(TEXT, [("slack", "C1"), ("discord", "77")])

    assert {key: source["url"] for key, source in found.items()} == {
        "slack:C1/1.0": "https://x.slack.example/p1",
        "slack:C1/2.5": "",
    }
    assert list_file_sources(TEXT, []) == {}
