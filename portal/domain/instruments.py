"""The Convention and its three Protocols: what a review is about."""

from enum import StrEnum
from typing import Final

from portal.domain.texts import N_


class Instrument(StrEnum):
    """An instrument under review; the value is the word in records and imports."""

    CONVENTION = "convention"
    TRAFFICKING = "trafficking"
    SMUGGLING = "smuggling"
    FIREARMS = "firearms"

    @property
    def sign(self) -> str:
        """The short sign by which experts cite it, the same in every language."""
        return SIGNS[self]

    @property
    def articles(self) -> int:
        """The number of its last article."""
        return ARTICLES[self]


class Participation(StrEnum):
    """How a State takes part in an instrument."""

    PARTY = "party"
    SIGNATORY = "signatory"


# in the order in which they are cited
PROTOCOLS: Final = (Instrument.TRAFFICKING, Instrument.SMUGGLING, Instrument.FIREARMS)

# the official titles
TITLES: Final = {
    Instrument.CONVENTION: N_("United Nations Convention against Transnational Organized Crime"),
    Instrument.TRAFFICKING: N_(
        "Protocol to Prevent, Suppress and Punish Trafficking in Persons, Especially Women and Children, "
        "supplementing the United Nations Convention against Transnational Organized Crime"
    ),
    Instrument.SMUGGLING: N_(
        "Protocol against the Smuggling of Migrants by Land, Sea and Air, "
        "supplementing the United Nations Convention against Transnational Organized Crime"
    ),
    Instrument.FIREARMS: N_(
        "Protocol against the Illicit Manufacturing of and Trafficking in Firearms, Their Parts and "
        "Components and Ammunition, supplementing the United Nations Convention against Transnational Organized Crime"
    ),
}

SHORT_TITLES: Final = {
    Instrument.CONVENTION: N_("Organized Crime Convention"),
    Instrument.TRAFFICKING: N_("Trafficking in Persons Protocol"),
    Instrument.SMUGGLING: N_("Smuggling of Migrants Protocol"),
    Instrument.FIREARMS: N_("Firearms Protocol"),
}

SIGNS: Final = {
    Instrument.CONVENTION: "UNTOC",
    Instrument.TRAFFICKING: "TIP",
    Instrument.SMUGGLING: "SOM",
    Instrument.FIREARMS: "FIREARMS",
}

ARTICLES: Final = {
    Instrument.CONVENTION: 41,
    Instrument.TRAFFICKING: 20,
    Instrument.SMUGGLING: 25,
    Instrument.FIREARMS: 21,
}
