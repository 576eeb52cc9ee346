"""Every form with what it takes besides the office so that it is taken: who sends it, to which address, what it says.

Of most forms that is the office's own sound filling. The others are about something that is there for a moment only,
or that another form of the office used up: a link that nobody used, a grant that is open, a challenge.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, Self

from httpx2 import Response
from sqlmodel import col, select

from portal.domain.issuers import IssuerSettings
from portal.domain.moves import STEPS
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.usecases.issuers import add_issuer, confirm_issuer
from portal.web.ways import Way
from storage.authenticators import Passkey
from storage.tables import PortalSession
from tests import breaches, publicity, reports
from tests.authenticator import Authenticator
from tests.cast import add_member
from tests.contents import form_token
from tests.filing import PDF, press, submitted
from tests.office import FORMS, VISITOR, Office
from tests.portal.web import test_keys as keys
from tests.portal.web.test_signin import GOOD, OTHER, enrol, issue, path_of, sign_in, visitor
from tests.web_client import ORIGIN, Browser

FILE: Final = ("law.pdf", b"%PDF-1.7 law", PDF)


@dataclass(frozen=True)
class Readied:
    """A form as it is about to be sent."""

    client: Browser
    path: str
    fields: Mapping[str, str]
    file: tuple[str, bytes, str] | None = None

    def send(self) -> Response:
        """Send it: each time the very same bytes."""
        cookies = self.client.cookies
        cookie = cookies.get("portal-local") or cookies.get("portal-visitor-local", "")
        more: dict[str, Any] = {"files": [("file", self.file)]} if self.file else {}
        data = {"csrf": form_token(cookie), **self.fields}
        return self.client.post(self.path, data=data, headers={"Origin": ORIGIN}, follow_redirects=False, **more)

    def of(self, other: Browser) -> Self:
        """Give the same form in another window of the same browser, or in somebody else's browser."""
        return replace(self, client=other)

    def twin(self) -> Self:
        """Give the same form in another window."""
        client = Browser(self.client.app, base_url=ORIGIN, client=("127.0.0.1", 50000), raise_server_exceptions=False)
        for cookie in self.client.cookies.jar:
            client.cookies.jar.set_cookie(cookie)
        return self.of(client)


def ready(office: Office, way: Way) -> Readied:
    """Prepare a form of the office, so that it is taken if it comes once."""
    make = READY.get(way.path)
    if make is not None:
        return make(office, way)
    sound = office.sound(way)
    return Readied(office.client(FORMS[way.path][0]), office.address(way), sound, FILE if way.upload else None)


def _but(**fields: str) -> Callable[[Office, Way], Readied]:
    """Take the office's filling, but for these fields."""

    def make(office: Office, way: Way) -> Readied:
        return Readied(office.client(FORMS[way.path][0]), office.address(way), {**office.sound(way), **fields})

    return make


# --- what one signs in with


def nobody(office: Office) -> Browser:
    """Open a browser in which nobody signed in."""
    client = visitor(office.world.portal)
    client.cookies.set("portal-visitor-local", VISITOR, domain="localhost.local", path="/")
    return client


def _with_code(office: Office, _: Way) -> Readied:
    """A passphrase, and a code of the app that is good once."""
    office.world.portal.settings = replace(office.world.portal.settings, second_factor=True)
    _, app, _ = keys.with_app(office.world)
    office.world.clock.forward(timedelta(minutes=1))
    fields = {"mail": keys.MAIL, "passphrase": GOOD, "code": app.at(office.world.clock()), "next": "/"}
    return Readied(nobody(office), "/sign-in", fields)


def _with_passkey(office: Office, way: Way) -> Readied:
    device = Authenticator()
    keys.enrol(office.world, device)
    device.count += 1
    client = nobody(office)
    options, hidden = keys.asked(client.get("/sign-in").text, way.path)
    return Readied(client, way.path, {**hidden, "credential": device.sign(options)})


def _prove_by_passkey(office: Office, way: Way) -> Readied:
    device = Authenticator()
    client = keys.enrol(office.world, device)
    device.count += 1
    options, hidden = keys.asked(client.get("/prove").text, way.path)
    return Readied(client, way.path, {**hidden, "credential": device.sign(options)})


