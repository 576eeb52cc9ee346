"""Pages: language, direction, dates and sizes as their reader writes them."""

import re
from datetime import UTC, date, datetime
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError
from starlette.requests import Request

from portal.web.pages import environment, render

MORNING = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


def request(accept: str = "", **state: object) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "https",
            "path": "/reviews",
            "query_string": b"",
            "server": ("portal.example", 443),
            "headers": [(b"accept-language", accept.encode()), (b"host", b"portal.example")],
            "state": dict(state),
        }
    )


def page(asked: Request) -> str:
    answer = render(asked, "errors/error.html", title="T", happened="H", then="N", ask=None, request_id=None)
    return bytes(answer.body).decode()


def shown(source: str, language: str = "en", **data: object) -> str:
    return environment(language).from_string(source).render(zone=UTC, **data)


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("ar", "ar"),
        ("ar-EG,en;q=0.5", "ar"),
        ("en;q=0.5, ar;q=0.9", "ar"),
        ("tlh, ar;q=0.3", "ar"),
        ("ar;q=0", "en"),
        ("ar;q=2", "en"),
        ("ar;q=x, *", "en"),
        (",;,=" * 50, "en"),
    ],
)
def test_a_visitor_reads_the_best_language_that_the_browser_asks_for(accept: str, language: str) -> None:
    assert f'<html lang="{language}"' in page(request(accept))


def test_a_signed_in_person_reads_their_own_language_whatever_the_browser_says() -> None:
    text = page(request("en", language="ar"))
    assert '<html lang="ar" dir="rtl">' in text
    assert '<html lang="en" dir="ltr">' in page(request("ar", language="en"))


def test_a_page_is_kept_by_nobody() -> None:
    answer = render(
        request(), "errors/error.html", status=409, title="T", happened="H", then="N", ask=None, request_id=None
    )
    assert answer.status_code == 409
    assert answer.headers["cache-control"] == "no-store"
    assert "Cookie" in answer.headers["vary"]
    assert answer.headers["content-language"] == "en"


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        shown("{{ nobody_gave_this }}")


def test_what_people_wrote_is_escaped_and_kept_apart() -> None:
    assert shown("{{ name|bdi }}", name="<b>أمينة</b>") == "<bdi>&lt;b&gt;أمينة&lt;/b&gt;</bdi>"


def test_a_moment_is_shown_in_the_readers_zone_with_utc_behind_it() -> None:
    text = environment("en").from_string("{{ when|moment }} {{ when|date }}")
    local = text.render(when=MORNING, zone=ZoneInfo("Europe/Vienna"))
    title = 'title="24 November 2026, 23:30 UTC"'
    assert local == (
        f'<time datetime="2026-11-24T23:30:00Z" {title}>25 November 2026, 00:30</time> '
        f'<time datetime="2026-11-24T23:30:00Z" {title}>25 November 2026</time>'
    )


def test_what_ends_at_a_midnight_ends_with_the_day_before_it() -> None:
    text = environment("en").from_string("{{ when|until }}")
    midnight = datetime(2027, 2, 25, 23, tzinfo=UTC)
    ends = '<time datetime="2027-02-25T23:00:00Z" title="25 February 2027, 23:00 UTC">{}</time>'
    assert text.render(when=midnight, zone=ZoneInfo("Europe/Vienna")) == ends.format("25 February 2027")
    assert text.render(when=midnight, zone=ZoneInfo("Asia/Tokyo")) == ends.format("26 February 2027, 08:00")


@pytest.mark.parametrize("zone", [None, "", "Nowhere/At-all", "../../etc/passwd", 7])
def test_an_unknown_zone_is_utc(zone: object) -> None:
    assert "<h1>" in page(request(zone=zone))


def test_a_bare_day_has_no_zone() -> None:
    assert shown("{{ day|date }}", day=date(2026, 12, 1)) == '<time datetime="2026-12-01">1 December 2026</time>'


def test_months_have_names_in_arabic_too() -> None:
    assert "ديسمبر" in shown("{{ day|date }}", "ar", day=date(2026, 12, 1))


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (733, "733 bytes"),
        (1024, "1 KiB"),
        (4_321_987, "4.1 MiB"),
        (96_400, "94 KiB"),
        (5 << 30, "5 GiB"),
        (1300 << 30, "1,300 GiB"),
    ],
)
def test_a_size_is_written_as_people_read_it(size: int, words: str) -> None:
    assert shown("{{ size|size }}", size=size) == words


def test_a_viewer_sees_as_whom_they_act_and_how_to_change() -> None:
    class Viewer:
        name = "María Ñandú"
        role = "expert"
        role_label = "Governmental expert"
        state_name = "Borduria"
        appointments = (("1", "Governmental expert, Borduria"), ("2", "Focal point, Borduria"))
        language = "en"

    with_viewer = render(request(viewer=Viewer), "base.html")
    text = bytes(with_viewer.body).decode()
    assert "<bdi>María Ñandú</bdi>" in text
    assert "Governmental expert" in text
    assert text.count('name="csrf"') == 2
    assert "Sign out" not in page(request())


def test_every_macro_is_imported_with_its_context() -> None:
    """Without context a macro finds neither the reader's zone nor the token of the form."""
    for name in environment("en").list_templates(extensions=["html"]):
        source = (resources.files("templates") / name).read_text("utf-8")
        for line in re.findall(r"{%-?\s*(?:from|import)\b[^%]*%}", source):
            assert "with context" in line, (name, line)
