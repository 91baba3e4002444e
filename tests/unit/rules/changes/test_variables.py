"""Variables that are read under another name than they are given."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.variables import judge_variables, list_given

RENAMED = (
    '+++ b/mail.py\n-HOST = os.environ.get("SMTP_HOST", "127.0.0.1")\n+HOST = os.environ.get("MAIL_HOST", "127.0.0.1")'
)


def test_variable_that_is_given_under_the_old_name_only_ties_the_change(incident):
    """What runs takes the default then."""
    incident.add(EvidenceKind.OBJECTS, "shop", ["        env:", "        - name: SMTP_HOST", "          value: relay"])
    incident.log("shop", (-3, 30, "ERROR boom")).change("c1", 5, RENAMED)
    (change,) = incident.list_changes()

    (sign,) = judge_variables(change, incident.read())

    assert sign.text == "it reads MAIL_HOST, which what runs is not given, and no longer SMTP_HOST, which it is"
    assert "MAIL_HOST" in sign.line.text


@pytest.mark.parametrize(
    "given",
    [["- name: SMTP_HOST", "- name: MAIL_HOST"], ["- name: MAIL_HOST"], ["- name: app"], ["kind: Pod"]],
    ids=["both", "the new one", "another name", "nothing"],
)
def test_variable_that_is_given_ties_nothing(incident, given):
    """Nor does one of which nobody shows what is given."""
    incident.add(EvidenceKind.OBJECTS, "shop", given).log("shop", (-3, 30, "ERROR boom")).change("c1", 5, RENAMED)
    (change,) = incident.list_changes()

    assert list(judge_variables(change, incident.read())) == []


def test_names_are_read_from_lists_of_variables():
    """In YAML and in JSON; names in small letters are those of containers."""
    assert list_given([" - name: A_HOST", '   "name": "B_HOST",', "name: web"]) == {"A_HOST", "B_HOST"}
