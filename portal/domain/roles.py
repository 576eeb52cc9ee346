"""The roles that an appointment gives, and which of them exclude one another."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What an appointment makes of a person; the value is the word in the policies and the records."""

    FOCAL_POINT = "focal_point"
    EXPERT = "expert"
    OBSERVER = "observer"
    OFFICER = "officer"
    REGISTRAR = "registrar"
    TRANSLATOR = "translator"
    ADMINISTRATOR = "administrator"
    CONFIDENTIALITY_OFFICER = "confidentiality_officer"
    OVERSIGHT = "oversight"
    ANALYST = "analyst"
    GROUP_OBSERVER = "group_observer"
    READER = "reader"


# appointed by and for a State; every other role is of the secretariat or of a body of the Conference
STATE_ROLES: Final = frozenset({Role.FOCAL_POINT, Role.EXPERT, Role.OBSERVER, Role.READER})
# the staff of the secretariat
STAFF_ROLES: Final = frozenset(
    {Role.OFFICER, Role.REGISTRAR, Role.TRANSLATOR, Role.ADMINISTRATOR, Role.CONFIDENTIALITY_OFFICER}
)
# nobody holds two of these at once
# the expert list of a State (ToR 21)
EXPERTS_PER_STATE: Final = 20
