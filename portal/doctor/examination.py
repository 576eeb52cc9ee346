"""One examination from head to foot: every look is made, whatever the others found."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from portal.doctor import house, network, stores
from portal.doctor.findings import Finding, Mark
from portal.domain.rendering import Failure, NotRendered
from portal.errors import Invalid
from portal.rendering.confinement import Confinement
from portal.rendering.renderer import Renderer
from portal.settings import Settings
from portal.work import utc_now


def examine(read: Callable[[], Settings] = Settings.load) -> list[Finding]:
    """Examine the installation that the settings name."""
    try:
        settings = read()
    except (Invalid, OSError, ValueError) as error:
        says = str(error) if isinstance(error, Invalid) else type(error).__name__
        return [Finding("settings", Mark.WRONG, says, "mend that setting: nothing else can be looked at before")]
    files = (house.ENVIRONMENT, Path(os.environ.get("PORTAL_CONFIG", "portal.toml")))
    found = [
        *_looked("settings", lambda: house.settings_fit(settings, files)),
        *_looked("settings", lambda: house.names(os.environ)),
        *_looked("address", lambda: house.address(settings)),
        *_looked("tls", lambda: house.certificates(settings, utc_now())),
        *_looked("data", lambda: house.folders(settings)),
        *_looked("space", lambda: house.space(settings)),
        *_looked("clock", lambda: house.clock(utc_now())),
    ]
    account = _looked("account", lambda: house.account(settings))
    found += account
    if all(one.mark is not Mark.WRONG for one in account):
        found += _kept(settings)
    found += _looked("service", lambda: network.service(settings))
    found += _looked("mail", lambda: network.mail(settings))
    found += _looked("parts", house.parts)
    found += _looked("files", _confinement)
    return found


def _kept(settings: Settings) -> list[Finding]:
    opened = stores.Opened(settings)
    try:
        found = _looked("database", lambda: stores.database(opened))
        found += _looked("keys", lambda: stores.keys(opened))
        found += _looked("backups", lambda: stores.backups(opened))
        found += _looked("log", lambda: stores.log(opened))
        if (portal := opened.portal) is not None:
            found += _looked("sign-in", lambda: network.issuers(settings, portal.database))
    finally:
        opened.close()
    return found


def _looked(check: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """Make one look; what it couldn't stand is a finding by its kind: its words may be confidential."""
    found: list[Finding] = []
    try:
        found.extend(look())
    except Exception as error:  # noqa: BLE001 - one look that fails must not hide what the others find
        mend = "see that its folder, file or server can be reached at all"
        found.append(Finding(check, Mark.WRONG, f"it couldn't be looked at: {type(error).__name__}", mend))
    return found


def _confinement() -> Iterator[Finding]:
    """Give a file that is none to the confined process: it says so only from behind its walls."""
    with Confinement() as confinement:
        try:
            Renderer(confinement).traced(b"%PDF-")
        except NotRendered as refused:
            if refused.failure is Failure.DAMAGED:
                yield Finding("files", Mark.OK, "files are read by a process that is closed in")
                return
    mend = "see the unit's SystemCallFilter (landlock_*) and that the kernel has seccomp"
    yield Finding("files", Mark.WRONG, "no process can be closed in here: PDF files and images aren't shown", mend)
