"""Takes the fields of a form by the rules of the domain, and says what they refuse in the reader's language.

A sentence is put into words only when the page is shown again: by then an act of the page itself was allowed, and
the reader's language is known.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from starlette.requests import Request

from portal.access.reasons import reasons
from portal.domain.problems import Problem, RefusedError, UnconfirmedError
from portal.errors import Forbidden, Overtaken
from portal.web.forms import Form
from portal.web.languages import language_of, say
from portal.web.ways import portal_of

CONFIRMED = "confirmed"  # the field that says which warnings somebody looked at, by their codes
Key = TypeVar("Key", bound=str)
Taken = TypeVar("Taken")
Done = TypeVar("Done")


def state_names(request: Request) -> Mapping[str, str]:
    """Give the names of States in the reader's language; call it after the use case."""
    return portal_of(request).state_names(language_of(request))


def words_of(request: Request, titles: Mapping[Key, str]) -> list[tuple[Key, str]]:
    """Give values with their words in the reader's language, for a choice; call it after the use case."""
    return [(value, say(request, sentence)) for value, sentence in titles.items()]


class Checks:
    """A form and what was found in it."""

    def __init__(self, form: Form, *, sent: bool = True) -> None:
        self.form = form
        self._sent = sent
        self._found: list[tuple[str, Problem]] = []
        self._forbidden: list[str] = []
        self._overtaken: list[str] = []
        self._warned: tuple[Problem, ...] = ()

    def take(self, name: str, rule: Callable[[str], Taken]) -> Taken | None:
        """Read a field by a rule; None where the rule refuses it."""
        try:
            return rule(self.form.text(name))
        except RefusedError as refused:
            self.refuse(*refused.problems, name=name)
            return None

    def refuse(self, *problems: Problem, name: str = "") -> None:
        """Note problems with a field, or with the form as a whole."""
        self._found += [(name, problem) for problem in problems]

    @property
    def ok(self) -> bool:
        """Tell whether nothing was refused."""
        return not (self._found or self._forbidden or self._overtaken or self._warned)

    @property
    def status(self) -> int:
        """Give the status of the page that shows the form."""
        if self.ok or not self._sent:
            return 200
        return 403 if self._forbidden else 409 if self._overtaken else 422

    def confirmed(self) -> frozenset[str]:
        """Give the codes of the warnings that somebody looked at."""
        return frozenset(self.form.text(CONFIRMED).split())

    def attempt(self, act: Callable[[], Done]) -> Done | None:
        """Do an act; None where the rules or the policies refuse it, or more came than its page showed."""
        try:
            return act()
        except UnconfirmedError as warned:
            self._warned = warned.problems
        except RefusedError as refused:
            self.refuse(*refused.problems)
        except Forbidden as forbidden:
            self._forbidden = reasons(forbidden.policies)
        except Overtaken as overtaken:
            self._overtaken = [str(overtaken)]
        return None

    def tell(self, request: Request) -> dict[str, object]:
        """Put all of it into words for the template: form, wrong, warnings, warned (their codes)."""
        names = state_names(request)

        def words(problem: Problem) -> str:
            return problem.words(lambda text: say(request, text), lambda code: names.get(code, code))

        for name, problem in self._found:
            if name:
                self.form.refuse(name, words(problem))
        return {
            "form": self.form,
            "wrong": [say(request, sentence) for sentence in (*self._forbidden, *self._overtaken)]
            + [words(problem) for name, problem in self._found if not name],
            "warnings": [words(problem) for problem in self._warned],
            "warned": " ".join(sorted({problem.code for problem in self._warned})),
        }
