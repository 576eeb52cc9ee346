"""The cast of the demonstration: States, reviews and people that don't exist.

Two reviews look alike but for their parties, so that a leak between them shows at once: the same titles and
kinds of documents, the same order of events. Lunoslavia reviews in both, with a different expert in each: its
focal point sees two files, each of its experts one. Aurelia takes part in neither, and its expert is a stranger
to both. Codes from XAA to XZZ are kept for fictional States; mail addresses end in `.example`, which leads
nowhere.
"""

# ruff: noqa: RUF001 - names in the scripts of their owners

from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.domain.cycles import Cycle
from portal.domain.ids import StateCode
from portal.domain.instruments import Instrument, Participation
from portal.domain.legal import LegalBasis
from portal.domain.parties import Parties
from portal.domain.roles import Role
from portal.domain.states import Membership, RegionalGroup, State, StateName

AURELIA: Final = StateCode("XAA")
QAMARIA: Final = StateCode("XAB")
YUNHAI: Final = StateCode("XAC")
LUNOSLAVIA: Final = StateCode("XAD")
SABAHIA: Final = StateCode("XAE")
ILE_DES_SONGES: Final = StateCode("XAF")
NUEVA_ATLANTIDA: Final = StateCode("XAG")

STATES: Final = (
    State(AURELIA, "Aurelia", RegionalGroup.WESTERN_EUROPEAN_OTHER),
    State(QAMARIA, "Qamaria", RegionalGroup.ASIA_PACIFIC),
    State(YUNHAI, "Yunhai", RegionalGroup.ASIA_PACIFIC),
    State(LUNOSLAVIA, "Lunoslavia", RegionalGroup.EASTERN_EUROPEAN),
    State(SABAHIA, "Sabahia", RegionalGroup.AFRICAN),
    State(ILE_DES_SONGES, "Île-des-Songes", RegionalGroup.AFRICAN),
    State(NUEVA_ATLANTIDA, "Nueva Atlántida", RegionalGroup.LATIN_AMERICAN_CARIBBEAN),
)

STATE_NAMES: Final = (
    StateName(AURELIA, "ar", "أوريليا"),
    StateName(QAMARIA, "ar", "القمرية"),
    StateName(YUNHAI, "ar", "يونهاي"),
    StateName(YUNHAI, "zh", "云海国"),
    StateName(LUNOSLAVIA, "ar", "لونوسلافيا"),
    StateName(LUNOSLAVIA, "ru", "Лунославия"),
    StateName(SABAHIA, "ar", "الصباحية"),
    StateName(ILE_DES_SONGES, "ar", "جزيرة الأحلام"),
    StateName(ILE_DES_SONGES, "fr", "Île-des-Songes"),
    StateName(NUEVA_ATLANTIDA, "ar", "أتلانتيدا الجديدة"),
    StateName(NUEVA_ATLANTIDA, "es", "Nueva Atlántida"),
)

SOURCE: Final = "invented for the demonstration"
CYCLE: Final = Cycle("Demonstration cycle", date(2025, 9, 1))


@dataclass(frozen=True, slots=True)
class CastReview:
    """A review of the invented cycle, with its working languages."""

    key: str
    parties: Parties
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CastPerson:
    """An invented person under one appointment; `ended` is one whose appointment is over."""

    key: str
    name: str
    mail: str
    role: Role
    state: StateCode | None = None
    # keys of the reviews that this person is assigned to
    reviews: tuple[str, ...] = ()
    ended: bool = False

    @property
    def basis(self) -> LegalBasis:
        """The invented note verbale behind the appointment."""
        return LegalBasis(f"NV/{self.state or 'SEC'}/2025/{self.key}", date(2025, 9, 15))


REVIEWS: Final = (
    CastReview("qamaria", Parties(QAMARIA, (YUNHAI, LUNOSLAVIA)), ("ar", "en")),
    CastReview("sabahia", Parties(SABAHIA, (ILE_DES_SONGES, LUNOSLAVIA)), ("ar", "en")),
)

