"""One's own account: the language and the time zone in which somebody reads."""

import re

from tests.cast import World
from tests.filing import press
from tests.web_client import browser


def test_each_country_has_a_zone_to_choose_and_a_former_name_stays_chosen(world: World) -> None:
    focal = browser(world, "focal_xaa")
    shown = focal.get("/account").text
    for zone in ("UTC", "Africa/Nairobi", "Europe/Vienna", "Asia/Kolkata"):
        assert re.search(rf"<option[^>]*>{zone}\b", shown)
    assert "Asia/Calcutta" not in shown
    assert press(focal, "/account", language="en", zone="Asia/Calcutta").status_code == 303
    assert re.search(r"<option[^>]* selected>Asia/Calcutta", focal.get("/account").text)


def test_a_zone_that_there_is_not_is_refused_and_the_language_that_was_chosen_with_it_kept(world: World) -> None:
    focal = browser(world, "focal_xaa")
    answer = press(focal, "/account", language="ar", zone="Nowhere/At_All")
    assert answer.status_code == 422
    assert "There is no time zone of this name: choose one of the list." in answer.text
    assert re.search(r'<option value="ar" selected>', answer.text)
    assert re.search(r"<option[^>]* selected>UTC", focal.get("/account").text)
