"""Random people do random acts of the dialogue in random order; after each, what must always hold is looked at."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from portal.domain import clarifications as path
from portal.domain.clarifications import EntryStage, Formal, Part
from portal.domain.ids import ReviewId
from portal.errors import NotFound, PortalError
from portal.usecases import findings, handling, questions, register, remarks, submissions
from portal.usecases.clarifications import list_clarifications
from portal.usecases.threads import view_thread
from storage.dialogue import Clarification, Entry
from storage.tables import Event
from tests import databases, dialogue
from tests.cast import Clock, World
from tests.conftest import copied

ASKING = ("focal_xbb", "expert_xbb", "focal_xcc", "expert_xcc")
ANSWERING = ("focal_xaa", "expert_xaa")
PEOPLE = (*ASKING, *ANSWERING, "observer_xcc", "officer", "expert_xbb_other", "roster_xcc")
READERS = ("focal_xbb", "expert_xcc", "focal_xaa", "expert_xaa", "officer", "observer_xcc")
# the rooms of drafts, and who of the readers sees them
ROOMS = {"reviewers": {"focal_xbb", "expert_xcc", "officer"}, "national XAA": {"focal_xaa", "expert_xaa"}}
SETTING = settings(
    max_examples=4,
    stateful_step_count=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Dialogue(RuleBasedStateMachine):
    """The first review's dialogue, on a portal of its own."""

    built: ClassVar[tuple[Path, World]]

    def __init__(self) -> None:
        super().__init__()
        folder, original = self.built
        self.stack = ExitStack()
        own = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.world = self.stack.enter_context(copied((folder, original), own, Clock()))
        self.stack.callback(databases.drop, own / "data")
        self.words: dict[str, str] = {}  # planted, and in which room
        self.sent: dict[UUID, tuple[bytes, str]] = {}

    def teardown(self) -> None:
        self.stack.close()

    def _rows(self, kind: Any) -> Sequence[Any]:
        with self.world.portal.database.read() as session:
            rows = session.scalars(select(kind).order_by(col(kind.created_at))).all()
            session.expunge_all()
            return rows

    def _events(self) -> int:
        with self.world.portal.database.read() as session:
            return len(session.scalars(select(Event.id).where(Event.phase == "act")).all())

    def _word(self, room: str) -> str:
        word = f"planted{len(self.words)}end"
        self.words[word] = room
        return word

    def _do(self, act: Any, events: int, *, beside: int = 0) -> Any:
        """Do an act: it leaves its events if it is done; if not, none of an act but of reading on its way there."""
        self.world.clock.forward(timedelta(seconds=2))
        before = self._events()
        try:
            with self.world.request():
                done = act()
        except PortalError:
            assert self._events() - before <= beside
            return None
        assert self._events() - before == events
        return done

    def _one(self, data: st.DataObject, kind: Any) -> Any:
        rows = self._rows(kind)
        return data.draw(st.sampled_from(rows)) if rows else None

    @rule(who=st.sampled_from(PEOPLE))
    def ask(self, who: str) -> None:
        word, world = self._word("reviewers"), self.world
        said = dialogue.asked(word, word)
        review = world.files["xaa"].review
        if self._do(lambda: questions.ask(world.portal, world.caller(who), review, said), 1) is not None:
            assert who in ASKING

    @rule(who=st.sampled_from(PEOPLE), part=st.sampled_from(Part), corrects=st.booleans(), data=st.data())
    def draft(self, who: str, part: Part, corrects: bool, data: st.DataObject) -> None:  # noqa: FBT001
        if (row := self._one(data, Clarification)) is None:
            return
        world, word = self.world, self._word("reviewers" if part is Part.QUESTION else "national XAA")
        entry = self._one(data, Entry).id if corrects else None
        self._do(lambda: questions.begin_draft(world.portal, world.caller(who), row.id, part, "en", word, entry), 1)

    @rule(who=st.sampled_from(PEOPLE), data=st.data())
    def save(self, who: str, data: st.DataObject) -> None:
        if (row := self._one(data, Entry)) is None:
            return
        world, word = self.world, self._word("reviewers" if row.part == Part.QUESTION else "national XAA")
        seen = row.edition - data.draw(st.integers(0, 1))
        saved = self._do(lambda: questions.save_draft(world.portal, world.caller(who), row.id, seen, "en", word), 1)
        assert saved is None or (row.stage == EntryStage.DRAFT and seen == row.edition)

    @rule(who=st.sampled_from((*ASKING, *ANSWERING, "focal_xaa", "focal_xbb")), data=st.data())
    def submit(self, who: str, data: st.DataObject) -> None:
        if (row := self._one(data, Entry)) is None:
            return
        world, at_once = self.world, self._rows(Clarification)
        seen = row.edition
        done = self._do(lambda: submissions.submit_entry(world.portal, world.caller(who), row.id, seen), 4, beside=2)
        if done is not None:
            assert at_once
            text = self._text(row)
            self.words[text] = "submitted " + row.owner

    def _text(self, row: Entry) -> str:
        who = "officer" if row.part == Part.QUESTION else "focal_xaa"
        with self.world.request():
            page = view_thread(self.world.portal, self.world.caller(who), row.clarification_id)
        sent = dialogue.entry(self.world, row.id).sent_as
        return next(one.text for one in page.entries if one.id == sent)

    @rule(who=st.sampled_from(("officer", "officer", "officer", "focal_xbb", "focal_xaa")), data=st.data())
    def pass_on(self, who: str, data: st.DataObject) -> None:
        waiting = [row for row in self._rows(Entry) if row.stage == EntryStage.SUBMITTED]
        if not waiting:
            return
        row, world = data.draw(st.sampled_from(waiting)), self.world
        done = self._do(lambda: submissions.pass_on(world.portal, world.caller(who), row.id, None), 1)
        if done is not None:
            assert who == "officer"
            with world.request():
                page = view_thread(world.portal, world.caller("officer"), row.clarification_id)
            self.words[next(one.text for one in page.entries if one.id == row.id)] = "all"

    @rule(who=st.sampled_from(PEOPLE), act=st.sampled_from(("close", "merge", "route", "comment")), data=st.data())
    def handle(self, who: str, act: str, data: st.DataObject) -> None:
        if (row := self._one(data, Clarification)) is None:
            return
        portal, caller = self.world.portal, self.world.caller(who)
        other = self._one(data, Clarification)
        people = [self.world.members["expert_xaa"].person]
        room = data.draw(st.sampled_from(("reviewers", "national XAA")))
        match act:
            case "close":
                self._do(lambda: handling.close(portal, caller, row.id), 1)
            case "merge":
                self._do(lambda: handling.merge(portal, caller, row.id, other.id), 1)
            case "route":
                self._do(lambda: handling.route(portal, caller, row.id, people, ()), 1)
            case _:
                word, where = self._word(room), self.world.files["xaa"].rooms[room]
                self._do(lambda: remarks.comment(portal, caller, row.id, where, word), 1)

    @rule(who=st.sampled_from(PEOPLE), data=st.data())
    def discard(self, who: str, data: st.DataObject) -> None:
        if (row := self._one(data, Entry)) is not None:
            self._do(lambda: questions.discard_draft(self.world.portal, self.world.caller(who), row.id), 1)

    @rule()
    def let_pass_at_once(self) -> None:
        world, review = self.world, ReviewId(self.world.files["xaa"].review)
        usual = not bool(len(self.words) % 3)
        seen, to = (register.ReviewSettings(("en",), passes_at_once=passes) for passes in (not usual, usual))
        with world.request():
            register.set_review(world.portal, world.caller("registrar"), review, seen, to)

    @invariant()
    def nobody_reads_what_lies_in_a_room_that_is_not_theirs(self) -> None:
        rows = self._rows(Clarification)
        passed = {row.id for row in rows if row.passed_at is not None}
        for who in READERS:
            got = self._got(who, rows)
            for word, room in self.words.items():
                if room in ROOMS and who not in ROOMS[room] and not self._went_out(word):
                    assert word not in got, (who, word, room)
            if who in {"focal_xaa", "expert_xaa", "observer_xcc"}:
                assert not [row.id for row in rows if row.id not in passed and str(row.id) in got], who

    def _went_out(self, word: str) -> bool:
        """Tell whether something was submitted: then its subject and text are read by others, as they may."""
        return any(word in text for text in self._circulated())

    def _circulated(self) -> list[str]:
        texts = []
        for row in self._rows(Clarification):
            with self.world.request():
                page = view_thread(self.world.portal, self.world.caller("officer"), row.id)
            known = [one.text for one in page.entries if one.room == "shared"]
            texts += [*known, *([page.subject.heading] if row.subject is not None else [])]
        return texts

    def _got(self, who: str, rows: Sequence[Clarification]) -> str:
        world, review = self.world, self.world.files["xaa"].review
        got = []
        for row in rows:
            try:
                with world.request():
                    got.append(repr(view_thread(world.portal, world.caller(who), row.id)))
            except NotFound:
                assert row.passed_at is None
        with world.request():
            page = list_clarifications(world.portal, world.caller(who), review, "all", 1)
        if who in ANSWERING:
            over = ("merged", "discarded")
            assert page.counts["all"] == len([row for row in rows if row.passed_at and row.stage not in over])
        with world.request():
            found = findings.find(world.portal, world.caller(who), review, "planted", 1)
        return " ".join([*got, repr(page), repr(found)])

    @invariant()
    def what_was_sent_never_changes_and_numbers_have_no_gap(self) -> None:
        shared = self.world.files["xaa"].rooms["shared"]
        entries, rows = self._rows(Entry), self._rows(Clarification)
        for row in entries:
            if row.room_id == shared:
                was = self.sent.setdefault(row.id, (row.text, row.owner + row.language + row.part))
                assert was == (row.text, row.owner + row.language + row.part)
        assert set(self.sent) == {row.id for row in entries if row.room_id == shared}
        numbers = sorted(row.number for row in rows if row.number is not None)
        assert numbers == list(range(1, len(numbers) + 1))
        assert sorted(row.draft_number for row in rows) == list(range(1, len(rows) + 1))
        for row in rows:
            if row.stage in {"merged", "discarded"}:
                continue
            formal = [
                Formal(Part(one.part), EntryStage(one.stage), one.circulated_at or one.created_at)
                for one in entries
                if one.clarification_id == row.id and one.room_id == shared
                and one.corrects_id is None and one.translates_id is None
            ]  # fmt: skip
            assert row.stage == path.standing(formal, closed=row.closed_at is not None)


def test_whatever_people_do_in_whatever_order(built: tuple[Path, World]) -> None:
    Dialogue.built = built
    run_state_machine_as_test(Dialogue, settings=SETTING)  # type: ignore[no-untyped-call]  # the library's
