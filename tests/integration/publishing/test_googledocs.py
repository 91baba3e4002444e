"""Documents of a strict Google on loopback."""

import builtins
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from ruamel.yaml import YAML

from fermata.integrations.googledocs.settings import GoogleDocsSettings
from fermata.integrations.googledocs.system import GoogleDocs
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.publisher import Order, PublishState
from fermata.testing.api_failures import API_FAILURES
from fermata.testing.clock import FakeClock
from fermata.testing.publisher_contract import PublisherContract, make_document
from fermata.testing.publishing.googledocs import EMAIL, ROOT, TOKEN, FakeGoogle, check_html
from fermata.testing.web_server import WebServer

PLACE = "post-mortems"
PAGE = Path(__file__).parents[3] / "docs" / "systems" / "googledocs.md"


@pytest.fixture(scope="module")
def keys():
    """Give a service account's private key and its public half, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return private, key.public_key().public_bytes(pem, spki).decode()


class Stage:
    """A Google and what publishes to it."""

    place = PLACE
    shows_comments = False

    def __init__(self, server, fake, private):
        self.server, self.fake, self.private = server, fake, private
        self.publisher = self.make().find_publisher()

    def make(self, **changes):
        """Give the system; by default it logs in as a service account."""
        token_uri = f"{self.server.url}/token"
        account = {"type": "service_account", "client_email": EMAIL, "private_key": self.private}
        values = {
            "url": self.server.url,
            "account": json.dumps(account | {"token_uri": token_uri}),
            "folders": {PLACE: ROOT},
            "timeout_s": 5,
        }
        return GoogleDocs(GoogleDocsSettings(**(values | changes)), FakeClock())

    def list_pages(self):
        """Give the words of each document."""
        there = (document for document in self.fake.documents if not document.trashed)
        return {f"https://docs.example/document/d/{one.id}/edit": check_html(one.html) for one in there}

    def edit(self, old, new):
        """Let Mei change the document."""
        (document,) = self.fake.documents
        document.edit(old, new)

    def remove(self):
        """Let somebody put the document into the bin."""
        self.fake.documents[0].trashed = True


@pytest.fixture
async def stage(keys):
    """Give an empty folder; what the fake did not accept fails the test."""
    private, public = keys
    fake = FakeGoogle(FakeClock(), public)
    async with WebServer(fake) as server:
        fake.url = server.url
        yield Stage(server, fake, private)
    assert server.complaints == []


class TestGoogleDocs(PublisherContract):
    """Google Docs keeps the contract."""


async def test_document_has_what_html_has_for_it(stage):
    """Tables, lists, links and places; what a document lacks is said."""
    published = await stage.publisher.publish(Order(PLACE, make_document()))

    (document,) = stage.fake.documents
    assert document.name == "Post-mortem: Checkout fails (inc_1)"
    assert "<th>UTC</th>" in document.html
    assert "<li>☐ Alert on errors</li>" in document.html
    assert '<a name="src-m1"></a>' in document.html
    assert '<a href="#src-m1">metric</a>' in document.html
    assert published.notes == (
        "1 drawing left out; what each shows is told in words beside it",
        "boxes are characters there: tick action items in Fermata",
    )


async def test_token_of_the_settings_is_used_as_it_is(stage):
    """Then nobody logs in."""
    publisher = stage.make(account=None, token=TOKEN).find_publisher()

    published = await publisher.publish(Order(PLACE, make_document()))

    assert published.state is PublishState.CREATED
    assert all(request.path != "/token" for request in stage.server.requests)


async def test_key_of_another_account_is_refused(stage):
    """Google says so, and nothing is made."""
    stage.fake.public_key = ""

    with pytest.raises(OperationalError, match="Google's login"):
        await stage.publisher.publish(Order(PLACE, make_document()))
    (found,) = await stage.make().check()

    assert not found.ok
    assert stage.fake.documents == []


async def test_key_that_is_none_is_said_without_showing_it(stage):
    """A file that was cut off is no bug of ours."""
    stage.private = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n"

    with pytest.raises(UserError, match="not an RSA key") as raised:
        await stage.make().find_publisher().publish(Order(PLACE, make_document()))

    assert "MIIEvQ" not in str(raised.value)


async def test_missing_library_is_named(stage, monkeypatch):
    """PyJWT comes with another extra; what to install is said."""
    real = builtins.__import__

    def refuse(name, *given, **named):
        if name == "jwt":
            raise ModuleNotFoundError(name=name)
        return real(name, *given, **named)

    # An installation without the package cannot be made within a test.
    monkeypatch.setattr(builtins, "__import__", refuse)

    with pytest.raises(UserError, match=r"fermata-ops\[oidc\]"):
        await stage.publisher.publish(Order(PLACE, make_document()))


@pytest.mark.parametrize("failure", API_FAILURES, ids=str)
async def test_failure_is_said_in_words(stage, failure):
    """Each way to fail is an error with its remedy."""
    publisher = stage.make(account=None, token=TOKEN, timeout_s=failure.timeout_s).find_publisher()
    stage.server.respond = lambda _: failure.answer

    with pytest.raises(OperationalError, match=f"(?s){failure.words}"):
        await publisher.publish(Order(PLACE, make_document()))


async def test_doctor_names_a_folder_that_was_not_shared(stage):
    """A folder that can be seen is said, and one that cannot with its remedy; a dead Drive is a finding."""
    good, bad = await stage.make(folders={PLACE: ROOT, "gone": "0AbSomethingElse"}).check()
    stage.server.respond = lambda _: API_FAILURES[4].answer
    (dead,) = await stage.make(account=None, token=TOKEN).check()

    assert good.ok
    assert "share it" in bad.text
    assert not dead.ok


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "either account or token"),
        ({"token": "t", "account": "{}"}, "either account or token"),
        ({"account": "no json"}, "not a service account's key"),
        ({"account": '{"client_email": "a"}'}, "not a service account's key"),
        ({"token": "t", "folders": {"x": "https://drive.example/x"}}, "not the id of a folder"),
        ({"token": "t", "folders": {}}, "folders"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(changes, words):
    """One login, and ids of folders."""
    with pytest.raises(ValueError, match=words):
        GoogleDocsSettings(**({"folders": {PLACE: ROOT}} | changes))


def test_sample_of_the_page_is_valid(keys):
    """What a person copies works once the key lies where it says, and no setting is unnamed."""
    page = PAGE.read_text()
    key = json.dumps({"client_email": EMAIL, "private_key": keys[0], "token_uri": "https://oauth2.example/token"})
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    section = YAML(typ="safe", pure=True).load(block)["systems"]["googledocs"]

    settings = GoogleDocsSettings.model_validate(section | {"account": key})

    assert section["account"].startswith("file:")
    assert settings.read_account().client_email == EMAIL
    assert [field for field in GoogleDocsSettings.model_fields if f"{field}:" not in page] == []
