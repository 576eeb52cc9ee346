"""OpenID Connect, as the one who relies on an issuer: discovery, keys, the code, and what makes a token good.

1. Everything of an issuer comes from the discovery document at exactly its own address, which names exactly that
   issuer; what is read is kept for ten minutes.
2. A token's algorithm is one of ALGORITHMS, and its key is one of the issuer's: never one that the token brings.
   A key that isn't known yet is looked for once more, at most once a minute.
3. An ID token is for us alone, of this issuer, of now, and answers this request (OpenID Connect Core 1.0, 3.1.3.7).
4. Times may differ by LEEWAY seconds.
"""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, Final
from urllib.parse import quote_plus, urlencode
from uuid import UUID

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from portal.identity.answers import Answers, read_object
from portal.identity.discovery import Document, Key, read_document, read_keys

ALGORITHMS: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
_NAMES: Final = {"EdDSA": "Ed25519"}  # RFC 9864: what the old name stands for here
LEEWAY: Final = 120
LONGEST_LOGOUT: Final = 24 * 3600  # seconds for which a message that ends sessions may count
KEPT_SECONDS: Final = 600
AGAIN_SECONDS: Final = 60
FRESH_SECONDS: Final = 300  # how long after the issuer's own sign-in a proof counts as made just now
TOKEN_LETTERS: Final = 16 * 1024
NAME_LETTERS: Final = 255
RSA_BITS: Final = 2048
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_KINDS: Final[dict[str, Any]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class Unproven(Exception):
    """What came back proves nothing; the code says in a word why, for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer, as it is set in the portal."""

    id: UUID
    url: str
    client_id: str
    acr_values: tuple[str, ...] = ()  # one of these is demanded, if there are any
    amr: tuple[str, ...] = ()  # all of these are demanded


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request to an issuer was made with, and what its answer is held against."""

    state: str
    nonce: str
    verifier: str
    redirect: str
    fresh: bool = False  # the person is to sign in there anew


@dataclass(frozen=True, slots=True)
class Known:
    """Whom the issuer says that it is."""

    subject: str
    session: str | None
    mail: str | None  # verified by the issuer


@dataclass(frozen=True, slots=True)
class Logout:
    """Whose sessions the issuer ends."""

    mark: str  # of this one message
    ends: int
    subject: str | None
    session: str | None


@dataclass(slots=True)
class _Kept:
    document: Document
    keys: list[Key]
    read_at: float
    keys_at: float


class Relying:
    """The portal as a client of issuers; made once for a process."""

    def __init__(self, answers: Answers, clock: Callable[[], float], ticks: Callable[[], float] = monotonic) -> None:
        self._answers = answers
        self._clock = clock
        self._ticks = ticks
        self._kept: dict[UUID, _Kept] = {}
        self._lock = Lock()

    # --- the way there

    def address(self, issuer: Issuer, asked: Asked) -> str:
        """Give the address at the issuer to which the browser goes.

        Raises:
            Silent: The issuer doesn't answer as it should.

        """
        start = self._known(issuer).document.authorization
        fields = {
            "response_type": "code",
            "client_id": issuer.client_id,
            "redirect_uri": asked.redirect,
            "scope": "openid email",
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": create_s256_code_challenge(asked.verifier),
            "code_challenge_method": "S256",
        }
        if issuer.acr_values:
            fields["acr_values"] = " ".join(issuer.acr_values)
        if asked.fresh:
            # max_age has the token say when that was; some providers ask without end if it is 0
            fields |= {"prompt": "login", "max_age": str(FRESH_SECONDS)}
        return f"{start}{'&' if '?' in start else '?'}{urlencode(fields)}"

    # --- the way back

    def check_answer(self, issuer: Issuer, asked: Asked, given: Mapping[str, str]) -> str:
        """Hold the answer in the browser's address against the request; gives the code.

        Raises:
            Unproven: It answers another request, comes from another issuer, or says no.
            Silent: The issuer doesn't answer as it should.

        """
        if not hmac.compare_digest(given.get("state", "").encode(), asked.state.encode()):
            raise Unproven("wrong-state")
        if (self._known(issuer).document.names_itself or "iss" in given) and given.get("iss") != issuer.url:
            raise Unproven("wrong-iss")
        if "error" in given or not given.get("code"):
            raise Unproven("no-code")
        return given["code"]

    def redeem(self, issuer: Issuer, secret: str, asked: Asked, code: str) -> Known:
        """Exchange a code for an ID token, and take from it who it is.

        Raises:
            Unproven: The token is not a good one.
            Silent: The issuer doesn't answer as it should.

        """
        document = self._known(issuer).document
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect,
            "code_verifier": asked.verifier,
        }
        headers: dict[str, str] = {}
        if document.by_header:
            pair = f"{quote_plus(issuer.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields |= {"client_id": issuer.client_id, "client_secret": secret}
        answer = self._answers.post(issuer.id, document.token, headers, fields)
        return self.check_token(issuer, asked, answer.get("id_token"), answer.get("access_token"))

    def check_token(self, issuer: Issuer, asked: Asked, token: object, access: object = None) -> Known:
        """Check an ID token.

        Raises:
            Unproven: It is not a good one.
            Silent: The issuer doesn't answer as it should.

        """
        header, claims = self._signed(issuer, token)
        if access is not None and not isinstance(access, str):
            raise Unproven("access_token")
        self._check_claims(issuer, header, claims, {"nonce": asked.nonce, "access_token": access}, "iss aud exp nonce")
        _check_audience(issuer, claims)
        if issuer.acr_values and claims.get("acr") not in issuer.acr_values:
            raise Unproven("acr")
        if not set(issuer.amr) <= set(_words(claims.get("amr"))):
            raise Unproven("amr")
        if asked.fresh:
            self._check_fresh(claims)
        mail = claims.get("email") if claims.get("email_verified") is True else None
        return Known(_subject(claims), _session(claims), mail if _is_name(mail) else None)

    def check_logout(self, issuer: Issuer, token: object) -> Logout:
        """Check a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6).

        Raises:
            Unproven: It is not a good one.
            Silent: The issuer doesn't answer as it should.

        """
        header, claims = self._signed(issuer, token)
        self._check_claims(issuer, header, claims, {}, "iss aud exp jti events")
        _check_audience(issuer, claims)
        events = claims["events"]
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in claims:
            raise Unproven("no-logout")
        subject = _subject(claims) if "sub" in claims else None
        session = _session(claims)
        if subject is None and session is None:
            raise Unproven("nobody")
        if not _is_name(claims["jti"]):
            raise Unproven("jti")
        if claims["exp"] > self._clock() + LONGEST_LOGOUT:  # so long it would have to be remembered
            raise Unproven("times")
        return Logout(claims["jti"], int(claims["exp"]) + LEEWAY, subject, session)

    def _check_claims(
        self, issuer: Issuer, header: dict[str, Any], claims: dict[str, Any], params: dict[str, Any], needed: str
    ) -> None:
        """Check what all tokens of an issuer have in common; what is demanded must be there and equal."""
        equal = {"iss": issuer.url, "aud": issuer.client_id}
        options: dict[str, Any] = {
            name: {"essential": True} | ({"value": equal[name]} if name in equal else {})
            for name in (*needed.split(), "iat")
        }
        checked = CodeIDToken(claims, header, options, {**params, "client_id": issuer.client_id})
        checked.ESSENTIAL_CLAIMS = list(options)
        now = self._clock()
        if not all(_is_time(claims[name]) for name in ("exp", "iat", "nbf") if name in claims):
            raise Unproven("times")
        if claims.get("iat", 0) > now + LEEWAY:
            raise Unproven("iat")
        try:
            checked.validate(now=int(now), leeway=LEEWAY)
        except (JoseError, TypeError, ValueError, KeyError) as error:
            raise Unproven(str(getattr(error, "claim", None) or "claims")) from error

    def _check_fresh(self, claims: dict[str, Any]) -> None:
        when = claims.get("auth_time")
        if not _is_time(when) or not -LEEWAY <= self._clock() - float(when or 0) <= FRESH_SECONDS:
            raise Unproven("auth_time")

    # --- signatures

    def _signed(self, issuer: Issuer, token: object) -> tuple[dict[str, Any], dict[str, Any]]:
        if not isinstance(token, str) or len(token) > TOKEN_LETTERS or token.count(".") != 2:  # noqa: PLR2004 - JWS
            raise Unproven("no-token")
        try:
            header, claims = (read_object(base64.urlsafe_b64decode(f"{part}==")) for part in token.split(".")[:2])
        except (ValueError, RecursionError) as error:
            raise Unproven("no-token") from error
        algorithm, name = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise Unproven("alg")
        if name is not None and not isinstance(name, str):
            raise Unproven("kid")
        key = self._key(issuer, algorithm, name)
        try:
            # `EdDSA` alone is named by what it is: one curve
            jwt.decode(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise Unproven("signature") from error
        return header, claims

    def _key(self, issuer: Issuer, algorithm: str, name: str | None) -> Any:
        known = self._known(issuer)
        found = _fitting(known.keys, algorithm, name)
        if len(found) != 1 and self._ticks() - known.keys_at >= AGAIN_SECONDS:
            known.keys_at = self._ticks()  # before asking: a storm of unknown names asks once
            known.keys = self._read_keys(issuer, known.document)
            found = _fitting(known.keys, algorithm, name)
        if len(found) != 1:
            raise Unproven("kid")
        return _usable(found[0])

    # --- what the issuer says of itself

    def _known(self, issuer: Issuer) -> _Kept:
        with self._lock:
            kept = self._kept.get(issuer.id)
        if kept is not None and self._ticks() - kept.read_at < KEPT_SECONDS:
            return kept
        said = self._answers.get(issuer.id, issuer.url.rstrip("/") + "/.well-known/openid-configuration")
        document = read_document(said, issuer.url, self._answers.reach)
        now = self._ticks()
        # a second look for keys is free at once: the first one may have been minutes ago at the issuer
        kept = _Kept(document, self._read_keys(issuer, document), now, now - AGAIN_SECONDS)
        with self._lock:
            self._kept[issuer.id] = kept
        return kept

    def _read_keys(self, issuer: Issuer, document: Document) -> list[Key]:
        return read_keys(self._answers.get(issuer.id, document.keys))


def _fitting(keys: Sequence[Key], algorithm: str, name: str | None) -> list[Key]:
    """Choose the issuer's keys that a token may be signed with; a token that names none must have one choice."""
    return [
        key
        for key in keys
        if key.kind == ALGORITHMS[algorithm]
        and key.algorithm in {None, algorithm, _NAMES.get(algorithm)}
        and (name is None or key.name == name)
    ]


