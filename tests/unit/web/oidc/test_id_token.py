"""An ID token proves who somebody is, or is refused with the rule that it breaks."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.unit.web import story

from fermata.web.oidc.id_token import KeyNotKnown, TokenRefused, choose_key, read_handle, read_header, verify

ISSUER, CLIENT, NONCE = "https://login.example.com", "fermata", "n" * 43
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def publish(key, kid="k1", **changes):
    """Give the public half of a key as a JSON Web Key."""
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    public = json.loads(algorithm.to_jwk(key.public_key()))
    return {name: value for name, value in (public | {"kid": kid} | changes).items() if value is not None}


def claim(**changes):
    """Give the claims of a good token, changed; `None` leaves one out."""
    now = story.NOW.timestamp()
    claims = {"iss": ISSUER, "aud": CLIENT, "sub": "u-1", "nonce": NONCE, "iat": now, "exp": now + 300}
    return {name: value for name, value in (claims | changes).items() if value is not None}


def sign(claims, key=EC_KEY, algorithm="ES256", **headers):
    """Give a token."""
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "k1", **headers})


def check(token, keys=None, *, now=story.NOW):
    """Prove a token as the page does."""
    key = choose_key(keys or [publish(EC_KEY)], read_header(token))
    return verify(token, key, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=now)


@pytest.mark.parametrize(("key", "algorithm"), [(EC_KEY, "ES256"), (RSA_KEY, "RS256"), (RSA_KEY, "PS512")])
def test_token_that_holds_gives_its_claims(key, algorithm):
    """Signed by the provider's key, for us, now."""
    claims = check(sign(claim(email="ada@example.com"), key, algorithm), [publish(key)])

    assert claims["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"iss": ISSUER + "/"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"aud": "other"}, "another client"),
        ({"aud": ["other"]}, "another client"),
        ({"aud": None}, "another client"),
        ({"aud": [CLIENT, "other"]}, "handed out to another client"),
        ({"azp": "other"}, "handed out to another client"),
        ({"nonce": "m" * 43}, "another attempt"),
        ({"nonce": None}, "another attempt"),
        ({"nonce": 7}, "another attempt"),
        ({"exp": None}, "from when to when"),
        ({"iat": None}, "from when to when"),
        ({"exp": "soon"}, "no instant"),
        ({"exp": 1e300}, "no instant"),
        ({"sub": None}, "names nobody"),
        ({"sub": ""}, "names nobody"),
    ],
)
def test_token_that_is_not_for_this_attempt_is_refused(changes, why):
    """Each rule of the protocol, with its own words."""
    with pytest.raises(TokenRefused, match=why):
        check(sign(claim(**changes)))


def test_several_audiences_with_us_as_the_party_hold():
    """`azp` says whom it was handed out to."""
    assert check(sign(claim(aud=[CLIENT, "other"], azp=CLIENT)))["azp"] == CLIENT


@pytest.mark.parametrize(
    ("seconds", "holds"), [(300, True), (359, True), (360, False), (-59, True), (-60, True), (-61, False)]
)
def test_clocks_may_be_a_minute_apart(seconds, holds):
    """Sixty seconds at either end, and no more."""
    token, now = sign(claim()), story.NOW + timedelta(seconds=seconds)

    if holds:
        assert check(token, now=now)
    else:
        with pytest.raises(TokenRefused, match="expired" if seconds > 0 else "from the future"):
            check(token, now=now)


def test_token_that_begins_later_is_refused():
    """`nbf` counts as `iat` does."""
    with pytest.raises(TokenRefused, match="from the future"):
        check(sign(claim(nbf=story.NOW.timestamp() + 100)))


