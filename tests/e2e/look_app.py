"""A small application that shows the shared parts of the pages; the browser test serves it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from portal.web import assets
from portal.web.failures import HANDLERS, error_response
from portal.web.forms import Form
from portal.web.languages import LANGUAGES
from portal.web.multipart import FilePart, multipart
from portal.web.pages import environment, render
from portal.web.security import Guard, Rules

DOCUMENTS = (
    ("Self-assessment response, articles 5 to 31", "good", "English", 4_321_987),
    ("قانون مكافحة الجريمة المنظمة رقم 12 لسنة 2019", "waiting", "العربية", 96_400),
    ("Постановление_Верховного_суда_№_5-124_преступное_сообщество.pdf", "bad", "Русский", 0),
    ("关于打击跨国有组织犯罪的案例汇编.pdf", "plain", "中文", 5 << 30),
)


@dataclass(frozen=True)
class Viewer:
    """Somebody with two appointments."""

    name: str = "María Ñandú"
    role: str = "expert"
    role_label: str = "Governmental expert"
    state_name: str = "Borduria"
    appointments: tuple[tuple[str, str], ...] = (("1", "Governmental expert, Borduria"), ("2", "Focal point, Borduria"))


def show(request: Request) -> Response:
    request.state.language = request.path_params["language"]
    request.state.viewer = Viewer()
    request.state.zone = "Europe/Vienna"
    form = Form({"name": ("Mária",)}, {"name": "Write the whole name."})
    moment = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    return render(request, "look.html", form=form, documents=DOCUMENTS, now=moment, today=date(2026, 12, 1))


async def keep(request: Request) -> Response:
    """Count what comes; an empty file is refused, as the real route does."""
    kept = []
    async for part in multipart(request):
        if isinstance(part, FilePart):
            size = 0
            async for chunk in part.chunks:
                size += len(chunk)
            if not size:
                return error_response(request, 422, "The file is empty, so it was not kept.")
            kept.append(f"{part.file_name} {size}")
    if request.headers.get("x-upload") == "1":
        return JSONResponse({"ok": True, "message": f"Kept {kept[0]}", "url": "/en"})
    return PlainTextResponse("Kept " + ", ".join(kept))


for _language in LANGUAGES:
    _pages = environment(_language)
    _pages.loader = ChoiceLoader([_pages.loader, FileSystemLoader(Path(__file__).parent)] if _pages.loader else [])

app = Guard(
    Starlette(
        routes=[
            Route("/static/{name:path}", assets.serve),
            Route("/keep", keep, methods=["POST"]),
            Route("/{language}", show),
        ],
        exception_handlers=HANDLERS,
    ),
    Rules(is_upload=lambda path: path == "/keep"),
)
