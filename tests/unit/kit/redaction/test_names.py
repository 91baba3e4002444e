"""Names of secrets, in whatever style their words are joined."""

import pytest

from fermata.kit.redaction.names import Strength, is_password_name, is_secret_name, judge_name, words

STRONG = sorted(
    words(
        """
        password DB_PASSWORD dbPassword db-password dbpassword spring.datasource.password PASSWD passphrase
        userPass DB_PASS REDIS_PASSWORD_2 requirepass secret client_secret clientSecret SECRET_KEY_BASE
        jwt.secret secret.value secret_id token API_TOKEN accessToken x-auth-token refresh_tokens apikey api_key
        API-KEY apiKey ACCESS_KEY aws_secret_access_key privateKey client-key-data ENCRYPTION_KEY AccountKey
        SharedAccessKey ssh_key connectionString connection_string Authorization pwd Pwd PGPASSWORD
        """
    )
)
WEAK = sorted(
    words(
        """
        session sessionid session_id JSESSIONID PHPSESSID cookie auth _auth credentials sig signature salt pass
        otp USER_KEY
        """
    )
)
NONE = sorted(
    words(
        """
        name key keys id PORT PATH HOSTNAME password_file PASSWORD_MIN_LENGTH secretName secretKeyRef token_type
        TOKEN_TTL tokenExpirationSeconds max_tokens prompt_tokens next_page_token eos_token tokenizer secretary
        author AUTHOR authority compass bypass passenger monkey keyboard cache_key primary_key partition_key
        public_key getKey auth_backend SessionTracker session_timeout COOKIE_DOMAIN require_password has_token
        use_auth token.markup DATABASE_URL PAYMENT_TIMEOUT_MS AUTH_TIMEOUT_MS auth_service_url
        signature_algorithm credentials_path
        """
    )
)


@pytest.mark.parametrize("name", STRONG)
def test_name_of_a_secret_is_known(name):
    """Its value is a secret unless it is no literal."""
    assert judge_name(name) is Strength.STRONG
    assert is_secret_name(name)


@pytest.mark.parametrize("name", WEAK)
def test_name_that_may_mean_something_else_is_weak(name):
    """In a text its value must look like a secret; in an environment it is hidden all the same."""
    assert judge_name(name) is Strength.WEAK
    assert is_secret_name(name)


@pytest.mark.parametrize("name", NONE)
def test_name_that_only_holds_such_a_word_says_nothing(name):
    """A limit, a place, a kind, a count, or another word altogether."""
    assert judge_name(name) is Strength.NONE


@pytest.mark.parametrize(
    "name", ["AUTH_HEADER", "SESSION_STORE", "SECRET_CONFIG", "TOKEN_SOURCE", "SENTRY_DSN", "USE_TOKEN"]
)
def test_variable_is_hidden_when_in_doubt(name):
    """At collection a name decides alone: what a text would let pass is hidden in an environment."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "PORT",
        "AUTHOR",
        "PAYMENT_TIMEOUT_MS",
        "TOKEN_TTL",
        "TOKEN_COUNT",
        "MAX_TOKENS",
        "AUTH_URL",
        "SESSION_TIMEOUT",
        "KEYBOARD",
        "COMPASS",
    ],
)
def test_variable_with_an_ordinary_name_is_shown(name):
    """Numbers, switches and places are what a diagnosis needs."""
    assert not is_secret_name(name)


def test_endless_name_is_judged_by_its_end():
    """And at once."""
    assert is_secret_name("A" * 1_000_000 + "_PASSWORD")
    assert not is_secret_name("PASSWORD_" * 100_000 + "TIMEOUT_MS")


@pytest.mark.parametrize(("name", "chosen"), [("db_password", True), ("PGPASS", True), ("pwd", True), ("token", False)])
def test_passwords_are_chosen_by_people(name, chosen):
    """So their values may be words and numbers."""
    assert is_password_name(name) is chosen