def test_unsigned_token_is_refused():
    """`none` proves nothing, also with a signature beside it."""
    bare = jwt.encode(claim(), None, algorithm="none", headers={"kid": "k1"})
    part = bare.rpartition(".")[0]

    for token in (bare, part + ".c2ln"):
        with pytest.raises(TokenRefused, match="proves nothing"):
            check(token)


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_public_key_is_never_a_shared_secret(algorithm):
    """A token signed with the provider's public key as if it were a secret, by whoever can read it."""
    pem = RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = encode({"alg": algorithm, "kid": "k1", "typ": "JWT"}) + "." + encode(claim())
    mac = jwt.algorithms.get_default_algorithms()[algorithm]
    token = head + "." + base64.urlsafe_b64encode(mac.sign(head.encode(), pem)).rstrip(b"=").decode()

    with pytest.raises(TokenRefused, match="proves nothing"):
        check(token, [publish(RSA_KEY), {"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}])


def encode(value):
    """Give JSON in base64url."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_signature_of_another_key_is_refused():
    """The kid says which key; the signature says whether."""
    with pytest.raises(TokenRefused, match="signature is not the provider's"):
        check(sign(claim(), ec.generate_private_key(ec.SECP256R1())))


def test_changed_token_is_refused():
    """One claim changed after it was signed."""
    head, _, signature = sign(claim()).split(".")

    with pytest.raises(TokenRefused, match="signature"):
        check(f"{head}.{encode(claim(sub='root'))}.{signature}")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30", "\u00e9.e30.e30"])
def test_what_is_no_token_is_refused(token):
    """Whatever came instead."""
    with pytest.raises(TokenRefused, match=r"no signed token|proves nothing"):
        check(token)


def test_extension_that_must_be_understood_is_refused():
    """`crit` names what a reader has to know, and we know none."""
    with pytest.raises(TokenRefused, match="no signed token"):
        check(sign(claim(), crit=["b64"]))


@pytest.mark.parametrize(
    "keys",
    [
        [publish(EC_KEY, kid="k2")],
        [publish(EC_KEY, use="enc")],
        [publish(EC_KEY, alg="ES384")],
        [publish(RSA_KEY)],
        [publish(EC_KEY), publish(ec.generate_private_key(ec.SECP256R1()))],
    ],
    ids=["another kid", "to encrypt with", "another algorithm", "another type", "two of one name"],
)
def test_key_that_does_not_fit_is_not_tried(keys):
    """One key, one use; two of the same name are none."""
    with pytest.raises(KeyNotKnown):
        check(sign(claim()), keys)


def test_only_key_needs_no_name():
    """A provider with one key may leave the name out."""
    token = jwt.encode(claim(), EC_KEY, algorithm="ES256")

    assert check(token, [publish(EC_KEY, kid=None)])


def test_broken_key_is_refused_in_words():
    """A key set that is damaged is nobody's crash."""
    with pytest.raises(TokenRefused, match="signature"):
        check(sign(claim()), [publish(EC_KEY, x="!!")])


@pytest.mark.parametrize(
    ("claims", "claim_name", "why"),
    [
        ({}, "email", "no claim 'email'"),
        ({"email": ""}, "email", "no claim"),
        ({"email": ["a@b.c"]}, "email", "no claim"),
        ({"email": "x" * 201}, "email", "no claim"),
        ({"email": "a@b.c"}, "email", "does not say that it verified"),
        ({"email": "a@b.c", "email_verified": False}, "email", "does not say that it verified"),
        ({"email": "a@b.c", "email_verified": "false", "xms_edov": 0}, "email", "does not say that it verified"),
    ],
)
def test_claim_that_names_nobody_for_sure_is_refused(claims, claim_name, why):
    """An address that anybody may have typed is nobody's."""
    with pytest.raises(TokenRefused, match=why):
        read_handle(claims, claim_name)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": " a@b.c ", "email_verified": "true"}, "email"),
        ({"email": "a@b.c", "email_verified": True}, "email"),
        ({"email": "a@b.c", "xms_edov": "1"}, "email"),
        ({"oid": "a@b.c"}, "oid"),
    ],
)
def test_claim_gives_the_handle(claims, name):
    """Whatever claim the settings name; an address has to be called verified."""
    assert read_handle(claims, name) == "a@b.c"
