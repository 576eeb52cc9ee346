"""What people sign in with, for a walk through the pages: ways, links, an identity provider, a call for help."""

import secrets
from uuid import uuid4

from portal.domain.issuers import IssuerSettings
from portal.domain.roles import Role
from portal.identity.passphrases import Cost, Passphrases
from portal.usecases.authenticators import DEVICES
from portal.usecases.issuers import add_issuer, confirm_issuer
from portal.usecases.sessions import token_hash
from portal.usecases.trouble import report_trouble
from portal.work import Caller
from storage.authenticators import CodeApp, Passkey, RecoveryCode
from storage.keyring import Place
from storage.tables import Invitation, Passphrase
from tests.cast import World, add_member, setting_up

SOON = "/prove?next=/account"


def enter(world: World) -> dict[str, list[str]]:
    """Let people have ways of signing in; give the addresses that no link leads to, by who looks at them."""
    add_member(world, "second_administrator", Role.ADMINISTRATOR)
    give_ways(world, "focal_xaa")
    give_ways(world, "registrar")
    for state, confirmer in (("XAA", "focal_xaa"), (None, "second_administrator"), ("XBB", None)):
        settings = IssuerSettings(
            f"https://login-{state}.example.org", f"Accounts of {state or 'the secretariat'}", "portal", "s", state
        )
        with world.request():
            issuer = add_issuer(world.portal, world.caller("administrator"), settings)
        if confirmer:
            with world.request():
                confirm_issuer(world.portal, world.caller(confirmer), issuer)
    with world.request():
        report_trouble(world.portal, Caller(), "expert_xaa@example.org")
    return {
        "nobody": [f"/enter/{link_of(world, 'officer_other')}", "/sign-in?next=%2Fwork"],
        "focal_xaa": [SOON],
        "registrar": [SOON],
    }


def link_of(world: World, who: str) -> str:
    """Issue a sign-in link of two parts that was confirmed."""
    token = secrets.token_urlsafe(32)
    with setting_up(world.portal) as (work, _):
        work.identity.add(
            Invitation(
                id=uuid4(),
                person_id=world.members[who].person,
                token_hash=token_hash(world.portal, token),
                takes_two=True,
                confirmed_at=work.now,
                created_at=work.now,
                expires_at=work.now.replace(year=work.now.year + 1),
            )
        )
    return token


def give_ways(world: World, who: str) -> None:
    """Give somebody of each way one: a passkey with a long name, a passphrase, an app, a recovery code."""
    person = world.members[who].person
    verifier = Passphrases(world.portal, Cost(1, 8, 1)).verifier("four calm words here")
    with setting_up(world.portal) as (work, permit):
        work.identity.add(Passphrase(person_id=person, verifier=verifier, created_at=work.now))
        app = CodeApp(id=uuid4(), person_id=person, salt=secrets.token_bytes(32), last_step=0, added_at=work.now)
        work.authenticators.add(app)
        work.authenticators.add(
            RecoveryCode(id=uuid4(), person_id=person, code_hash=secrets.token_bytes(32), made_at=work.now)
        )
        for name in ("Firefox, Linux", "مفتاح المكتب في وزارة العدل – الطابق الثالث"):
            key = uuid4()
            work.authenticators.add(
                Passkey(
                    id=key,
                    person_id=person,
                    credential_id=secrets.token_bytes(16),
                    public_key=b"key",
                    sign_count=0,
                    aaguid=str(uuid4()),
                    name=work.seal(permit, DEVICES, Place("passkey", "name", key), name),
                    added_at=work.now,
                )
            )
