"""The tables; the dialogue, notices, schedules, and scanned copies with profiles have modules of their own.

Plain columns hold random ids, times, sizes, States and roles; bytes are sealed, keyed or random.

Rows of classes marked `Guarded` give rights: each carries a MAC over all its other columns (storage/guards.py),
so a row that somebody wrote by hand opens nothing. Composite foreign keys on review and id make it impossible to
link rows of two files. Rows that give access are histories: they start, they end once, they are never rewritten.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from storage.columns import Guarded, Row, large, moment, perhaps, where

# --- keys ---------------------------------------------------------------------------------------------------------


class KeyVersion(Row, table=True):
    """One version of the key of a scope (a room, a stream, the names, the registry, the service)."""

    __tablename__: ClassVar[str] = "key_version"
    __table_args__ = (Index("key_by_time", "created_at"),)
    scope: str = Field(primary_key=True, max_length=120)
    version: int = Field(primary_key=True)
    created_at: datetime = moment()


class KeyHolder(Row, table=True):
    """One holder's wrapped copy of a key version; the key provider is the first kind of holder."""

    __tablename__: ClassVar[str] = "key_holder"
    __table_args__ = (
        ForeignKeyConstraint(["scope", "version"], ["key_version.scope", "key_version.version"]),
        Index("key_holder_by_wrapping_key", "wrapping_key"),
    )
    scope: str = Field(primary_key=True, max_length=120)
    version: int = Field(primary_key=True)
    holder: str = Field(primary_key=True, max_length=120)
    wrapping_key: str = Field(max_length=120)
    wrapped: bytes


# --- the registry -------------------------------------------------------------------------------------------------


class State(Row, table=True):
    """A State, by its ISO 3166-1 alpha-3 code."""

    code: str = Field(primary_key=True, max_length=3)
    region: str | None = Field(default=None, max_length=40)
    fictional: bool = False


class StateName(Row, table=True):
    """A State's name in one language, as the United Nations writes it."""

    __tablename__: ClassVar[str] = "state_name"
    state_code: str = Field(primary_key=True, foreign_key="state.code", max_length=3)
    language: str = Field(primary_key=True, max_length=8)
    name: str = Field(max_length=200)


class StateInstrument(Row, table=True):
    """That a State is party to, or signed, an instrument; only by import, with its source."""

    __tablename__: ClassVar[str] = "state_instrument"
    state_code: str = Field(primary_key=True, foreign_key="state.code", max_length=3)
    instrument: str = Field(primary_key=True, max_length=40)
    status: str = Field(max_length=20)
    since: date
    source: str = Field(max_length=400)


class Cycle(Row, table=True):
    """A review cycle (ToR 13)."""

    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=200)
    starts_on: date
    ends_on: date | None = None
    created_at: datetime = moment()


class Review(Guarded, Row, table=True):
    """One country review: the file."""

    __table_args__ = (UniqueConstraint("cycle_id", "state_code"), Index("review_by_state", "state_code"))  # ToR 13
    id: UUID = Field(primary_key=True)
    cycle_id: UUID = Field(foreign_key="cycle.id")
    state_code: str = Field(foreign_key="state.code", max_length=3)
    stage: str = Field(max_length=20)
    languages: str = Field(max_length=40)  # codes, separated by blanks
    passes_at_once: bool = False  # what is submitted circulates without the officer's act
    help_asked: bool = False  # ToR 16
    opened_at: datetime = moment()
    closed_at: datetime | None = perhaps()
    mac: bytes = b""


