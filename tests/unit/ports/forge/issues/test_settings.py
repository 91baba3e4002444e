"""Where cards stand as issues: what is refused before anybody asks the forge."""

import pytest
from pydantic import ValidationError

from fermata.ports.forge.issues.settings import ForgeApprovalSettings


def test_repositories_are_listed_once():
    """The one of the settings comes first."""
    settings = ForgeApprovalSettings(repository="shop/shop", rooms=("shop/payments", "shop/shop"))

    assert settings.list_repositories() == ("shop/shop", "shop/payments")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repository": "shop"}, "owner/name"),
        ({"rooms": ("shop/",)}, "owner/name"),
        ({"label": "a,b"}, "pattern"),
        ({"label": ""}, "at least 1"),
        ({"poll_s": 0}, "greater than or equal to 1"),
        ({"webhook_secret": "short"}, "at least 16 characters"),
        ({"repo": "a/b"}, "Extra inputs"),
    ],
)
def test_mistake_is_refused(changes, words):
    """In words that say what to write."""
    with pytest.raises(ValidationError, match=words):
        ForgeApprovalSettings.model_validate({"repository": "shop/shop"} | changes)
