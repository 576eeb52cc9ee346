"""Carries a dialogue from its plan to a calendar, with a planted word in each of its fields."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.e2e.planting import Planting, found_in
from tests.e2e.wire import Answer


@dataclass(slots=True)
class Talking:
    """The people of a dialogue, who write planted words."""

    planting: Planting

    def _new(self, label: str) -> str:
        return self.planting.words.new(label)

    def _post(self, path: str, who: str, **fields: str) -> Answer:
        return self.planting.post(path, who, **fields)

    def play(self) -> None:
        """Plan, draft, save as one types and in vain, clear, submit, translate, answer, comment, log, find, export."""
        today = datetime.now(UTC).date()
        plan = {
            "seen": "0",
            "timetable": "resolution",
            "begins": str(today),
            "reason": self._new("reason of a plan"),
        }
        assert self._post(f"{self.review}/schedule", "officer", **plan).status == 303
        step = {
            "step": "response",
            "seen": "0",
            "agreed": str(today),
            "reason": self._new("reason of a step"),
        }
        assert self._post(f"{self.review}/schedule/steps", "officer", **step).status == 303
        wrong = {**step, "seen": "7", "reason": self._new("reason of a step that was not set")}
        assert self._post(f"{self.review}/schedule/steps", "officer", **wrong).status in {409, 422}
        thread = self.question()
        passed = self._post(f"{self.entry(thread)}/pass", "officer", due_on=str(today + timedelta(days=14)))
        assert passed.status == 303, passed
        self.answer(thread)
        self.beside(thread)
        self.calendar()

    @property
    def review(self) -> str:
        return f"/reviews/{self.planting.world.files['xaa'].review}"

    def page(self, path: str, who: str) -> str:
        answer = self.planting.served.ask("GET", path, self.planting.world.members[who].token)
        assert answer.status == 200, (path, answer)
        return answer.body.decode()

    def edition(self, draft: str, who: str) -> str:
        found = re.search(r'name="seen" value="(\d+)"', self.page(draft, who))
        assert found, draft
        return found[1]

    def entry(self, thread: str) -> str:
        """Find the text that waits for the officer."""
        found = re.search(r'action="(/entries/[\w-]+)/pass"', self.page(thread, "officer"))
        assert found, thread
        return found[1]

    def question(self) -> str:
        """Have a question drafted, saved, cleared, submitted and translated; gives its address."""
        assert self._post(f"{self.review}/clearance", "focal_xbb", clears="yes").status == 303
        said = {"kind": "clarification", "article": "UNTOC 5", "language": "en", "about": ""}
        said |= {"heading": self._new("heading"), "page": "", "text": self._new("draft")}
        refused = {
            **said,
            "article": self._new("article"),
            "heading": self._new("refused heading"),
        }
        refused["text"] = self._new("refused question")
        assert self._post(f"{self.review}/clarifications", "expert_xbb", **refused).status == 422
        dropped = self._post(f"{self.review}/clarifications", "expert_xbb", **said).location
        assert self._post(f"{dropped}/discard", "expert_xbb").status == 303
        said |= {"heading": self._new("second heading"), "text": self._new("second draft")}
        draft = self._post(f"{self.review}/clarifications", "expert_xbb", **said).location
        first = {"seen": self.edition(draft, "expert_xbb")}
        typed = {**said, **first, "text": self._new("text saved while typing")}
        assert b"Saved" in self._post(f"{draft}/autosave", "expert_xbb", **typed).body
        late = {**said, **first, "text": self._new("text that came too late")}
        assert self._post(draft, "expert_xbb", **late).status == 409
        assert self._post(f"{draft}/autosave", "expert_xbb", **late).status == 200
        ready = {
            **said,
            "seen": self.edition(draft, "expert_xbb"),
            "then": "ready",
            "text": self._new("question"),
        }
        asked = self._post(draft, "expert_xbb", **ready)
        assert asked.status == 303, asked
        aside = {
            "room": str(self.planting.world.files["xaa"].rooms["reviewers"]),
            "text": self._new("comment of reviewers"),
        }
        assert self._post(f"{asked.location}/comments", "expert_xcc", **aside).status == 303
        assert self._post(f"{draft}/clear", "focal_xbb", seen=self.edition(draft, "focal_xbb")).status == 303
        sent = self._post(f"{draft}/submit", "expert_xbb", seen=self.edition(draft, "expert_xbb"))
        assert sent.status == 303, sent
        self.rendering(self.entry(asked.location))
        return asked.location

    def rendering(self, entry: str) -> None:
        """Have a text translated."""
        person = str(self.planting.world.members["translator"].person)
        assert self._post(f"{entry}/translations", "officer", translator=person, language="fr").status == 303
        task = re.search(r'href="(/texts/[\w-]+)"', self.page("/translations", "translator"))
        assert task
        kept = self._post(f"{task[1]}/delivery", "translator", text=self._new("translation of a question"))
        assert kept.status == 303, kept

    def answer(self, thread: str) -> None:
        """Have a question given to somebody, answered with a document, and the answer passed on."""
        people = str(self.planting.world.members["expert_xaa"].person)
        assert self._post(f"{thread}/route", "focal_xaa", people=people).status == 303
        draft = self._post(f"{thread}/drafts", "expert_xaa", part="answer", language="en", corrects="").location
        said = {"language": "en", "text": self._new("answer"), "seen": self.edition(draft, "expert_xaa")}
        assert self._post(draft, "expert_xaa", **said).status == 303
        attached = re.search(r'name="attached" value="([\w-]+)"', self.page(draft, "expert_xaa"))
        assert attached
        said = {**said, "documents": "1", "attached": attached[1], "seen": self.edition(draft, "expert_xaa")}
        assert self._post(draft, "expert_xaa", **said).status == 303
        sent = self._post(f"{draft}/submit", "focal_xaa", seen=self.edition(draft, "focal_xaa"))
        assert sent.status == 303, sent
        assert self._post(f"{self.entry(thread)}/pass", "officer").status == 303

    def beside(self, thread: str) -> None:
        """Comment, log a call, look for words, take the dialogue along."""
        rooms = {name: str(room) for name, room in self.planting.world.files["xaa"].rooms.items()}
        aside = {"room": rooms["national XAA"], "text": self._new("comment of a ministry")}
        assert self._post(f"{thread}/comments", "focal_xaa", **aside).status == 303
        call = {"kind": "call", "room": rooms["shared"], "held_at": "", "text": self._new("call")}
        assert self._post(f"{self.review}/contacts", "focal_xaa", **call).status == 303
        refused = {
            **call,
            "kind": self._new("kind of a call"),
            "text": self._new("call that was refused"),
        }
        assert self._post(f"{self.review}/contacts", "focal_xaa", **refused).status == 422
        for label in ("answer", "question"):
            found = self._post(
                f"{self.review}/clarifications/find", "focal_xaa", words=self.planting.words.planted[label]
            )
            assert thread.encode() in found.body, label
        nothing = self._new("what was looked for in the dialogue")
        assert self._post(f"{self.review}/clarifications/find", "focal_xaa", words=nothing).status == 200
        for kind in ("pdf", "docx"):
            answer = self.planting.served.ask(
                "GET", f"{self.review}/dialogue.{kind}", self.planting.world.members["expert_xbb"].token
            )
            assert answer.status == 200, answer

    def calendar(self) -> None:
        """Have a calendar read the dates by its secret address, and one guess another."""
        made = self._post("/calendar", "expert_xbb")
        found = re.search(rb"(/calendar/([\w-]+)\.ics)", made.body)
        assert found, made.body
        self.planting.words.keep("token of a calendar", found[2].decode())
        feed = self.planting.served.ask("GET", found[1].decode(), headers={"User-Agent": self._new("calendar client")})
        assert b"BEGIN:VEVENT" in feed.body
        assert not found_in([("the calendar", feed.body.replace(b"\r\n ", b""))], self.planting.words.planted)
        assert self.planting.served.ask("GET", f"/calendar/{self._new('guessed calendar')}.ics").status == 404