class ReviewParty(Guarded, Row, table=True):
    """A State's part in a review: under review, or one of the two that review it (ToR 18); one at a time."""

    __tablename__: ClassVar[str] = "review_party"
    __table_args__ = (
        Index("party_once", "review_id", "state_code", unique=True, **where("until IS NULL")),
        *(Index("party_by_state", "state_code"), Index("party_by_review", "review_id")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    state_code: str = Field(foreign_key="state.code", max_length=3)
    part: str = Field(max_length=20)
    since: datetime = moment()
    until: datetime | None = perhaps()
    end_basis: bytes | None = None
    end_reason: bytes | None = None
    mac: bytes = b""


class Room(Guarded, Row, table=True):
    """A room of a review; each party has a national one of its own."""

    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        UniqueConstraint("review_id", "kind", "state_code"),
        CheckConstraint("(kind = 'national') = (state_code IS NOT NULL)"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    kind: str = Field(max_length=20)
    state_code: str | None = Field(default=None, foreign_key="state.code", max_length=3)
    mac: bytes = b""


# --- people -------------------------------------------------------------------------------------------------------


class Person(Guarded, Row, table=True):
    """A person; without a State, one of the secretariat. Name and mail address are sealed."""

    id: UUID = Field(primary_key=True)
    name: bytes
    mail: bytes
    mail_index: bytes = Field(unique=True)
    state_code: str | None = Field(default=None, foreign_key="state.code", max_length=3, index=True)
    language: str = Field(default="en", max_length=8)
    zone: str = Field(default="UTC", max_length=60)
    created_at: datetime = moment()
    suspended_at: datetime | None = perhaps()
    mac: bytes = b""


class Appointment(Guarded, Row, table=True):
    """That a person holds a role, on a legal basis (sealed: note verbale, number, date), from a start to an end."""

    __table_args__ = (
        *(Index("appointment_by_state", "state_code", "role"), Index("appointment_by_role", "role")),
        Index("appointment_to_confirm", "needs_confirmation", "confirmed_at"),
    )
    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    role: str = Field(max_length=40)
    state_code: str | None = Field(default=None, foreign_key="state.code", max_length=3)
    basis: bytes
    starts_at: datetime = moment()
    ends_at: datetime | None = perhaps()
    appointed_by: UUID | None = Field(default=None, foreign_key="person.id")
    needs_confirmation: bool = False  # and does not run before somebody else confirmed it
    confirmed_by: UUID | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = perhaps()
    ended_at: datetime | None = perhaps()
    ended_by: UUID | None = Field(default=None, foreign_key="person.id")
    end_basis: bytes | None = None
    created_at: datetime = moment()
    mac: bytes = b""


class Assignment(Guarded, Row, table=True):
    """That an appointed person works on one review."""

    __table_args__ = (
        Index("assignment_by_person", "person_id", "review_id"),
        Index("assignment_by_review", "review_id"),
        Index("assignment_by_appointment", "appointment_id"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    appointment_id: UUID = Field(foreign_key="appointment.id")
    person_id: UUID = Field(foreign_key="person.id")
    basis: bytes
    starts_at: datetime = moment()
    ends_at: datetime | None = perhaps()
    assigned_by: UUID | None = Field(default=None, foreign_key="person.id")
    ended_at: datetime | None = perhaps()
    ended_by: UUID | None = Field(default=None, foreign_key="person.id")
    end_basis: bytes | None = None
    created_at: datetime = moment()
    mac: bytes = b""


class Undertaking(Guarded, Row, table=True):
    """That a person undertook to keep a file confidential, before the first look into it (ToR 30, GL 5)."""

    __table_args__ = (UniqueConstraint("review_id", "person_id"), Index("undertaking_by_person", "person_id"))
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    person_id: UUID = Field(foreign_key="person.id")
    wording: str = Field(max_length=20)  # which text was accepted
    accepted_at: datetime = moment()
    mac: bytes = b""


class Visit(Row, table=True):
    """When a person last looked into a review, and when the visit before this one ended: what is newer is new."""

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    review_id: UUID = Field(primary_key=True, foreign_key="review.id")
    seen_at: datetime = moment()
    before: datetime | None = perhaps()  # the last look of the visit before


# --- who one is ---------------------------------------------------------------------------------------------------


class Passphrase(Guarded, Row, table=True):
    """A person's passphrase: Argon2id over its keyed hash."""

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    verifier: str = Field(max_length=300)
    created_at: datetime = moment()
    mac: bytes = b""


class Invitation(Guarded, Row, table=True):
    """A sign-in link: once, until it expires. The token itself is nowhere, only its keyed hash."""

    __table_args__ = (Index("invitation_unused", "expires_at", **where("used_at IS NULL AND revoked_at IS NULL")),)
    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    token_hash: bytes = Field(unique=True)
    renews: bool = False  # for somebody who has a passphrase already
    takes_two: bool = False  # works once a second person confirmed it, with the second part that they were shown
    second_hash: bytes | None = None
    created_by: UUID | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = moment()
    confirmed_by: UUID | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = perhaps()
    expires_at: datetime = moment()
    used_at: datetime | None = perhaps()
    revoked_at: datetime | None = perhaps()
    mac: bytes = b""


class PortalSession(Guarded, Row, table=True):
    """A signed-in browser; the cookie's token is kept as a keyed hash."""

    __tablename__: ClassVar[str] = "session"
    __table_args__ = (Index("session_in_use", "seen_at", **where("ended_at IS NULL")),)

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    token_hash: bytes = Field(unique=True)
    appointment_id: UUID | None = Field(default=None, foreign_key="appointment.id")
    created_at: datetime = moment()
    seen_at: datetime = moment()
    ends_at: datetime = moment()
    ended_at: datetime | None = perhaps()
    proof: str = Field(max_length=20)  # with what the person proved last who they are
    proven_at: datetime = moment()
    device: bytes  # browser and system, sealed
    issuer_id: UUID | None = Field(default=None, index=True)  # the identity provider that it began with
    issuer_session: bytes | None = None  # keyed hash of what that calls its own session
    mac: bytes = b""


# --- the file -----------------------------------------------------------------------------------------------------


class Document(Guarded, Row, table=True):
    """A document of a room; title, tags and the reason of a withdrawal are sealed under the room's key."""

    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        UniqueConstraint("room_id", "number"),
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        ForeignKeyConstraint(["review_id", "translates_id"], ["version.review_id", "version.id"], use_alter=True),
        Index("document_by_room", "room_id", "created_at"),
        Index("document_by_translated", "translates_id", **where("translates_id IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID
    room_id: UUID
    number: int  # counted in its room: a number tells nothing of other rooms
    kind: str = Field(max_length=40)
    language: str = Field(max_length=8)
    stage: str = Field(max_length=20)
    owner: str = Field(max_length=20)  # a State's code, or "secretariat"
    title: bytes
    tags: bytes
    translates_id: UUID | None = None  # the version of which this is a language version
    created_by: UUID = Field(foreign_key="person.id")
    created_at: datetime = moment()
    changed_at: datetime = moment()
    submitted_at: datetime | None = perhaps()
    circulated_at: datetime | None = perhaps()
    withdrawn_at: datetime | None = perhaps()
    withdrawn_by: UUID | None = Field(default=None, foreign_key="person.id")
    withdrawn_reason: bytes | None = None
    mac: bytes = b""


class Version(Guarded, Row, table=True):
    """One version of a document: a sealed object, its key wrapped by the room's, and its sealed particulars."""

    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        UniqueConstraint("document_id", "number"),
        ForeignKeyConstraint(["review_id", "document_id"], ["document.review_id", "document.id"]),
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        *(Index("version_by_equal", "room_id", "equal"), Index("version_by_time", "created_at", "size")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID
    room_id: UUID
    document_id: UUID
    number: int
    object_name: str = Field(unique=True, max_length=32)
    size: int = large()  # bytes of plaintext
    wrapped_key: bytes
    particulars: bytes  # JSON: file name, declared and detected type, SHA-256
    equal: bytes  # HMAC of the SHA-256 under the room's key: equal files of one room are found by it
    created_by: UUID = Field(foreign_key="person.id")
    created_at: datetime = moment()
    mac: bytes = b""


class TranslationTask(Guarded, Row, table=True):
    """One version sent to one translator, until delivered or recalled."""

    __tablename__: ClassVar[str] = "translation_task"
    __table_args__ = (
        ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        ForeignKeyConstraint(["review_id", "document_id"], ["document.review_id", "document.id"]),
        *(Index("task_by_translator", "person_id"), Index("task_by_version", "version_id")),
        *(Index("task_by_review", "review_id", "document_id"), Index("task_by_document", "document_id")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    document_id: UUID
    version_id: UUID
    person_id: UUID = Field(foreign_key="person.id")
    language: str = Field(max_length=8)
    sent_by: UUID = Field(foreign_key="person.id")
    sent_at: datetime = moment()
    delivered_at: datetime | None = perhaps()
    recalled_at: datetime | None = perhaps()
    mac: bytes = b""


# --- the log ------------------------------------------------------------------------------------------------------


class Stream(Row, table=True):
    """A sequence of events with contiguous numbers: one for each room, one for each review's acts, and the portal's."""

    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=20)
    review_id: UUID | None = Field(default=None, foreign_key="review.id", index=True)
    room_id: UUID | None = Field(default=None, foreign_key="room.id", unique=True)
    next_number: int = large(default=1)


class Event(Row, table=True):
    """One entry of the log: triggers refuse every change and every deletion."""

    __table_args__ = (
        UniqueConstraint("stream_id", "number"),
        Index("event_about", "stream_id", "about", "at", "number", **where("about IS NOT NULL")),
        Index("event_by_time", "stream_id", "at", "number"),
        Index("event_by_intent", "intent_id", **where("intent_id IS NOT NULL")),
        Index("event_open_intents", "at", **where("phase = 'intent'")),
    )
    id: UUID = Field(primary_key=True)
    stream_id: UUID = Field(foreign_key="stream.id")
    number: int = large()
    at: datetime = moment()
    kind: int
    schema_version: int
    phase: str = Field(max_length=10)  # act, intent, outcome, refusal
    intent_id: UUID | None = None
    about: bytes | None = None  # keyed hash of the document: its events are found by it
    stamp: bytes | None = None  # the permit that this event gave, keyed
    salt: bytes  # sealed, of events written before it followed from the stream's key; else empty
    body: bytes  # sealed: the canonical event, packed
    origin: bytes | None = None  # sealed under its own scope, packed: address, client, session in the clear
    leaf: bytes
    tag: bytes
