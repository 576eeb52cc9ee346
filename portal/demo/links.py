"""Sign-in links for the visitor, for everybody of the cast: issued by those who may, as the rules ask.

A link is for somebody who never signed in, or a renewal: by a focal point of their State, for the staff of the
secretariat by two people. Nobody makes a link for themselves, so every State has two focal points.
"""

from typing import Final

from portal.demo.cast import STATES
from portal.demo.report import Report
from portal.demo.seed import EVERYBODY, Stage, enter, sign_in
from portal.domain.roles import Role
from portal.domain.words import ROLES
from portal.usecases.invitations import confirm_link, issue_link

ISSUERS: Final = {Role.FOCAL_POINT, Role.REGISTRAR, Role.ADMINISTRATOR}


def offer_links(stage: Stage, report: Report) -> None:
    """Issue a link for everybody, and write them with role and State."""
    for cast in EVERYBODY:
        if not stage.players[cast.key].entered and cast.role in {Role.FOCAL_POINT, Role.ADMINISTRATOR}:
            enter(stage, cast.key)
    for cast in EVERYBODY:
        player = stage.players[cast.key]
        if player.entered:
            _renew(stage, cast.key)
    names = {state.code: state.name for state in STATES}
    report.section("Have a look yourself")
    report.say(
        "Open a link, write the mail address that stands beside it (and its second part, where it has one), and choose "
        "any passphrase of 12 characters or more. Each link works once. Or sign in without a link, with the same mail "
        "address and the passphrase that "
        f"everybody chose during the run: {stage.passphrase}"
    )
    report.say(f"http://localhost:{stage.port}/sign-in")
    homes = [*(state.code for state in STATES), None]
    for home in homes:
        people = [cast for cast in EVERYBODY if cast.state == home]
        if not people:
            continue
        report.say(names[home] if home else "The secretariat")
        for cast in people:
            ended = ", appointment ended" if cast.ended else ""
            report.lines(
                [
                    [f"{ROLES[cast.role]}{ended}: {cast.name}"],
                    [f"  {cast.mail}"],
                    [f"  {stage.players[cast.key].link}"],
                    *([[f"  second part of the link: {second}"]] if (second := stage.players[cast.key].second) else []),
                ]
            )


def _renew(stage: Stage, key: str) -> None:
    """Have a new link issued; whoever issues links for others signs in again, since it ended their session."""
    _issue(stage, key)
    if stage.players[key].cast.role in ISSUERS:
        sign_in(stage, key)


def _issue(stage: Stage, key: str) -> None:
    """Let somebody who may issue a new link; for staff, let another confirm it."""
    player = stage.players[key]
    if player.cast.state is not None:
        issuer = next(
            cast.key
            for cast in EVERYBODY
            if cast.state == player.cast.state and cast.role is Role.FOCAL_POINT and cast.key != key
        )
        with stage.acting(issuer) as caller:
            player.link, player.second = issue_link(stage.portal, caller, player.id).address, ""
        return
    first, second = [one for one in ("registrar", "administrator", "second-administrator") if one != key][:2]
    with stage.acting(first) as caller:
        issued = issue_link(stage.portal, caller, player.id)
    with stage.acting(second) as caller:
        player.link, player.second = issued.address, confirm_link(stage.portal, caller, issued.invitation)
