"""Codes of an app (RFC 6238): half a minute, six figures, SHA-1 as the apps understand it; and recovery codes.

1. The secret of an app is nowhere: it follows from a random salt and a key of the keyring.
2. A code is taken from one step before to one after the present, for clocks that are off; each step once.
3. Where there is no app, a code is compared all the same, with what nobody has.
"""

import base64
import io
import secrets
from datetime import timedelta
from typing import Final

import pyotp

from portal.work import Portal

SECRET_BYTES: Final = 20
SALT_BYTES: Final = 32
STEP: Final = timedelta(seconds=30)
WINDOW: Final = 1  # steps that a clock may be off
FIGURES: Final = 6
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 15
GROUP: Final = 4


def secret_of(portal: Portal, salt: bytes) -> str:
    """Derive the secret of an app, as apps read it: base 32."""
    return base64.b32encode(portal.keyring.blind("totp", salt)[:SECRET_BYTES]).decode()


def step_of(portal: Portal, salt: bytes | None, typed: str) -> int | None:
    """Tell of which step a typed code is; None: of none near the present."""
    known = pyotp.TOTP(secret_of(portal, salt or bytes(SALT_BYTES)), digits=FIGURES)
    code = "".join(typed.split())
    present = int(portal.clock().timestamp()) // int(STEP.total_seconds())
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        if pyotp.utils.strings_equal(known.generate_otp(step), code):
            found = step
    return found if salt is not None else None


def is_code(typed: str) -> bool:
    """Tell a code of an app from a recovery code, by its form alone."""
    code = "".join(typed.split())
    return len(code) <= FIGURES and code.isascii() and code.isdigit()


def new_recovery_codes() -> list[str]:
    """Make recovery codes, in groups as they are shown: 120 random bits each."""
    return [grouped(base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()) for _ in range(RECOVERY_CODES)]


def grouped(text: str) -> str:
    """Set a text in groups of four letters."""
    return " ".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def picture(portal: Portal, salt: bytes, account: str, issuer: str) -> str:
    """Draw the secret of an app for its camera: an SVG with neither style nor script."""
    import segno  # here, as few processes ever draw one

    address = pyotp.TOTP(secret_of(portal, salt), digits=FIGURES).provisioning_uri(name=account, issuer_name=issuer)
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=True,
        scale=4,
        border=4,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
    )
    return drawn.getvalue().decode().strip()
