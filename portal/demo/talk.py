"""What one person does in the dialogue, by the forms of its pages: asks, saves, clears, submits, passes on, comments.

Every text gets a word of its own, which is written down with it; a reader is told apart by whether they see that word.
"""

import re
import secrets
import string
from collections.abc import Sequence
from datetime import date
from html import unescape
from typing import Final

from portal.demo.acts import WHOLE, FailedError, Run, expect
from portal.demo.client import ID, Answer, ids_in
from portal.demo.sayings import SAYINGS
from portal.domain.reviews import RoomKind

GONE: Final = 404
LETTERS: Final = 12  # of a planted word, random: nobody writes it by chance


def plant(run: Run, key: str) -> str:
    """Give a text with a new word in it, which nobody else writes."""
    said = SAYINGS[key]
    word = "zq" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(LETTERS))
    run.talk.texts[said.what], run.talk.words[said.what] = said.text, word
    return f"{said.text} (ref. {word})"


def word_of(run: Run, key: str) -> str:
    """Give the word that was planted in a text."""
    return run.talk.words[SAYINGS[key].what]


def file_of(run: Run, review: str) -> str:
    """Give the address of a review."""
    return f"/reviews/{run.stage.reviews[review]}"


def act(run: Run, key: str, page: str, action: str, **values: str | Sequence[str]) -> str:
    """Send a form of a page; gives where its answer leads.

    Raises:
        FailedError: It wasn't done.
        LookupError: The page has no such form.

    """
    player = run.player(key)
    answer = player.visitor.send(page, lambda form: form.action == action, **values)
    return expect(answer, f"{player.name} does {re.sub(ID, '...', action)}").place


def ask(run: Run, key: str, review: str, said: str) -> str:
    """Begin the draft of a question; gives its address."""
    one, file = SAYINGS[said], f"{file_of(run, review)}/clarifications"
    values = {"kind": one.kind.value, "article": one.article, "heading": one.heading, "language": one.language}
    run.talk.texts[f"the heading of {one.what}"] = one.heading
    draft = act(run, key, f"{file}/new", file, text=plant(run, said), **values)
    _place(run, review, RoomKind.REVIEWERS, draft)
    return draft


def follow(run: Run, key: str, review: str, thread: str, part: str) -> str:
    """Begin an answer, or a question that follows; gives the address of the draft."""
    player = run.player(key)
    answer = player.visitor.send(
        thread, lambda form: form.action == f"{thread}/drafts" and form.fields.get("part") == part
    )
    draft = expect(answer, f"{player.name} begins a draft").place
    _place(run, review, RoomKind.NATIONAL if part == "answer" else RoomKind.REVIEWERS, draft)
    return draft


def save(run: Run, key: str, draft: str, said: str, then: str = "", **more: Sequence[str]) -> str:
    """Save a draft with a text and what is ticked, and do what the button says besides; gives where it leads."""
    return act(run, key, draft, draft, text=plant(run, said), language=SAYINGS[said].language, then=then, **more)


def type_on(run: Run, key: str, draft: str, said: str) -> None:
    """Save a draft as the page does by itself while somebody types."""
    player = run.player(key)
    form = player.visitor.form(draft, lambda form: form.action == draft)
    answer = player.visitor.post(f"{draft}/autosave", {**form.fields, "text": plant(run, said)})
    expect(answer, f"{player.name} types on")


