"""A portal whose keys lie on a token that goes away while it serves."""

from threading import Event, Thread

import pytest

from portal.app import open_portal
from portal.usecases.checks import check_records
from portal.usecases.keys import renew_keys, retire_key, rotate_keys
from storage.errors import KeyUnavailable
from tests.cast import Clock, World
from tests.conftest import settings_in
from tests.filing import put
from tests.softhsm import SoftHsm
from tests.web_client import Browser, browser


def forget_keys(world: World) -> None:
    """Let the minutes pass for which opened keys are kept."""
    world.portal.keyring._kept.clear()


def page(world: World, client: Browser) -> int:
    return int(client.get(f"/rooms/{world.files['xaa'].rooms['shared']}").status_code)


def test_a_token_that_vanished_stops_what_is_sealed_and_the_portal_goes_on_when_it_is_back(
    moved: World, hsm: SoftHsm
) -> None:
    document = put(moved, "officer", "shared", "Penal code")
    client = browser(moved, "focal_xaa")
    assert page(moved, client) == 200
    for take, give in ((hsm.vanish, hsm.come_back), (hsm.swap, hsm.swap)):
        take()
        forget_keys(moved)
        assert page(moved, client) == 503
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        assert client.get(f"/documents/{document}").status_code == 503
        give()
        assert page(moved, client) == 200
        assert client.get("/readyz").status_code == 200
    put(moved, "officer", "shared", "Procedural code")
    assert check_records(moved.portal).ok


def test_a_rotation_on_the_token_while_it_serves_is_noticed_by_nobody(moved: World, hsm: SoftHsm) -> None:
    client = browser(moved, "focal_xaa")
    assert page(moved, client) == 200
    other = open_portal(moved.portal.settings, moved.clock)  # the command line beside it
    old = other.keyring.provider.current
    with moved.request():
        rotate_keys(other)
    other.keyring.provider.retire(old)
    other.database.close()
    forget_keys(moved)
    assert page(moved, client) == 200
    put(moved, "officer", "shared", "Penal code")
    assert hsm.objects()


def test_a_portal_without_its_token_does_not_start(moved: World, hsm: SoftHsm, clock: Clock) -> None:
    hsm.vanish()
    with pytest.raises(KeyUnavailable):
        open_portal(moved.portal.settings, clock)
    with pytest.raises(KeyUnavailable):
        open_portal(settings_in(moved.portal.settings.data.parent), clock)


def test_whoever_reads_meanwhile_notices_no_rotation(moved: World) -> None:
    client, over, seen = browser(moved, "focal_xaa"), Event(), set[int]()

    def read() -> None:
        while not over.is_set():
            forget_keys(moved)
            seen.add(page(moved, client))

    reading = Thread(target=read)
    reading.start()
    for _ in range(3):
        old = moved.portal.keyring.provider.current
        with moved.request():
            rotate_keys(moved.portal)
            renew_keys(moved.portal, moved.portal.clock())
            retire_key(moved.portal, old)
    over.set()
    reading.join()
    assert seen == {200}
