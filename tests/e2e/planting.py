"""Fills in the forms of a running portal with words that nobody would guess, and finds such words wherever they lie."""

import base64
import re
import secrets
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyotp
from sqlmodel import col, select

from portal.access.actions import Action
from portal.access.entities import PortalFacts
from storage.accounts import AccountNotice
from storage.fields import Place
from storage.permits import REGISTRY
from tests.authenticator import Authenticator
from tests.cast import INIT, World
from tests.contents import documents, form_token, versions
from tests.e2e.wire import BOUNDARY, FORM, Answer, Served

TODAY = {"dated": "2026-01-15"}
VISITOR = "a-visitor-with-a-cookie-of-some-length"


@dataclass(slots=True)
class Words:
    """The planted words, by what they stand for."""

    planted: dict[str, str] = field(default_factory=dict)

    def new(self, label: str) -> str:
        word = "".join(secrets.choice(string.ascii_letters) for _ in range(20))
        return self.keep(label, word)

    def keep(self, label: str, word: str) -> str:
        assert len(word) >= 12, label
        self.planted[label] = word
        return word


def encodings(word: str) -> Iterator[bytes]:
    """Write a word in every way in which it could lie somewhere."""
    plain = word.encode()
    yield from (plain, word.lower().encode(), word.upper().encode())
    yield from (word.encode("utf-16-le"), word.encode("utf-16-be"))
    yield from (plain.hex().encode(), plain.hex().upper().encode())
    yield from ("".join(f"%{byte:{form}}" for byte in plain).encode() for form in ("02x", "02X"))
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + plain)
        whole = whole[4 if shift else 0 : -4]  # without the letters that depend on what stands around the word
        yield from (whole, base64.urlsafe_b64encode(base64.b64decode(whole)))


def found_in(places: Iterable[tuple[str, bytes]], words: dict[str, str]) -> list[tuple[str, str]]:
    """Search places for words; gives what was found where.

    To look for each of some thousand forms by itself takes minutes. A table knows three bytes of each form's first
    eight; where these stand in a place, all eight are compared with those of every form, and then the whole form.
    """
    forms = {form: label for label, word in words.items() for form in encodings(word)}
    heads = np.frombuffer(b"".join(form[:8] for form in forms), "<u8")
    known = np.zeros(1 << 24, bool)
    known[_three(heads.view(np.uint8).reshape(-1, 8))] = True
    found: list[tuple[str, str]] = []
    for place, content in places:
        if len(content) < 8:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(content, np.uint8), 8)
        like = np.flatnonzero(known[_three(windows)])
        there = like[np.isin(np.ascontiguousarray(windows[like]).view("<u8").ravel(), heads)]
        starts = [form for at in there.tolist() for form in forms if content.startswith(form, at)]
        found += [(forms[form], place) for form in dict.fromkeys(starts)]
    return found


def _three(rows: Any) -> Any:
    """Give the first, fourth and seventh of eight bytes as one number, of each row."""
    return rows[:, 0].astype(np.uint32) | rows[:, 3].astype(np.uint32) << 8 | rows[:, 6].astype(np.uint32) << 16


