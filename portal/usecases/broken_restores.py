"""Tells of a place in which a restore broke off: no portal is there yet, and none may begin."""

from portal.errors import Invalid
from portal.settings import Settings
from storage.recovery.folder import RESTORING


def check_unrestored(settings: Settings) -> None:
    """Refuse a place in which a restore broke off.

    Raises:
        Invalid: One did.

    """
    if (settings.data / RESTORING).exists() and not settings.database_file.exists():
        raise Invalid(
            f"a backup was being brought back to {settings.data}, and that broke off: run `portal restore` again, "
            "which goes on with it"
        )