def _usable(key: Key) -> Any:
    try:
        read = _KINDS[key.kind].import_key(dict(key.parts))
        bits = read.public_key.key_size if key.kind == "RSA" else RSA_BITS
    except (JoseError, ValueError, TypeError, OverflowError) as error:
        raise Unproven("key") from error
    if bits < RSA_BITS:
        raise Unproven("weak-key")
    return read


def _check_audience(issuer: Issuer, claims: dict[str, Any]) -> None:
    """Demand that a token is for us; several audiences only if it was issued to us."""
    audience = claims.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    if issuer.client_id not in several or not all(isinstance(one, str) for one in several):
        raise Unproven("aud")
    if claims.get("azp", issuer.client_id) != issuer.client_id or (len(several) > 1 and "azp" not in claims):
        raise Unproven("azp")


def _subject(claims: dict[str, Any]) -> str:
    subject = claims.get("sub")
    if not _is_name(subject):
        raise Unproven("sub")
    return str(subject)


def _session(claims: dict[str, Any]) -> str | None:
    session = claims.get("sid")
    if session is not None and not _is_name(session):
        raise Unproven("sid")  # as none it would mean all sessions
    return session


def _is_name(value: object) -> bool:
    """Tell whether something can be a name: text of some length that can be written down (no lone surrogates)."""
    if not isinstance(value, str) or not 0 < len(value) <= NAME_LETTERS:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _words(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**40
