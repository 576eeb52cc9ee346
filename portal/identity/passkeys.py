"""Passkeys (WebAuthn): what the portal asks of a device, and checking what the device says.

1. The device finds its person (a passkey is discoverable) and asks them for a finger, a face or a PIN, always.
2. No attestation: the portal trusts no maker more than another. ES256, EdDSA and RS256 are taken, nothing else.
3. It works for this portal's address alone: another origin, another host, another challenge prove nothing.
4. A count that doesn't grow, where there is one, is of a copy: it is refused, and the refusal stands in the log.
5. The signature is checked before the transaction, the records once more in it (`usecases/evidence.py`).
"""

import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.access.caller import Caller
from portal.domain.ids import PersonId
from portal.identity import challenges
from portal.usecases.authenticators import NewPasskey, add_passkey
from portal.usecases.evidence import Asserted, find_passkey
from portal.usecases.sessions import Begun, prove_again, sign_in
from portal.work import Portal

SIGN_IN: Final = "sign in"
PROVE: Final = "prove again"
ADD: Final = "add a passkey"
ENROL: Final = "first passkey"
ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
TIMEOUT: Final = 300_000  # milliseconds that a device may take
NAME_LETTERS: Final = 60
CREDENTIAL_LETTERS: Final = 20_000
CREDENTIAL_ID_BYTES: Final = 1023


def asking(portal: Portal, token: str, credentials: Iterable[bytes] = ()) -> str:
    """Say in JSON what a device is asked to sign, by any passkey or by one of these."""
    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=host(portal),
            challenge=challenges.signed_bytes(token),
            timeout=TIMEOUT,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in credentials],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def making(portal: Portal, token: str, person: PersonId, account: str, known: Iterable[bytes] = ()) -> str:
    """Say in JSON what passkey a device is asked to make; not one that is a known one's twin."""
    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=host(portal),
            rp_name=host(portal),
            user_name=account,
            user_id=portal.keyring.blind("challenge", b"handle\0" + person.bytes),
            challenge=challenges.signed_bytes(token),
            timeout=TIMEOUT,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
            supported_pub_key_algs=ALGORITHMS,
        )
    )


def enter(portal: Portal, caller: Caller, browser: str, token: str, credential: str) -> Begun:
    """Sign somebody in by a passkey.

    Raises:
        NotFound: Nothing was proven, for whatever reason.

    """
    asked, evidence = _asserted(portal, SIGN_IN, browser, token, credential)
    return sign_in(portal, caller, asked, evidence)


def confirm(portal: Portal, caller: Caller, browser: str, token: str, credential: str) -> str:
    """Prove anew who somebody is; gives their session's new token.

    Raises:
        NotFound: Nothing was proven, or by somebody else's passkey.
        SignedOut: Nobody is signed in.

    """
    return prove_again(portal, caller, _asserted(portal, PROVE, browser, token, credential)[1])


def add(portal: Portal, caller: Caller, browser: str, token: str, credential: str, name: str) -> None:
    """Keep another passkey of one's own.

    Raises:
        NotFound: What the device said doesn't fit.
        ProveAgain: The proof of who one is, is too old.
        Conflict: The page was used before, or the passkey is known.

    """
    add_passkey(portal, caller, made(portal, ADD, browser, token, credential, name))


def made(portal: Portal, purpose: str, browser: str, token: str, credential: str, name: str) -> NewPasskey | None:
    """Check a passkey that a device made; None: it doesn't fit, for whatever reason."""
    challenge = challenges.check(portal, purpose, browser, token)
    if challenge is None or len(credential) > CREDENTIAL_LETTERS:
        return None
    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge.signed,
            expected_rp_id=host(portal),
            expected_origin=origin(portal),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception:  # noqa: BLE001  # what a stranger sent fails in many ways inside the parser: each is a no
        return None
    if len(found.credential_id) > CREDENTIAL_ID_BYTES:
        return None
    return NewPasskey(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        found.aaguid,
        name[:NAME_LETTERS],
        challenge.mark,
        challenge.expires_at,
    )


def _asserted(
    portal: Portal, purpose: str, browser: str, token: str, credential: str
) -> tuple[PersonId | None, Asserted | None]:
    """Check what a device signed; gives whose passkey was named, and the evidence if it fits."""
    challenge = challenges.check(portal, purpose, browser, token)
    known = find_passkey(portal, _credential_id(credential))
    if challenge is None or known is None:
        return known.person if known else None, None
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.signed,
            expected_rp_id=host(portal),
            expected_origin=origin(portal),
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001  # likewise
        return known.person, None
    return known.person, Asserted(known, found.new_sign_count, challenge.mark, challenge.expires_at)


def _credential_id(credential: str) -> bytes:
    if len(credential) > CREDENTIAL_LETTERS:
        return b""
    try:
        said = json.loads(credential)
        return base64url_to_bytes(said["rawId"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return b""


def host(portal: Portal) -> str:
    """Name the host for which passkeys are made: that of the portal's address."""
    return urlsplit(portal.settings.origin).hostname or "localhost"


def origin(portal: Portal) -> str:
    """Give the portal's address as browsers say it."""
    return portal.settings.origin.rstrip("/")
