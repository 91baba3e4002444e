"""Settings for whoever asks nothing outside: a shell beside the service that has the tokens."""

import pytest

from fermata.kit.errors import UserError
from fermata.settings import load_settings


def test_system_whose_token_is_elsewhere_is_left_out_where_none_is_needed(write):
    """The serving process has it; a shell beside it has not. What a route names is there all the same."""
    file = write(
        "systems: {alertmanager: {}, postgres: {dsn: env:NOPE_DSN}}\nnotify: {fallback: [postgres]}\n"
        "server: {alert_token: env:NOPE_TOKEN}\n"
        "models: {targets: [{provider: openai, model: gpt-5.6-terra, keys: ['env:NOPE_KEY']}]}\n"
    )

    loaded = load_settings(file, {}, needs_systems=False)

    assert set(loaded.systems) == {"alertmanager"}
    assert loaded.settings.server.alert_token == ""
    assert len(loaded.settings.models.targets) == 1


def test_credential_of_a_stopped_service_hinders_nobody_who_only_looks(write):
    """The credential goes with the service: what happened can still be read, and whoever needs it is told."""
    file = write(
        "systems: {alertmanager: {}, postgres: {dsn: file:/run/credentials/nowhere.service/dsn}}\n"
        "server: {alert_token: file:/run/credentials/nowhere.service/token}\n"
    )

    loaded = load_settings(file, {}, needs_systems=False)

    assert set(loaded.systems) == {"alertmanager"}
    assert loaded.settings.server.alert_token == ""
    with pytest.raises(UserError, match=r"(?s)hold 2 faults .*nowhere\.service/token cannot be read"):
        load_settings(file, {})


@pytest.mark.parametrize(
    "text",
    [
        "store: {url: env:NOPE_DSN}",
        "systems: {postgres: {dsn: file:nowhere}}",
        "systems: {alertmanager: {nope: 1}, postgres: {dsn: env:NOPE_DSN}}",
    ],
)
def test_other_faults_stand_also_where_no_system_is_needed(write, text):
    """Without the store's address there is nothing to look at, and a typing error stays one."""
    with pytest.raises(UserError, match=r"hold 1 fault "):
        load_settings(write(text), {}, needs_systems=False)
