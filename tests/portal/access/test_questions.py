"""Facts become questions that fit the schema; what is alike may share an answer; what is absent looks like the rest."""

from dataclasses import replace
from typing import get_args
from uuid import UUID, uuid4

import pytest

from policies.engine import Engine
from portal.access.actions import Action, seen_by
from portal.access.actors import Principal, Task, with_undertaking
from portal.access.entities import Absent, DocumentFacts, Facts, ReviewFacts, RoomFacts
from portal.access.likeness import alike
from portal.access.questions import Ask, question, questions
from portal.domain.documents import DocumentStage
from portal.domain.ids import DocumentId, PersonId, ReviewId, RoomId, StateCode, VersionId
from portal.domain.reviews import ReviewStage, RoomKind
from portal.domain.roles import Role
from tests.policies import combinations

REVIEW = ReviewFacts(
    ReviewId(uuid4()),
    StateCode("XAA"),
    frozenset({StateCode("XBB"), StateCode("XCC")}),
    ReviewStage.DIALOGUE,
    help_asked=False,
)
ROOM = RoomFacts(RoomId(uuid4()), REVIEW, RoomKind.SHARED)
DOCUMENT = DocumentFacts(DocumentId(uuid4()), ROOM, DocumentStage.CIRCULATED, withdrawn=False, owner="XAA")
FOCAL_POINT = Principal(PersonId(uuid4()), Role.FOCAL_POINT, active=True, suspended=False, state=StateCode("XBB"))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


@pytest.mark.parametrize("role", list(Role))
def test_an_appointment_has_a_state_exactly_when_its_role_is_of_a_state(role: Role) -> None:
    of_a_state = role in {Role.FOCAL_POINT, Role.EXPERT, Role.OBSERVER, Role.READER}
    with pytest.raises(ValueError, match="State"):
        Principal(
            PersonId(uuid4()),
            role,
            active=True,
            suspended=False,
            state=None if of_a_state else StateCode("XAA"),
        )


@pytest.mark.parametrize("kind", get_args(Facts))
def test_the_absent_goes_through_the_same_decision_and_is_refused(engine: Engine, kind: type[Facts]) -> None:
    name = next(word for word, named in combinations._TYPES.items() if named is kind)
    for act in combinations.ACTS[name]:
        target = RoomKind.SHARED if act in combinations.TARGETED else None
        for who in combinations.people():
            if who.role in {"registrar", "focal_point"} and combinations.hindrances(who) == 0:
                actor = combinations.actor(who)
                decision = engine.decide(question(actor, Ask(act, Absent(kind), target=target)))
                # a question that did not fit the schema would come back faster: there is work behind each no
                assert "guardrails.absent" in decision.policies or act in _NOT_THEIRS
                assert not decision.allowed


_NOT_THEIRS = {
    *(Action.SIGN_IN, Action.USE_INVITATION, Action.INITIALIZE, Action.CLOSE_INTENTS),
    *(Action.SWEEP_OBJECTS, Action.ROTATE_KEYS, Action.CHECK_RECORDS, Action.SEND_MAIL),
    *(Action.REPORT_TROUBLE, Action.MAKE_ADMINISTRATOR, Action.TELL_WEEK),
    *(Action.WATCH_LOG, Action.RAISE_SIGNALS),
    *(Action.BACK_UP, Action.RESTORE_PORTAL, Action.SHRED_VERSION),
    *(Action.CALL_ISSUER, Action.END_SESSIONS_BY_ISSUER, Action.MAKE_PUBLIC, Action.PROVE_PUBLIC),
    *(Action.READ_CONFIRMED, Action.PUBLISH_SUMMARY, Action.ESCROW_KEYS),
}


def test_documents_that_differ_in_nothing_but_their_ids_are_alike() -> None:
    other = replace(DOCUMENT, id=DocumentId(uuid4()), room=replace(ROOM, id=RoomId(uuid4())))
    assert alike(FOCAL_POINT, DOCUMENT) == alike(FOCAL_POINT, other)


@pytest.mark.parametrize(
    "other",
    [
        replace(DOCUMENT, withdrawn=True),
        replace(DOCUMENT, owner="XBB"),
        replace(DOCUMENT, stage=DocumentStage.SUBMITTED),
        replace(DOCUMENT, room=replace(ROOM, kind=RoomKind.REVIEWERS)),
        replace(DOCUMENT, room=replace(ROOM, review=replace(REVIEW, id=ReviewId(uuid4())))),
    ],
)
def test_documents_that_differ_in_a_fact_are_not_alike(other: DocumentFacts) -> None:
    assert alike(FOCAL_POINT, DOCUMENT) != alike(FOCAL_POINT, other)


def test_nothing_is_alike_for_a_translator_who_was_sent_one_version(engine: Engine) -> None:
    version = VersionId(uuid4())
    task = Task(REVIEW.id, DOCUMENT.id, version)
    translator = with_undertaking(
        Principal(PersonId(uuid4()), Role.TRANSLATOR, active=True, suspended=False, tasks=frozenset({task})),
        REVIEW.id,
    )
    other = replace(DOCUMENT, id=DocumentId(uuid4()))
    assert alike(translator, DOCUMENT) != alike(translator, other)
    asked = questions(translator, [Ask(Action.DOWNLOAD_VERSION, one, version=version) for one in (DOCUMENT, other)])
    assert [decision.allowed for decision in engine.decide_many(asked)] == [True, False]


def test_the_undertaking_is_all_that_a_focal_point_lacks(engine: Engine) -> None:
    ask = Ask(Action.VIEW_DOCUMENT, DOCUMENT)
    assert not engine.decide(question(FOCAL_POINT, ask)).allowed
    assert engine.decide(question(with_undertaking(FOCAL_POINT, REVIEW.id), ask)).allowed


def test_one_id_never_stands_for_two_things() -> None:
    with pytest.raises(ValueError, match="one id"):
        questions(
            FOCAL_POINT,
            [Ask(Action.VIEW_DOCUMENT, DOCUMENT), Ask(Action.VIEW_DOCUMENT, replace(DOCUMENT, withdrawn=True))],
        )


def test_an_act_of_seeing_is_on_the_same_kind_of_thing_and_falls_back_on_nothing_less() -> None:
    for kind, acts in combinations.ACTS.items():
        for act in acts:
            seeing = seen_by(act)
            if seeing is not None:
                assert seeing in acts, f"{act} on {kind}"
                assert seen_by(seeing) is None


def test_ids_are_written_as_they_are() -> None:
    assert question(FOCAL_POINT, Ask(Action.VIEW_DOCUMENT, DOCUMENT)).resource.id == str(UUID(str(DOCUMENT.id)))


def test_every_act_on_a_document_may_name_a_version(engine: Engine) -> None:
    version = VersionId(uuid4())
    for act in set(combinations.ACTS["document"]) - _NOT_THEIRS:
        target = RoomKind.SHARED if act is Action.SUBMIT_DOCUMENT else None
        ask = Ask(act, DOCUMENT, version=version, target=target)
        assert not engine.decide(question(FOCAL_POINT, ask)).failed, act
