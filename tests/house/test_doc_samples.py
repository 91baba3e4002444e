"""Every sample of settings in the documentation is one that Fermata loads."""

import re

import pytest

from fermata.kit.errors import UserError
from fermata.settings import load_settings

BLOCK = re.compile(r"^ *```yaml\n(?P<text> *# fermata\.yaml\n.*?)^ *```", re.MULTILINE | re.DOTALL)
SECTION = re.compile(r"^```yaml\n(?P<text>systems:\n.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"\bfile:([\w.-]+(?:/[\w.-]+)*)")
VARIABLE = re.compile(r"\benv:(\w+)")
SECRET = "a-secret-of-some-length"
ACCOUNT = '{"client_email": "fermata@shop.test", "private_key": "a key", "token_uri": "https://oauth2.test/token"}'


def list_samples(texts):
    """Give (page, sample) of every block marked as settings."""
    return [
        (name, match["text"]) for name, text in texts.items() if name.endswith(".md") for match in BLOCK.finditer(text)
    ]


def load(sample, folder):
    """Load a sample, with every secret it refers to beside it or in the environment."""
    path = folder / "fermata.yaml"
    sample = sample.replace("file:/", "file:")
    path.write_text(sample)
    for name in FILE.findall(sample):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(ACCOUNT if name.endswith(".json") else SECRET)
    return load_settings(path, dict.fromkeys(VARIABLE.findall(sample), SECRET))


def test_every_sample_of_settings_loads(texts, tmp_path):
    """A block marked `# fermata.yaml` can be copied as it stands."""
    faults = []
    for name, sample in list_samples(texts):
        try:
            load(sample, tmp_path)
        except UserError as error:
            faults.append(f"{name}: {error}")

    assert faults == []


def test_every_section_of_a_system_loads(texts, tmp_path):
    """What the pages of the systems show passes the refusals of the whole file, too: no secret stands in it."""
    sections = [(name, match["text"]) for name, text in texts.items() for match in SECTION.finditer(text)]
    faults = []
    for name, section in sections:
        try:
            load(section, tmp_path)
        except UserError as error:
            faults.append(f"{name}: {error}")

    assert len(sections) > 20
    assert faults == []


def test_samples_are_found(texts):
    """The tutorial's and the policy's samples are among those that were loaded."""
    pages = {name for name, _ in list_samples(texts)}

    assert {"docs/tutorial.md", "docs/policy.md"} <= pages


def test_sample_with_a_misspelt_key_is_refused(tmp_path):
    """The check sees what a person who copies the sample would see."""
    with pytest.raises(UserError, match="guardrail"):
        load("# fermata.yaml\npolicy:\n  guardrail: []\n", tmp_path)


def test_conditions_of_the_policy_page_compile(texts):
    """The examples of conditions are expressions the policy takes."""
    from fermata.rules.conditions import compile_condition

    section = texts["docs/policy.md"].partition("\n## Conditions\n")[2]
    block = re.search(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    examples = block[1].splitlines()

    assert len(examples) >= 4
    for example in examples:
        compile_condition(example)