PEOPLE: Final = (
    # the secretariat
    CastPerson("administrator", "Tomas Vidal-Ek", "tomas@secretariat.example", Role.ADMINISTRATOR),
    CastPerson("registrar", "Ruth Lindqvist-Oke", "ruth@secretariat.example", Role.REGISTRAR),
    CastPerson(
        "officer-qamaria", "Elena Marchetti-Sow", "elena@secretariat.example", Role.OFFICER, reviews=("qamaria",)
    ),
    CastPerson(
        "officer-sabahia", "Daniel Achterberg", "daniel@secretariat.example", Role.OFFICER, reviews=("sabahia",)
    ),
    CastPerson("translator", "Noor Haddad-Klein", "noor@translators.example", Role.TRANSLATOR),
    # Qamaria, under review
    CastPerson("focal-qamaria", "ليلى القمري", "layla@justice.qamaria.example", Role.FOCAL_POINT, QAMARIA),
    CastPerson("expert-qamaria", "سامي النور", "sami@justice.qamaria.example", Role.EXPERT, QAMARIA, ("qamaria",)),
    CastPerson("observer-qamaria", "هناء البحري", "hana@mission.qamaria.example", Role.OBSERVER, QAMARIA, ("qamaria",)),
    # Yunhai reviews Qamaria
    CastPerson("focal-yunhai", "林月", "lin.yue@justice.yunhai.example", Role.FOCAL_POINT, YUNHAI),
    CastPerson("expert-yunhai", "王云川", "wang.yunchuan@justice.yunhai.example", Role.EXPERT, YUNHAI, ("qamaria",)),
    CastPerson(
        "former-yunhai", "陈海", "chen.hai@justice.yunhai.example", Role.EXPERT, YUNHAI, ("qamaria",), ended=True
    ),
    # Lunoslavia reviews Qamaria and Sabahia
    CastPerson("focal-lunoslavia", "Анна Лунина", "anna@justice.lunoslavia.example", Role.FOCAL_POINT, LUNOSLAVIA),
    CastPerson(
        "expert-lunoslavia",
        "Пётр Звездин",
        "pyotr@justice.lunoslavia.example",
        Role.EXPERT,
        LUNOSLAVIA,
        ("qamaria",),
    ),
    CastPerson(
        "second-lunoslavia",
        "Вера Рассветова",
        "vera@justice.lunoslavia.example",
        Role.EXPERT,
        LUNOSLAVIA,
        ("sabahia",),
    ),
    # Sabahia, under review
    CastPerson("focal-sabahia", "مريم الصباح", "maryam@justice.sabahia.example", Role.FOCAL_POINT, SABAHIA),
    CastPerson("expert-sabahia", "يوسف الفجر", "yusuf@justice.sabahia.example", Role.EXPERT, SABAHIA, ("sabahia",)),
    CastPerson(
        "observer-sabahia", "نادية الساحل", "nadia@mission.sabahia.example", Role.OBSERVER, SABAHIA, ("sabahia",)
    ),
    # Île-des-Songes reviews Sabahia
    CastPerson("focal-songes", "Océane Dumirage", "oceane@justice.songes.example", Role.FOCAL_POINT, ILE_DES_SONGES),
    CastPerson(
        "expert-songes",
        "Rémi Delaquiète",
        "remi@justice.songes.example",
        Role.EXPERT,
        ILE_DES_SONGES,
        ("sabahia",),
    ),
    # Aurelia takes part in neither review
    CastPerson("focal-aurelia", "Mara Solenne", "mara@justice.aurelia.example", Role.FOCAL_POINT, AURELIA),
    CastPerson("stranger", "Otto Nirgend", "otto@justice.aurelia.example", Role.EXPERT, AURELIA),
)


def memberships() -> tuple[Membership, ...]:
    """Return who is party to what in the invented world.

    All are party to everything, but for three: Sabahia and Île-des-Songes stand outside the Firearms Protocol, so
    that either may be reviewed by the other; Nueva Atlántida has only signed the Convention.
    """
    rows: list[Membership] = []
    for state in STATES:
        for instrument in Instrument:
            if instrument is Instrument.FIREARMS and state.code in {SABAHIA, ILE_DES_SONGES}:
                continue
            if state.code == NUEVA_ATLANTIDA and instrument is not Instrument.CONVENTION:
                continue
            status = Participation.SIGNATORY if state.code == NUEVA_ATLANTIDA else Participation.PARTY
            rows.append(Membership(state.code, instrument, status, date(2004, 1, 28), SOURCE))
    return tuple(rows)
