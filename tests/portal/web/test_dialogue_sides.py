"""What one side gets before and after the other side works on: byte for byte the same, but for times and tokens.

GL 17, 23: the State under review learns of a question when it is passed on; the reviewing States learn nothing of the
drafts of answers, of who is to answer, and of what is said in the national room.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from uuid import UUID

import pytest

from portal.domain.clarifications import Part, RemarkKind
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.usecases import handling, questions, remarks, renderings
from tests import dialogue
from tests.cast import World, add_member
from tests.filing import newest, press, put
from tests.web_client import Browser, browser

WITHHELD: Final = "About a document that your State does not see"
SECRET: Final = "Pangolin"
LISTS: Final = ("turn", "mine", "others", "unanswered", "overdue", "new", "all", "closed", "articles")


@pytest.fixture
def one(world: World) -> UUID:
    """Give a question that was asked and answered, so that both sides have something to look at."""
    add_member(world, "observer_xaa", Role.OBSERVER, "XAA", ("xaa",))
    passed = dialogue.question(world)
    dialogue.answer(world, passed)
    return passed


def settled(text: str) -> str:
    """Take out what differs from one loading to the next."""
    text = re.sub(r'(name="csrf" value|datetime|title|min)="[^"]*"', "", text)
    return re.sub(r"<time[^>]*>[^<]*</time>|[\d.,]+\s(KiB|bytes|B)\b", "", text)  # how long the table was that one took


def trail(text: str) -> list[str]:
    """Give the lines of a trail that say something, without their numbers."""
    rows = re.findall(r"<tr>(.*?)</tr>", settled(text), re.DOTALL)
    said = [re.sub(r'<td data-label="Entry">.*?</td>', "", row, flags=re.DOTALL) for row in rows]
    return [row for row in said if WITHHELD not in row]


class Side:
    """The browser of somebody of one side, and everything that they get to see of the dialogue."""

    def __init__(self, world: World, who: str, clarification: UUID) -> None:
        self.world, self.who, self.clarification = world, who, clarification
        self.known: set[str] = set()
        self.client: Browser = browser(world, who)
        self.review = f"/reviews/{world.files['xaa'].review}"

    def pages(self) -> Iterator[tuple[str, str]]:
        addresses = [f"{self.review}/clarifications?list={name}" for name in LISTS]
        addresses += [f"/clarifications/{self.clarification}", f"{self.review}/contacts", self.review]
        for room in self.world.files["xaa"].rooms.values():
            addresses.append(f"/rooms/{room}")
        for address in addresses:
            answer = self.client.get(address)
            assert SECRET not in answer.text, address
            yield address, f"{answer.status_code} {settled(answer.text)}"
        for words in ("a", SECRET, "by up to"):
            answer = press(self.client, f"{self.review}/clarifications/find", words=words)
            assert answer.status_code == 200
            assert answer.text.count(SECRET) == (words == SECRET)  # what was looked for, in its field
            yield f"find {words}", settled(answer.text)
        if self.who.startswith("focal"):
            for address in (f"{self.review}/trail", "/trail/people"):
                text = self.client.get(address).text
                assert SECRET not in text
                yield address, "\n".join(sorted(set(trail(text)) - self.known))
                self.known |= set(trail(text))
            table = self.client.get(f"{self.review}/trail.csv").text
            assert SECRET not in table

    def all(self) -> Mapping[str, str]:
        return dict(self.pages())


Act = Callable[[World, UUID], object]


def reviewers_draft(world: World, _one: UUID) -> object:
    return dialogue.draft_question(world, said=dialogue.asked(SECRET, SECRET))


def reviewers_submit(world: World, _one: UUID) -> object:
    return dialogue.submit(world, dialogue.draft_question(world, said=dialogue.asked(SECRET, SECRET)))


def reviewers_submit_a_batch(world: World, one: UUID) -> object:
    saved = dialogue.draft_answer(world, one, "expert_xbb", SECRET, Part.QUESTION)
    path = f"/reviews/{world.files['xaa'].review}/clarifications/batch"
    answer = press(browser(world, "expert_xbb"), path, chosen=f"{saved.entry} 1")
    assert answer.status_code == 303
    return answer


def reviewers_follow_up(world: World, one: UUID) -> object:
    saved = dialogue.draft_answer(world, one, "expert_xcc", SECRET, Part.QUESTION)
    return dialogue.submit(world, saved, "expert_xcc")


def reviewers_correct(world: World, one: UUID) -> object:
    with world.portal.database.read() as session:
        first = dialogue.first_question(session, one)
    return dialogue.submit(world, dialogue.correct(world, one, first, "expert_xbb", Part.QUESTION))


def reviewers_comment(world: World, one: UUID) -> object:
    with world.request():
        room = world.files["xaa"].rooms[RoomKind.REVIEWERS.value]
        remarks.comment(world.portal, world.caller("expert_xbb"), one, room, SECRET)
        review = world.files["xaa"].review
        remarks.log_contact(world.portal, world.caller("officer"), review, room, RemarkKind.CALL, None, SECRET)
    return None


def reviewers_merge(world: World, one: UUID) -> object:
    with world.request():
        saved = dialogue.draft_question(world, said=dialogue.asked(SECRET, SECRET))
        return handling.merge(world.portal, world.caller("expert_xbb"), saved.clarification, one)


def reviewers_clear(world: World, _one: UUID) -> object:
    with world.request():
        review = world.files["xaa"].review
        questions.set_clearance(world.portal, world.caller("focal_xbb"), review, clears=True)
    return None


def officer_translates(world: World, _one: UUID) -> object:
    add_member(world, "pledged", Role.TRANSLATOR, undertaken=("xaa",))
    sent = dialogue.submit(world, dialogue.draft_question(world, said=dialogue.asked(SECRET, SECRET)))
    task = dialogue.send_text(world, sent, to="pledged")
    with world.request():
        renderings.view_text(world.portal, world.caller("pledged"), task)
        renderings.deliver_text(world.portal, world.caller("pledged"), task, SECRET)
    return task


def reviewers_look(world: World, one: UUID) -> object:
    saved = dialogue.draft_question(world, said=dialogue.asked(SECRET, SECRET))
    for who in ("expert_xcc", "officer"):
        for path in (f"/clarifications/{saved.clarification}", f"/entries/{saved.entry}"):
            assert browser(world, who).get(path).status_code == 200, one
    return saved


@pytest.mark.parametrize("who", ["focal_xaa", pytest.param("observer_xaa", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "act",
    [
        reviewers_draft,
        reviewers_submit,
        pytest.param(reviewers_submit_a_batch, marks=pytest.mark.slow),
        reviewers_follow_up,
        pytest.param(reviewers_correct, marks=pytest.mark.slow),
        reviewers_comment,
        pytest.param(reviewers_merge, marks=pytest.mark.slow),
        pytest.param(reviewers_clear, marks=pytest.mark.slow),
        pytest.param(reviewers_look, marks=pytest.mark.slow),
        officer_translates,
    ],
)
def test_the_state_under_review_gets_the_same_before_and_after(world: World, one: UUID, act: Act, who: str) -> None:
    side = Side(world, who, one)
    side.all()  # the first look makes things known, and the second the line of the first table
    side.all()
    before = side.all()
    act(world, one)
    after = side.all()
    assert [(name, after[name][:900]) for name in before if before[name] != after[name]] == []


def state_drafts(world: World, one: UUID) -> object:
    return dialogue.draft_answer(world, one, text=SECRET)


def state_attaches(world: World, one: UUID) -> object:
    saved = dialogue.draft_answer(world, one, "focal_xaa", SECRET)
    document = put(world, "focal_xaa", "national XAA", SECRET)
    dialogue.attach(world, saved.entry, newest(world, document), who="focal_xaa")
    return None


def state_routes(world: World, one: UUID) -> object:
    with world.request():
        people = [world.members["expert_xaa"].person]
        handling.route(world.portal, world.caller("focal_xaa"), one, people, ())
    return None


def state_comments(world: World, one: UUID) -> object:
    with world.request():
        room = world.files["xaa"].rooms["national XAA"]
        remarks.comment(world.portal, world.caller("focal_xaa"), one, room, SECRET)
        review = world.files["xaa"].review
        remarks.log_contact(world.portal, world.caller("expert_xaa"), review, room, RemarkKind.MAIL, None, SECRET)
    return None


def state_corrects(world: World, one: UUID) -> object:
    with world.portal.database.read() as session:
        answer = dialogue.last_answer(session, one)
    return dialogue.submit(world, dialogue.correct(world, one, answer, "expert_xaa"), "focal_xaa")


@pytest.mark.parametrize("who", ["focal_xbb", pytest.param("observer_xcc", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "act",
    [
        state_drafts,
        pytest.param(state_attaches, marks=pytest.mark.slow),
        pytest.param(state_routes, marks=pytest.mark.slow),
        pytest.param(state_comments, marks=pytest.mark.slow),
        state_corrects,
    ],
)
def test_the_reviewing_states_get_the_same_before_and_after(world: World, one: UUID, act: Act, who: str) -> None:
    side = Side(world, who, one)
    side.all()
    side.all()
    before = side.all()
    act(world, one)
    after = side.all()
    assert {name for name in before if before[name] != after[name]} == set()


def test_the_officer_learns_nothing_of_the_national_room(world: World, one: UUID) -> None:
    """ToR 16 (d): not before submission, unless the State asks for help."""
    side = Side(world, "officer", one)
    side.all()
    before = side.all()
    for act in (state_drafts, state_attaches, state_routes, state_comments):
        act(world, one)
    assert {name for name, text in side.all().items() if before[name] != text} == set()


# --- the trail


def test_the_trail_names_a_question_by_its_number_and_never_by_its_subject(world: World, one: UUID) -> None:
    saved = dialogue.draft_question(world, said=dialogue.asked(SECRET, SECRET))
    browser(world, "expert_xaa").get(f"/clarifications/{one}")
    path = f"/reviews/{world.files['xaa'].review}/trail"
    for who, drafts in (("focal_xaa", False), ("focal_xbb", True)):
        text = browser(world, who).get(path).text
        assert f'href="/clarifications/{one}">Question 1</a>' in text
        assert (f'href="/clarifications/{saved.clarification}">' in text) is False
        assert ("began to draft a question" in text) is drafts
        for deed in ("passed a text of a clarification on", "looked at a clarification", "submitted a text"):
            assert deed in text
        assert SECRET not in text
        assert "This entry was altered" not in text
    browser(world, "expert_xcc").get(f"/clarifications/{saved.clarification}")
    text = browser(world, "focal_xbb").get(path).text
    assert f'href="/clarifications/{saved.clarification}">Draft 2</a>' in text
    assert f"/clarifications/{saved.clarification}" not in browser(world, "focal_xaa").get(path).text


def test_what_was_submitted_shows_in_the_trail_once_it_is_passed_on(world: World) -> None:
    sent = dialogue.submit(world, dialogue.draft_question(world))
    path = f"/reviews/{world.files['xaa'].review}/trail"
    text = browser(world, "focal_xaa").get(path).text
    assert WITHHELD in text
    assert "submitted a text" not in text
    assert "Expert_Xbb" not in text
    table = browser(world, "focal_xaa").get(f"{path}.csv").text
    assert WITHHELD in table
    assert "submitted a text" not in table
    dialogue.pass_on(world, sent)
    text = browser(world, "focal_xaa").get(path).text
    assert WITHHELD not in text
    assert "submitted a text" in text