@dataclass(slots=True)
class Planting:
    """Somebody who fills in every form of the portal with words."""

    world: World
    served: Served
    words: Words

    def post(self, path: str, who: str, **fields: str) -> Answer:
        return self._post(path, self.world.members[who].token, fields)

    def _post(self, path: str, token: str, fields: dict[str, str]) -> Answer:
        headers = {"Content-Type": FORM, "User-Agent": self.words.new(f"client at {path}")}
        body = urlencode({"csrf": form_token(token), **fields}).encode()
        return self.served.ask("POST", path, token, headers=headers, body=body)

    def as_visitor(self, path: str, **fields: str) -> Answer:
        headers = {
            "Content-Type": FORM,
            "Cookie": f"portal-visitor-local={VISITOR}",
            "User-Agent": self.words.new(f"client of a visitor at {path[:9]}"),
        }
        body = urlencode({"csrf": form_token(VISITOR), **fields}).encode()
        return self.served.ask("POST", path, headers=headers, body=body)

    def upload(self, path: str, who: str, label: str, content: bytes, **fields: str) -> Answer:
        name = f"{self.words.new(f'file name of {label}')}.pdf"
        return self.served.upload(path, self.world.members[who].token, name, content, **fields)

    def terms(self, label: str) -> dict[str, str]:
        return {"note": f"NV {self.words.new(f'note of {label}')}", **TODAY}

    def person(self) -> None:
        """Appoint somebody, who enters by a link, signs in, changes the passphrase, fails to sign in."""
        mail = f"{self.words.new('mail address').lower()}@example.org"
        self.words.keep("mail address, whole", mail)
        name = f"Maria {self.words.new('name of a person')}"
        added = self.post("/people/new", "focal_xaa", name=name, mail=mail, role="expert", **self.terms("appointment"))
        assert added.status == 200, added
        found = re.search(rb"/enter/([\w-]+)", added.body)
        assert found, added.body
        link = self.words.keep("token of a link", found[1].decode())
        first, second = self.words.new("passphrase"), self.words.new("second passphrase")
        app, hidden = self.app_of(f"/enter/{link}")
        said = {"mail": mail, "passphrase": first, "again": first, "app": hidden, "code": app.now()}
        entered = self.as_visitor(f"/enter/{link}", **said)
        assert entered.status == 200, entered
        recovery = re.findall(r'<code dir="ltr">([A-Z2-7 ]+)</code>', entered.body.decode())
        for at, code in enumerate(recovery):
            self.words.keep(f"recovery code {at}", code)
            self.words.keep(f"recovery code {at}, without blanks", code.replace(" ", ""))
        self.words.keep("key of a code app", app.secret)
        token = self.words.keep("token of a session", self.cookie(entered))
        changed = self._post("/account/passphrase", token, {"present": first, "passphrase": second, "again": second})
        assert changed.status == 303, changed
        self.passkey(self.words.keep("token of a later session", self.cookie(changed)))
        assert self.as_visitor("/sign-in", mail=mail, passphrase=second, code=recovery[0]).status == 303
        wrong = {"mail": f"{self.words.new('unknown mail address')}@example.org", "passphrase": self.words.new("wrong")}
        wrong["code"] = self.words.new("wrong code")
        assert self.as_visitor("/sign-in", **wrong).status == 422
        self.appointments()

    def app_of(self, page: str) -> tuple[pyotp.TOTP, str]:
        """Read what a link's page says to an app that shows codes, and the field that goes back with it."""
        cookie = {"Cookie": f"portal-visitor-local={VISITOR}"}
        text = self.served.ask("GET", page, headers=cookie).body.decode()
        key = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', text)
        hidden = re.search(r'name="app" value="([^"]+)"', text)
        assert key, text
        assert hidden, text
        return pyotp.TOTP(key[1].replace(" ", "")), hidden[1]

    def passkey(self, token: str) -> None:
        """Add a passkey under a name, to the account of whoever has a session."""
        page = self.served.ask("GET", "/account", token).body.decode()
        form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'data-passkey="create"' in one)
        options, challenge = re.search(r'data-options="([^"]*)"', form), re.search(r'"challenge" value="([^"]*)"', form)
        assert options, form
        assert challenge, form
        made = Authenticator(origin=self.served.origin).make(unescape(options[1]))
        named = {"name": self.words.new("name of a passkey"), "challenge": challenge[1], "credential": made}
        added = self._post("/account/passkeys", token, named)
        assert added.status == 303, added
        assert named["name"] in self.served.ask("GET", "/account", token).body.decode()

    def doors(self) -> None:
        """Connect an identity provider, and have a sign-in link sent by mail."""
        secret = self.words.new("client secret of a provider")
        said = {"name": "The ministry", "url": "https://ministry.example", "client_id": "portal", "state": "XAA"}
        added = self.post("/administration/issuers/new", "administrator", client_secret=secret, **said)
        assert added.status == 303, added
        listed = self.served.ask("GET", "/administration/issuers", self.world.members["administrator"].token)
        assert b"https://ministry.example" in listed.body
        name, mail = self.words.new("name of somebody invited"), f"{self.words.new('invited address').lower()}@ex.org"
        said = {"name": name, "mail": mail, "role": "expert", "how": "mail", **self.terms("an invitation")}
        sent = self.post("/people/new", "focal_xaa", **said)
        assert sent.status == 200, sent
        assert b"/enter/" not in sent.body
        self.words.keep("token of an invitation by mail", self.invitation())
        self.link_of_two_parts()

    def link_of_two_parts(self) -> None:
        """Have a link of the secretariat's issued and confirmed."""
        officer = f"/people/{self.world.members['officer_other'].person}"
        issued = self.post(f"{officer}/link", "registrar")
        link = re.search(rb"/enter/([\w-]+)", issued.body)
        assert link, issued
        self.words.keep("token of a link of two parts", link[1].decode())
        page = self.served.ask("GET", officer, self.world.members["administrator"].token).body
        confirms = re.search(rb'action="([^"]+/confirm)"', page)
        assert confirms, page
        confirmed = self.post(confirms[1].decode(), "administrator")
        second = re.search(rb'<code dir="ltr">([A-Z2-7 ]{14})</code>', confirmed.body)
        assert second, confirmed
        self.words.keep("second part of a link", second[1].decode().replace(" ", ""))
        self.words.keep("second part of a link as it is shown", second[1].decode())

    def invitation(self) -> str:
        """Open the link that waits sealed for the mail, as the portal does when it writes that."""
        portal = self.world.portal
        with self.world.request():
            with portal.work(INIT) as work:
                permit = work.require_on(Action.INITIALIZE, PortalFacts())
                row = work.session.scalars(select(AccountNotice).where(col(AccountNotice.link).is_not(None))).one()
                place, sealed = Place("account_notice", "link", row.id), row.link
            assert sealed is not None
            return portal.open_text(permit, REGISTRY, place, sealed).rpartition("/")[2]

    def appointments(self) -> None:
        person = self.world.members["expert_xaa"]
        path = f"/people/{person.person}/appointments/{person.appointment}"
        review = str(self.world.files["xaa"].review)
        assert self.post(f"{path}/assign", "focal_xaa", review=review, **self.terms("assignment")).status in {303, 422}
        roster = self.world.members["roster_xcc"]
        path = f"/people/{roster.person}/appointments/{roster.appointment}"
        assert self.post(f"{path}/assign", "focal_xcc", review=review, **self.terms("assigned")).status == 303
        assert self.post(f"{path}/end", "focal_xcc", **self.terms("the end")).status == 303
        officer = {"officer": str(self.world.members["officer_other"].appointment), **self.terms("an officer")}
        assert self.post(f"/register/{review}/officers", "registrar", **officer).status == 303
        back = self.post(f"/reviews/{review}/stage", "officer", seen="desk_review", stage="preparation")
        assert back.status == 303, back
        parties = {"seen": "XBB XCC", "reviewing_1": "XBB", "reviewing_2": "XFF", **self.terms("a replacement")}
        parties |= {"reason": f"Because of {self.words.new('reason of a replacement')}."}
        parties |= {"confirmed": "parties-not-known region-not-known"}
        replaced = self.post(f"/register/{review}/parties", "registrar", **parties)
        assert replaced.status == 303, replaced

    def notes(self) -> None:
        """Add the scanned copy of a note, have another refused, and describe somebody for the roster."""
        person = self.world.members["expert_xaa"]
        path = f"/people/{person.person}/appointments/{person.appointment}/copies"
        scan = b"%PDF-1.7\n" + (self.words.new("content of a scanned copy") + "\n").encode() * 1000
        assert self.upload(path, "focal_xaa", "a scanned copy", scan).status == 303
        refused = self.words.new("content of a refused copy").encode() * 1000
        assert self.upload(path, "focal_xaa", "a refused copy", refused).status == 422
        said = {name: self.words.new(name) for name in ("position", "background", "expertise", "other_languages")}
        described = self.post(f"/people/{person.person}/profile", "focal_xaa", seen="0", languages="en", **said)
        assert described.status == 303, described

    @staticmethod
    def cookie(answer: Answer) -> str:
        found = re.search(r"portal-local=([^;]+)", str(answer.headers))
        assert found, answer.headers
        return found[1]

    def documents(self) -> None:
        """Upload, describe, search, submit, circulate, translate, deliver, withdraw, download; refuse some."""
        rooms, officer = self.world.files["xaa"].rooms, self.world.members["officer"].token
        content = b"%PDF-1.7\n" + (self.words.new("content of a document") + "\n").encode() * 3000
        said = {"kind": "law", "language": "en", "title": f"On {self.words.new('title')}", "tags": "UNTOC 26"}
        path = f"/rooms/{rooms['national XAA']}/documents"
        assert self.upload(path, "focal_xaa", "a document", content, **said).status == 303
        document = documents(self.world)[0]
        again = {**said, "title": self.words.new("second title"), "seen": self.seen(f"/documents/{document.id}")}
        assert self.post(f"/documents/{document.id}/describe", "focal_xaa", **again).status == 303
        more = b"%PDF-1.7\n" + self.words.new("content of a version").encode()
        assert self.upload(f"/documents/{document.id}/versions", "focal_xaa", "a version", more).status == 303
        looked = {"words": self.words.new("what was looked for"), "only_tag": self.words.new("tag looked for")}
        assert self.post(f"/rooms/{rooms['national XAA']}/find", "focal_xaa", **looked).status == 200
        version = str(versions(self.world)[-1].id)
        moved = self.post(f"/documents/{document.id}/submit", "focal_xaa", version=version, target="shared")
        assert moved.status == 303, moved
        assert self.post(f"{moved.location}/circulate", "officer").status == 303
        self.translation(moved.location)
        reason = {"reason": f"It was {self.words.new('reason of a withdrawal')}."}
        assert self.post(f"{moved.location}/withdraw", "focal_xaa", **reason).status == 303
        empty = self.upload(f"/rooms/{rooms['shared']}/documents", "officer", "an empty file", b"", **said)
        assert empty.status == 422
        poem = {**said, "kind": self.words.new("kind"), "title": self.words.new("title of what was refused")}
        refused = b"%PDF-1.7\n" + self.words.new("content of what was refused").encode()
        assert self.upload(f"/rooms/{rooms['shared']}/documents", "officer", "refused", refused, **poem).status == 422
        assert self.served.ask("GET", f"/rooms/{rooms['shared']}/archive", officer).status in {200, 422}

    def seen(self, page: str, who: str = "focal_xaa") -> str:
        text = self.served.ask("GET", page, self.world.members[who].token).body.decode()
        found = re.search(r'name="seen" value="([^"]*)"', text)
        assert found, text
        return found[1]

    def translation(self, document: str) -> None:
        version = str(versions(self.world)[-1].id)
        person = str(self.world.members["translator"].person)
        sent = self.post(f"{document}/translations", "officer", version=version, translator=person, language="ar")
        assert sent.status == 303, sent
        review = self.world.files["xaa"].review
        text = self.served.ask("GET", "/translations", self.world.members["translator"].token).body.decode()
        wording = re.search(r'name="wording" value="([^"]*)"', text)
        assert wording, text
        pledged = self.post(f"/reviews/{review}/undertaking", "translator", accepted="yes", wording=wording[1])
        assert pledged.status == 303, pledged
        text = self.served.ask("GET", "/translations", self.world.members["translator"].token).body.decode()
        task = re.search(r'href="(/translations/[\w-]+)"', text)
        assert task, text
        content = b"%PDF-1.7\n" + self.words.new("content of a translation").encode() * 10
        title = self.words.new("title of a translation")
        kept = self.upload(f"{task[1]}/delivery", "translator", "a translation", content, title=title)
        assert kept.status == 303, kept

    def astray(self) -> None:
        """Put words where nothing expects them: addresses, queries, headers, cookies, broken forms."""
        token = self.world.members["officer"].token
        odd = {
            "User-Agent": self.words.new("client"),
            "Referer": f"http://localhost/{self.words.new('referrer')}",
            "X-Forwarded-For": self.words.new("forwarded"),
            "Accept-Language": self.words.new("language"),
            "Range": f"bytes={self.words.new('range')}",
            "If-None-Match": self.words.new("tag"),
            "Cookie": f"portal-local={token}; {self.words.new('cookie name')}={self.words.new('cookie')}",
        }
        paths = ["/", "/reviews", f"/documents/{self.words.new('address')}", "/sign-in?next=/" + self.words.new("next")]
        paths += [f"/enter/{self.words.new('guessed link')}", f"/{self.words.new('page')}?q={self.words.new('query')}"]
        paths += [f"/trail/people?person={self.words.new('filter')}", f"/states/{self.words.new('state')}"]
        for path in paths:
            assert self.served.ask("GET", path, headers=odd).status < 500
        broken = self.words.new("broken body").encode()
        for kind in (FORM, "application/json", f"multipart/form-data; boundary={BOUNDARY}"):
            for path in ("/sign-in", f"/rooms/{self.world.files['xaa'].rooms['shared']}/documents"):
                answer = self.served.ask("POST", path, token, headers={"Content-Type": kind}, body=broken)
                assert 400 <= answer.status < 500