def hand_over(run: Run, key: str, draft: str, then: str) -> str:
    """Save a draft as it stands, and ask for clearance or submit it; gives the address of the clarification."""
    player = run.player(key)
    page = player.visitor.get(draft).text
    found = re.search(r'<textarea[^>]* name="text"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    if found is None:
        raise FailedError(f"{player.name} can’t write in the draft")
    return act(run, key, draft, draft, text=unescape(found[1]), then=then)


def on_entry(run: Run, key: str, thread: str, ending: str, **values: str) -> str:
    """Use the form of a text of a clarification, on the clarification's page, whose address ends so.

    Raises:
        FailedError: It wasn't done.
        LookupError: The page has no such form.

    """
    player = run.player(key)
    answer = player.visitor.send(
        thread, lambda form: re.fullmatch(f"/entries/{ID}/{ending}", form.action) is not None, **values
    )
    return expect(answer, f"{player.name} does {ending}").place


def submit_batch(run: Run, key: str, review: str) -> int:
    """Submit all that can be submitted together; gives how many that were."""
    page = f"{file_of(run, review)}/clarifications?list=all"
    chosen = re.findall(rf'name="chosen" value="({ID} \d+)"', run.player(key).visitor.get(page).text)
    act(run, key, page, f"{file_of(run, review)}/clarifications/batch", chosen=chosen)
    return len(chosen)


def ask_at_once(run: Run, key: str, review: str, said: str) -> str:
    """Ask a question where no focal point clears it first; gives the address of the clarification."""
    thread = hand_over(run, key, ask(run, key, review, said), "submit")
    _place(run, review, RoomKind.REVIEWERS, thread)
    return thread


def pass_on(run: Run, key: str, review: str, thread: str, due_on: date | None = None) -> None:
    """Pass on what waits in a clarification, with the day by which an answer is hoped for."""
    on_entry(run, key, thread, "pass", **({"due_on": due_on.isoformat()} if due_on else {}))
    for kind in (RoomKind.REVIEWERS, RoomKind.SHARED):
        known = run.talk.places.setdefault((review, kind), [])
        run.talk.places[review, kind] = [place for place in known if place != thread]
    _place(run, review, RoomKind.SHARED, thread)


def send_text(run: Run, key: str, thread: str, translator: str, language: str) -> str:
    """Send a text for translation, and let the translator find it; gives the address of their task."""
    entry = ids_in(run.player(key).visitor.get(thread).text, "/entries/", "/translations")[0]
    page = f"/entries/{entry}/translations"
    act(run, key, page, page, translator=str(run.player(translator).id), language=language)
    return f"/texts/{ids_in(run.player(translator).visitor.get('/translations').text, '/texts/')[0]}"


def comment(run: Run, key: str, review: str, thread: str, kind: RoomKind, said: str) -> None:
    """Write a side comment for those of a room."""
    room = run.stage.room(review, kind, run.player(key).cast.state if kind is RoomKind.NATIONAL else None)
    act(run, key, thread, f"{thread}/comments", room=str(room), text=plant(run, said))


def find(run: Run, key: str, review: str, words: str) -> Answer:
    """Look for words in what somebody may read."""
    action = f"{file_of(run, review)}/clarifications/find"
    return run.player(key).visitor.send(action.removesuffix("/find"), lambda form: form.action == action, words=words)


def has(run: Run, key: str, page: str, *sayings: str) -> list[str]:
    """Check that somebody reads texts on a page; gives what is wrong."""
    answer = run.player(key).visitor.get(page)
    missing = [said for said in sayings if word_of(run, said) not in answer.text]
    run.talk.seen.update(SAYINGS[said].what for said in sayings if said not in missing)
    name = run.player(key).name
    return [f"{name} doesn’t see {SAYINGS[said].what} (status {answer.status})" for said in missing]


def lacks(run: Run, key: str, page: str, *sayings: str, more: Sequence[str] = ()) -> list[str]:
    """Check that a page that somebody may see has none of these texts and words on it; gives what is wrong."""
    player = run.player(key)
    answer = player.visitor.get(page)
    there = [SAYINGS[said].what for said in sayings if word_of(run, said) in answer.text]
    there += [word for word in more if word in unescape(answer.text)]
    wrong = [f"{player.name} sees {what}" for what in there]
    return wrong if answer.status == WHOLE else [*wrong, f"{player.name} was answered with {answer.status}"]


def gone(run: Run, keys: Sequence[str], *pages: str) -> list[str]:
    """Check that people find nothing at addresses; gives what is wrong."""
    asked = [(run.player(key), page) for key in keys for page in pages]
    return [
        f"{player.name} found something at {re.sub(ID, '...', page)}"
        for player, page in asked
        if player.visitor.get(page).status != GONE
    ]


def _place(run: Run, review: str, kind: RoomKind, address: str) -> None:
    run.talk.places.setdefault((review, kind), []).append(address)