def _new_passkey(office: Office, way: Way) -> Readied:
    client = keys.enrol(office.world, Authenticator())
    options, hidden = keys.asked(client.get("/account").text, way.path)
    return Readied(client, way.path, {**hidden, "credential": Authenticator().make(options), "name": "Key"})


def _passkey_to_remove(office: Office, way: Way) -> Readied:
    form = _new_passkey(office, replace(way, path="/account/passkeys"))
    assert form.send().status_code == 303
    with office.world.portal.database.read() as session:
        mine = Passkey.person_id == office.world.members["expert_xaa"].person
        first = session.scalars(select(Passkey.id).where(mine).limit(1)).one()
    return Readied(form.client, f"/account/passkeys/{first}/remove", {})


def _new_app(office: Office, way: Way) -> Readied:
    office.world.portal.settings = replace(office.world.portal.settings, second_factor=True)
    client, _, _ = keys.with_app(office.world)
    page = client.get(way.path).text
    token = re.search(r'name="app" value="([^"]+)"', page)
    key = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    assert token
    assert key
    code = keys.pyotp.TOTP(key[1].replace(" ", "")).at(office.world.clock())
    return Readied(client, way.path, {"app": token[1], "code": code})


def _link(office: Office, _: Way) -> Readied:
    link = issue(office.world, "focal_xaa", "expert_xaa")
    return Readied(nobody(office), path_of(link), {"mail": keys.MAIL, "passphrase": GOOD, "again": GOOD})


def _own_passphrase(office: Office, way: Way) -> Readied:
    client = enrol(office.world, "expert_xaa", "focal_xaa")
    return Readied(client, way.path, {"present": GOOD, "passphrase": OTHER, "again": OTHER})


def _proof(office: Office, way: Way) -> Readied:
    client = enrol(office.world, "expert_xaa", "focal_xaa")
    return Readied(client, way.path, {"passphrase": GOOD, "to": "", "next": "/"})


def _other_session(office: Office, _: Way) -> Readied:
    client = enrol(office.world, "expert_xaa", "focal_xaa")
    assert sign_in(visitor(office.world.portal), keys.MAIL).status_code == 303
    with office.world.portal.database.read() as session:
        mine = PortalSession.person_id == office.world.members["expert_xaa"].person
        newest = select(PortalSession.id).where(mine, col(PortalSession.ended_at).is_(None))
        ids = [str(one) for one in session.scalars(newest)]
    page = client.get("/account").text
    other = next(one for one in ids if f"/account/sessions/{one}/end" in page)
    return Readied(client, f"/account/sessions/{other}/end", {})


def _issued(office: Office, by: str, whom: str, step: str, who: str) -> Readied:
    link = issue(office.world, by, whom)
    path = f"/people/{office.world.members[whom].person}/links/{link.invitation}/{step}"
    return Readied(office.client(who), path, {})


def _issuer(state: str | None, step: str) -> Callable[[Office, Way], Readied]:
    """An identity provider that a second person is to confirm, or that is to be ended."""

    def make(office: Office, way: Way) -> Readied:
        world = office.world
        add_member(world, "second_administrator", Role.ADMINISTRATOR)
        settings = IssuerSettings("https://id.example", "Ministry", "portal", "a secret", state)
        with world.request():
            issuer = add_issuer(world.portal, world.caller("administrator"), settings)
        second = "focal_xaa" if state else "second_administrator"
        if step == "end":
            with world.request():
                confirm_issuer(world.portal, world.caller(second), issuer)
        return Readied(office.client(second), way.path.replace("{id}", str(issuer)), {})

    return make


# --- what a review is about


def _publication(office: Office, way: Way) -> Readied:
    path = office.address(way)
    publicity.opened(office.world, "focal_xaa", path.split("/")[2])  # type: ignore[arg-type]  # it is put into an address
    return Readied(office.client("focal_xaa"), path, {})


def _grant(office: Office, way: Way) -> Readied:
    """A grant at the step that the form is about: those of the office were ended for one another."""
    office.grants.renew(way.path)
    return Readied(office.client(FORMS[way.path][0]), office.address(way), office.sound(way))


def _uncirculated(office: Office, _: Way) -> Readied:
    document = submitted(office.world, "A response that waits")
    return Readied(office.client("officer"), f"/documents/{document}/circulate", {})


