"""Turns a template and its data into the page that one reader sees: language, direction, dates, tokens.

One Jinja environment for each language, so that sentences and formats are bound once and not looked up for each
word. Pages are never cached by anybody: what one person may see is not what the next one may.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal.domain.texts import N_
from portal.spans import span
from portal.web import assets, csrf
from portal.web.languages import LANGUAGES, RIGHT_TO_LEFT, catalogue, language_of

SIZES = (
    (1 << 30, N_("%(number)s GiB")),
    (1 << 20, N_("%(number)s MiB")),
    (1 << 10, N_("%(number)s KiB")),
    (1, N_("%(number)s bytes")),
)
DAY = "d MMMM y"
MOMENT = N_("%(day)s, %(time)s")


def render(request: Request, template: str, /, status: int = 200, **data: object) -> Response:
    """Render a template for the reader of a request.

    The template finds `viewer` (None when signed out), `here` (the path), `language`, `dir`, `csrf_token()` and
    `csrf_field()` besides the data. Dates are shown in `request.state.zone`, a name of the IANA list, else UTC.
    """
    language = language_of(request)
    context: dict[str, object] = {
        "viewer": getattr(request.state, "viewer", None),
        "here": request.url.path,
        "language": language,
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "zone": _zone(getattr(request.state, "zone", None)),
        "csrf_token": partial(csrf.token, request),
        "csrf_field": partial(_csrf_field, request),
    }
    with span("render", **{"portal.template": template}):
        body = environment(language).get_template(template).render(context | data)
    headers = {
        "Cache-Control": "no-store",
        "Vary": "Cookie, Accept-Language",
        "Content-Language": language,
    }
    return HTMLResponse(body, status_code=status, headers=headers)


@cache
def environment(language: str) -> Environment:
    """Build the template environment of one language; an unknown name in a template is an error."""
    templates = Environment(
        loader=PackageLoader("templates", ""),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.policies["ext.i18n.trimmed"] = True  # as babel.cfg has it, or longer sentences are never found
    templates.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    locale = Locale.parse(language)
    templates.filters |= {
        "date": _time_filter(locale, with_time=False),
        "moment": _time_filter(locale, with_time=True),
        "until": _end_filter(locale),
        "size": partial(written_size, locale),
        "number": partial(format_decimal, locale=locale),
        "bdi": _isolate,
    }
    templates.globals |= {"asset": assets.asset, "has_asset": assets.has_asset, "languages": LANGUAGES}
    return templates


def _csrf_field(request: Request) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, csrf.token(request))


def _zone(name: object) -> tzinfo:
    if isinstance(name, tzinfo):
        return name
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _time_filter(locale: Locale, *, with_time: bool) -> Callable[[Context, date], Markup]:
    @pass_context
    def show(context: Context, when: date) -> Markup:
        """Show a time in the reader's zone, with the exact time in UTC as a title; a bare day has no zone."""
        if not isinstance(when, datetime):
            day = format_date(when, DAY, locale=locale)
            return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), day)
        exact = when.astimezone(UTC)
        local = when.astimezone(context["zone"])
        return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
            exact.strftime("%Y-%m-%dT%H:%M:%SZ"),
            written_moment(locale, exact),
            written_moment(locale, local) if with_time else format_date(local, DAY, locale=locale),
        )

    return show


def _end_filter(locale: Locale) -> Callable[[Context, datetime], Markup]:
    moment = _time_filter(locale, with_time=True)

    @pass_context
    def show(context: Context, when: datetime) -> Markup:
        """Show when something ends: at a midnight of the reader's, by its last day, as it was asked for."""
        local = when.astimezone(context["zone"])
        if local.time() != time.min:
            return moment(context, when)
        return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
            when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            written_moment(locale, when.astimezone(UTC)),
            format_date(local.date() - timedelta(days=1), DAY, locale=locale),
        )

    return show


def written_moment(locale: Locale, when: datetime) -> str:
    """Write a moment as people read it, in the zone that it bears."""
    words = {"day": format_date(when, DAY, locale=locale), "time": when.strftime("%H:%M")}
    return catalogue(str(locale)).gettext(MOMENT) % words


def written_size(locale: Locale, size: int) -> str:
    """Write a number of bytes as people read it: one decimal below ten, none above."""
    unit, words = next((step for step in SIZES if size >= step[0]), SIZES[-1])
    amount = size / unit
    pattern = "#,##0.#" if unit > 1 and amount < 10 else "#,##0"  # noqa: PLR2004 - ten is in the docstring
    number = format_decimal(amount, format=pattern, locale=locale)
    return catalogue(str(locale)).gettext(words) % {"number": number}


def _isolate(text: object) -> Markup:
    """Keep a name or title of any script from turning the sentence around it."""
    return Markup("<bdi>{}</bdi>").format(escape(text))
