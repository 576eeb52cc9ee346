"""What is wrong with something that was asked for, in sentences that can be translated."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

# placeholders whose value is a State's code; pages put the State's name there
STATE_PLACEHOLDERS: Final = frozenset({"state", "other"})
# placeholders whose value is itself a sentence of the catalogues
TEXT_PLACEHOLDERS: Final = frozenset({"instrument", "step"})


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a code for programs and a sentence, with `%(name)s` places, for people."""

    code: str
    sentence: str
    values: "Mapping[str, str | int | Problem]" = field(default_factory=dict)

    def words(
        self,
        translate: Callable[[str], str] = _unchanged,
        state_name: Callable[[str], str] = _unchanged,
    ) -> str:
        """Return the sentence in the reader's language, with States by their names."""
        filled: dict[str, str | int] = {}
        for place, value in self.values.items():
            if isinstance(value, Problem):
                filled[place] = value.words(translate, state_name)
            elif place in STATE_PLACEHOLDERS:
                filled[place] = state_name(str(value))
            elif place in TEXT_PLACEHOLDERS:
                filled[place] = translate(str(value))
            else:
                filled[place] = value
        return translate(self.sentence) % filled


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say: refusals stop the act, warnings are shown to whoever decides."""

    refusals: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def check(self, confirmed: Collection[str]) -> None:
        """Stop an act that the rules refuse; `confirmed` are the codes of the warnings that somebody has looked at.

        Raises:
            RefusedError: The rules don't take it.
            UnconfirmedError: There is a warning that nobody has looked at.
        """
        if self.refusals:
            raise RefusedError(*self.refusals)
        if any(warning.code not in confirmed for warning in self.warnings):
            raise UnconfirmedError(*self.warnings)


class RefusedError(ValueError):
    """Something was given that the rules don't take; `problems` says all that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("a refusal without a reason helps nobody")
        super().__init__(" ".join(problem.words() for problem in problems))
        self.problems = problems


class UnconfirmedError(RefusedError):
    """The rules only warn, and whoever decides hasn't said yet that they looked at the warnings."""
