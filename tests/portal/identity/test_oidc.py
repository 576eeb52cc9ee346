"""What an issuer says counts only if it is of this issuer, for us, of now, and answers this request."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from portal import outgoing
from portal.domain.reach import Reach
from portal.identity import oidc
from portal.identity.answers import Answers
from portal.identity.oidc import Asked, Issuer, Known, Relying, Unproven
from portal.outgoing import Silent
from tests.issuer import CLIENT, SECRET, FakeIssuer, bare, serving

KINDS: dict[str, Any] = {
    "RS256": RSAKey.generate_key(2048),
    "ES256": ECKey.generate_key("P-256"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
}
ASKED = Asked("state-1", "nonce-1", "v" * 43, "http://localhost:8000/sign-in/issuers/x/return")


@pytest.fixture
def fake() -> Iterator[FakeIssuer]:
    with serving() as one:
        yield one


def ascii_of(value: object) -> str:
    return ascii(value)[:40]


NOW = 1_777_887_000  # for both sides, however long the tests run


class Dance:
    """One client of one issuer."""

    def __init__(self, fake: FakeIssuer) -> None:
        self.fake = fake
        fake.clock = lambda: NOW
        self.relying = Relying(Answers(Reach(this_machine=True)), fake.clock)
        self.issuer = Issuer(uuid4(), fake.url, CLIENT)

    def sign_in(self, asked: Asked = ASKED, **changed: str) -> Known:
        given = self.fake.authorize(self.relying.address(self.issuer, asked)) | changed
        code = self.relying.check_answer(self.issuer, asked, given)
        return self.relying.redeem(self.issuer, SECRET, asked, code)


@pytest.fixture
def dance(fake: FakeIssuer) -> Dance:
    return Dance(fake)


def test_a_good_token_says_who_it_is(dance: Dance) -> None:
    assert dance.sign_in() == Known("anna", "session-1", None)


def test_only_an_address_that_the_issuer_verified_counts(dance: Dance) -> None:
    dance.fake.claims = {"email": "anna@example.org", "email_verified": "true"}
    assert dance.sign_in().mail is None
    dance.fake.claims = {"email": "anna@example.org", "email_verified": True}
    assert dance.sign_in().mail == "anna@example.org"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody-else"},
        {"aud": None},
        {"aud": []},
        {"aud": "somebody-else", "azp": CLIENT},
        {"aud": [CLIENT, "somebody-else"]},
        {"aud": [CLIENT, "somebody-else"], "azp": "somebody-else"},
        {"aud": CLIENT, "azp": "somebody-else"},
        {"iss": "https://other.example"},
        {"iss": None},
        {"exp": NOW - 600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": NOW + 600},
        {"iat": None},
        {"nbf": NOW + 600},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "s" * 256},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
)
def test_a_token_that_is_not_for_this_request_proves_nothing(dance: Dance, claims: dict[str, Any]) -> None:
    dance.fake.claims = claims
    with pytest.raises(Unproven):
        dance.sign_in()


@pytest.mark.parametrize("claims", [{"iat": NOW + 60}, {"exp": NOW - 60}, {"aud": [CLIENT, "b"], "azp": CLIENT}])
def test_clocks_may_be_two_minutes_off_and_a_token_for_several_names_us(dance: Dance, claims: dict[str, Any]) -> None:
    dance.fake.claims = claims
    assert dance.sign_in().subject == "anna"


def _public(fake: FakeIssuer) -> bytes:
    return bytes(fake.keys["one"].as_pem(private=False))


FORGERIES: dict[str, Callable[[FakeIssuer, dict[str, Any]], object]] = {
    "none": lambda _, claims: bare({"alg": "none"}, claims),
    "None": lambda _, claims: bare({"alg": "NoNe", "kid": "one"}, claims),
    "HS256": lambda fake, claims: bare({"alg": "HS256", "kid": "one"}, claims, _public(fake)),
    "HS256 with the client's secret": lambda _, claims: bare({"alg": "HS256"}, claims, SECRET.encode()),
    "unsigned": lambda _, claims: bare({"alg": "RS256", "kid": "one"}, claims),
    "unknown key": lambda _, claims: bare({"alg": "RS256", "kid": "two"}, claims, b"x"),
    "another algorithm": lambda _, claims: bare({"alg": "ES256", "kid": "one"}, claims, b"x"),
    "no token": lambda _, _claims: None,
    "words": lambda _, _claims: "a.b.c",
    "a list": lambda _, _claims: "W10.e30.",
    "long": lambda _, _claims: "a" * 20_000 + ".b.c",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_proves_nothing(dance: Dance, name: str) -> None:
    dance.fake.token = lambda claims: FORGERIES[name](dance.fake, claims)
    with pytest.raises(Unproven):
        dance.sign_in()


def test_a_key_that_the_token_brings_counts_for_nothing(dance: Dance) -> None:
    from joserfc import jwt  # of this test alone

    own = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "kid": "one", "jwk": own.as_dict(private=False)}
    dance.fake.token = lambda claims: jwt.encode(header, claims, own)
    with pytest.raises(Unproven, match="signature"):
        dance.sign_in()


def test_an_issuer_may_exchange_its_key_at_any_time(dance: Dance) -> None:
    dance.sign_in()
    dance.fake.keys["two"] = RSAKey.generate_key(2048)
    dance.fake.kid = "two"
    assert dance.sign_in().subject == "anna"


def test_unknown_keys_are_looked_for_once_a_minute(dance: Dance) -> None:
    dance.sign_in()
    dance.fake.token = lambda claims: bare({"alg": "RS256", "kid": "unknown"}, claims, b"x")
    for _ in range(5):
        with pytest.raises(Unproven, match="kid"):
            dance.sign_in()
    assert dance.fake.asked.count("/jwks") == 2


def test_a_weak_key_signs_nothing(dance: Dance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "RSA_BITS", 3072)
    with pytest.raises(Unproven, match="weak-key"):
        dance.sign_in()


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("PS256", RSAKey.generate_key(2048)),
        ("ES256", ECKey.generate_key("P-256")),
        ("EdDSA", OKPKey.generate_key("Ed25519")),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_the_algorithms_of_the_list_count(dance: Dance, algorithm: str, key: Any) -> None:
    dance.fake.keys["one"] = key
    dance.fake.token = lambda claims: dance.fake.signed(claims, algorithm)
    assert dance.sign_in().subject == "anna"


def test_a_token_of_another_issuer_proves_nothing(dance: Dance) -> None:
    with serving() as other:
        dance.fake.token = lambda claims: other.signed(claims | {"iss": other.url})
        with pytest.raises(Unproven):
            dance.sign_in()


@pytest.mark.parametrize("changed", [{"state": "another"}, {"state": ""}, {"iss": "https://other.example"}])
def test_an_answer_to_another_request_or_of_another_issuer_is_refused(dance: Dance, changed: dict[str, str]) -> None:
    with pytest.raises(Unproven):
        dance.sign_in(**changed)
    assert "/token" not in dance.fake.asked


def test_an_issuer_that_names_itself_in_answers_is_held_to_it(dance: Dance) -> None:
    dance.fake.document = {"authorization_response_iss_parameter_supported": True}
    given = dance.fake.authorize(dance.relying.address(dance.issuer, ASKED))
    del given["iss"]
    with pytest.raises(Unproven, match="wrong-iss"):
        dance.relying.check_answer(dance.issuer, ASKED, given)


def test_an_issuer_that_says_no_proves_nothing(dance: Dance) -> None:
    with pytest.raises(Unproven, match="no-code"):
        dance.sign_in(error="access_denied")


def test_a_code_works_once_and_with_its_verifier(dance: Dance) -> None:
    given = dance.fake.authorize(dance.relying.address(dance.issuer, ASKED))
    code = dance.relying.check_answer(dance.issuer, ASKED, given)
    dance.relying.redeem(dance.issuer, SECRET, ASKED, code)
    with pytest.raises(Silent, match="token-refused"):
        dance.relying.redeem(dance.issuer, SECRET, ASKED, code)
    other = dance.fake.authorize(dance.relying.address(dance.issuer, ASKED))["code"]
    with pytest.raises(Silent, match="token-refused"):
        dance.relying.redeem(dance.issuer, SECRET, replace(ASKED, verifier="w" * 43), other)


def test_the_request_holds_state_nonce_and_the_verifiers_hash(dance: Dance) -> None:
    fields = dance.fake.codes[dance.fake.authorize(dance.relying.address(dance.issuer, ASKED))["code"]]
    assert fields["code_challenge_method"] == "S256"
    assert fields["state"] == ASKED.state
    assert fields["redirect_uri"] == ASKED.redirect
    assert ASKED.verifier not in fields.values()


def test_what_an_issuer_is_to_have_asked_for_must_be_said(dance: Dance) -> None:
    dance.issuer = replace(dance.issuer, acr_values=("high",), amr=("hwk", "pin"))
    for claims in ({}, {"acr": "low", "amr": ["hwk", "pin"]}, {"acr": "high", "amr": ["pin"]}, {"acr": "high"}):
        dance.fake.claims = claims
        with pytest.raises(Unproven, match=r"acr|amr"):
            dance.sign_in()
    dance.fake.claims = {"acr": "high", "amr": ["hwk", "pin", "user"]}
    assert dance.sign_in().subject == "anna"


@pytest.mark.parametrize("when", [None, -3600, 3600, "now", True], ids=str)
def test_a_proof_anew_takes_a_sign_in_at_the_issuer_just_now(dance: Dance, when: Any) -> None:
    fresh = replace(ASKED, fresh=True)
    assert dance.sign_in(fresh).subject == "anna"
    ago = isinstance(when, int) and not isinstance(when, bool)
    dance.fake.claims = {"auth_time": NOW + when if ago else when}
    with pytest.raises(Unproven):
        dance.sign_in(fresh)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://other.example/token"},
        {"jwks_uri": "http://other.example/jwks"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"token_endpoint": "https://user:word@other.example/"},
        {"token_endpoint_auth_methods_supported": "client_secret_basic"},
    ],
)
def test_what_an_issuer_says_of_itself_must_fit(dance: Dance, document: dict[str, Any]) -> None:
    dance.fake.document = document
    with pytest.raises(Silent):
        dance.sign_in()


@pytest.mark.parametrize("mode", ["slow", "long", "redirect", "broken"])
def test_an_answer_is_bounded(dance: Dance, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)
    dance.fake.mode = mode
    began = time.monotonic()
    with pytest.raises(Silent):
        dance.sign_in()
    assert time.monotonic() - began < 2


def test_one_silent_issuer_does_not_keep_another_waiting(dance: Dance) -> None:
    with serving() as other:
        dance.fake.mode = "broken"
        with pytest.raises(Silent):
            dance.sign_in()
        assert Dance(other).sign_in().subject == "anna"


def _logout(dance: Dance, **changed: object) -> oidc.Logout:
    now = NOW
    claims: dict[str, Any] = {
        "iss": dance.fake.url,
        "aud": CLIENT,
        "iat": now,
        "exp": now + 60,
        "jti": "one",
        "events": {oidc.LOGOUT_EVENT: {}},
        "sub": "anna",
    } | changed
    token = dance.fake.signed({name: value for name, value in claims.items() if value is not None})
    return dance.relying.check_logout(dance.issuer, token)


def test_an_issuer_may_end_what_it_began(dance: Dance) -> None:
    assert _logout(dance).subject == "anna"
    assert _logout(dance, sub=None, sid="s").session == "s"


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "n"},
        {"events": {}},
        {"events": None},
        {"events": [oidc.LOGOUT_EVENT]},
        {"sub": None},
        {"jti": None},
        {"jti": 7},
        {"aud": "other"},
        {"iss": "https://other.example"},
        {"iat": NOW + 600},
        {"exp": NOW - 600},
        {"exp": None},
    ],
)
def test_a_logout_that_is_none_ends_nothing(dance: Dance, changed: dict[str, object]) -> None:
    with pytest.raises(Unproven):
        _logout(dance, **changed)


# --- what no sound issuer says

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    7.5,
    10**400,
    "",
    "\ud800",
    "a\x00b",
    "x" * 70_000,
    [],
    ["\udfff"],
    [[]],
    {},
    {"a": []},
]
ADDRESSES = [
    "https://[",
    "https://a..b",
    "https://a:99999",
    "https://a\n/",
    "https://a/\ud800",
    "https://" + "a" * 3000,
]
FIELDS = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"]


@pytest.mark.parametrize("value", [*ODD, *ADDRESSES, "https://10.0.0.1/x", "http://169.254.169.254/"], ids=ascii_of)
@pytest.mark.parametrize("field", FIELDS)
def test_a_discovery_document_of_odd_values_is_silence(dance: Dance, field: str, value: Any) -> None:
    dance.fake.document = {field: value}
    with pytest.raises(Silent):
        dance.sign_in()


@pytest.mark.parametrize("value", ODD, ids=ascii_of)
@pytest.mark.parametrize("field", ["kty", "kid", "use", "alg", "crv", "n", "e", "x", "y"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_key_of_odd_values_signs_nothing_or_is_what_it_was(dance: Dance, kind: str, field: str, value: Any) -> None:
    dance.fake.keys["one"], own = KINDS[kind], KINDS[kind].as_dict(private=False)
    dance.fake.token = lambda claims: dance.fake.signed(claims, kind)
    dance.fake.jwks = {"keys": [{**own, "kid": "one", field: value}, value]}
    if field in {"kid", *own}:
        with pytest.raises((Silent, Unproven)):
            dance.sign_in()
    else:  # it can do without
        with suppress(Silent, Unproven):
            dance.sign_in()


@pytest.mark.parametrize("keys", [None, 7, "a", {}, [[]] * 200, [None, 7, "a", [], {}]], ids=ascii_of)
def test_keys_that_are_none_sign_nothing(dance: Dance, keys: Any) -> None:
    dance.fake.jwks = {"keys": keys}
    with pytest.raises((Silent, Unproven)):
        dance.sign_in()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ANEW = replace(ASKED, fresh=True)
REGISTERED = ["iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "azp", "acr", "amr", "auth_time", "at_hash", "sid"]
NAMES = [*REGISTERED, "email", "email_verified", "jti", "events"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4), ANYTHING, st.sampled_from([ASKED, ANEW]))
def test_whatever_a_token_claims_is_taken_or_proves_nothing(
    dance: Dance, claims: dict[str, Any], access: Any, asked: Asked
) -> None:
    issuer = replace(
        dance.issuer, acr_values=("high",) if "acr" in claims else (), amr=("pin",) if "amr" in claims else ()
    )
    token = dance.fake.signed({**dance.fake.good({"nonce": ASKED.nonce}), **claims})
    with suppress(Unproven):
        known = dance.relying.check_token(issuer, asked, token, access)
        for name in filter(None, (known.subject, known.session, known.mail)):
            assert 0 < len(name.encode()) < 1100
    with suppress(Unproven):
        ended = _logout(dance, **{"iat": NOW, **claims})
        assert ended.subject or ended.session


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"7", b"\xff", b'{"sub": "a", "sub": "b"}', b'{"exp": NaN}', b'{"a": 1' + b"0" * 5000 + b"}"],
    ids=ascii_of,
)
def test_a_signed_text_that_is_no_object_proves_nothing(dance: Dance, text: bytes) -> None:
    dance.fake.token = lambda _: dance.fake.signed_text(text)
    with pytest.raises(Unproven, match="no-token"):
        dance.sign_in()


HEADERS: list[dict[str, Any]] = [
    *({"alg": value, "kid": "one"} for value in ODD),
    *({"alg": "RS256", "kid": value} for value in ODD if value is not None),
    {"alg": "RS256", "kid": "one", "crit": ["exp"], "exp": 1},
    {"alg": "RS256", "kid": "one", "crit": ["b64"], "b64": False},
    {"alg": "RS256", "kid": "one", "crit": 7},
    {"alg": "RS256", "kid": "one", "zip": "DEF", "jku": "http://127.0.0.1/", "x5c": 7},
]


@pytest.mark.parametrize("header", HEADERS, ids=ascii_of)
def test_a_token_with_an_odd_head_proves_nothing(dance: Dance, header: dict[str, Any]) -> None:
    dance.fake.token = lambda claims: bare(header, claims, b"x")
    with pytest.raises(Unproven):
        dance.sign_in()


@pytest.mark.parametrize(
    "said", [{}, {"error": "invalid_grant"}, *({"id_token": value} for value in ODD)], ids=ascii_of
)
def test_an_answer_without_a_token_proves_nothing(dance: Dance, said: dict[str, Any]) -> None:
    dance.fake.told["/token"] = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", json.dumps(said).encode()]
    with pytest.raises(Unproven, match="no-token"):
        dance.sign_in()


def test_a_session_without_a_sound_name_ends_nothing_rather_than_all_of_somebodys(dance: Dance) -> None:
    for name in (7, "", ["s"], "\ud800", "s" * 256):
        with pytest.raises(Unproven, match="sid"):
            _logout(dance, sid=name)