def _final(office: Office) -> Any:
    """Have what is proposed in the first review agreed on."""
    manifest = office.agreements.ids("/manifests")["manifests"]
    for who in reports.PARTIES:
        reports.agree(office.world, manifest, who)
    return reports.row(office.world, manifest)


def _summary(office: Office, _: Way) -> Readied:
    return Readied(office.client("officer"), f"/versions/{_final(office).summary_version_id}/summary", {})


def _summaries(office: Office, way: Way) -> Readied:
    final = _final(office)
    delivery = Readied(office.client("translator"), f"/translations/{office.task}/delivery", {"title": "A"}, FILE)
    assert delivery.send().status_code == 303
    reports.in_all_languages(office.world, final)
    return Readied(office.client("officer"), office.address(way), office.sound(way))


def _submission(office: Office, way: Way) -> Readied:
    """A case to be submitted, with what can't be compared confirmed to be looked into."""
    form = Readied(office.client("focal_xaa"), office.address(way), {"full": breaches.FULL, "bare": breaches.BARE})
    doubts = re.search(r'name="confirmed" value="([^"]+)"', form.send().text)
    return replace(form, fields={**form.fields, "confirmed": doubts[1] if doubts else ""})


def _list_of_states(office: Office, way: Way) -> Readied:
    content = b"code,name,group\nXZZ,Zembla,african\n"
    return Readied(office.client("registrar"), way.path, {"list": ""}, ("list.csv", content, "text/csv"))


def _parties(office: Office, way: Way) -> Readied:
    """The review as it is before the parties are fixed: the office has it brought to its report."""
    at = f"/reviews/{office.world.files['xaa'].review}/stage"
    for seen, stage in pairwise(reversed(STEPS[: STEPS.index(ReviewStage.REPORT) + 1])):
        assert press(office.client("officer"), at, seen=seen.value, stage=stage.value).status_code == 303
    return Readied(office.client("registrar"), office.address(way), office.sound(way))


def _assignment(office: Office, way: Way) -> Readied:
    fresh = add_member(office.world, "fresh_xaa", Role.EXPERT, "XAA")
    path = way.path.replace("{id}", str(fresh.person)).replace("{appointment}", str(fresh.appointment))
    return Readied(office.client("focal_xaa"), path, office.sound(way))


READY: Final[Mapping[str, Callable[[Office, Way], Readied]]] = {
    "/sign-in": _with_code,
    "/sign-in/passkey": _with_passkey,
    "/prove": _proof,
    "/prove/passkey": _prove_by_passkey,
    "/enter/{token}": _link,
    "/account/passphrase": _own_passphrase,
    "/account/passkeys": _new_passkey,
    "/account/passkeys/{id}/remove": _passkey_to_remove,
    "/account/codes": _new_app,
    "/account/sessions/{id}/end": _other_session,
    "/people/{id}/links/{link}/confirm": lambda office, _: _issued(
        office, "registrar", "officer", "confirm", "administrator"
    ),
    "/people/{id}/links/{link}/revoke": lambda office, _: _issued(
        office, "focal_xaa", "expert_xaa", "revoke", "focal_xaa"
    ),
    "/administration/issuers/{id}/confirm": _issuer(None, "confirm"),
    "/administration/issuers/{id}/end": _issuer(None, "end"),
    "/issuers/{id}/confirm": _issuer("XAA", "confirm"),
    "/issuers/{id}/end": _issuer("XAA", "end"),
    "/publications/{id}/confirm": _publication,
    **dict.fromkeys([f"/grants/{{id}}/{step}" for step in ("decide", "refuse", "change", "revoke", "answer")], _grant),
    **dict.fromkeys(["/grants/{id}/readers", "/granted/{id}/undertaking", "/granted/{id}/concerns"], _grant),
    "/documents/{id}/circulate": _uncirculated,
    "/versions/{id}/summary": _summary,
    "/reviews/{id}/report/summary": _summaries,
    "/cases/{id}/submission": _submission,
    "/register/{id}/parties": _parties,
    "/people/{id}/appointments/{appointment}/assign": _assignment,
    "/people/{id}/appoint": _but(role=Role.READER.value),
    "/states/import": _list_of_states,
    "/cycles": _but(confirmed="cycle-before-completion"),
}
