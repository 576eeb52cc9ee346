"""Takes out of a PDF what does something, or brings something along, and leaves what is read."""

from collections.abc import Iterator
from typing import Final

from pikepdf import Array, Dictionary, Object, Pdf

_KEPT: Final = frozenset(
    f"/{name}"
    for name in (
        *("Type", "Pages", "Outlines", "Dests", "Names", "PageLabels", "PageLayout", "PageMode", "ViewerPreferences"),
        *("Lang", "MarkInfo", "StructTreeRoot", "OCProperties", "OutputIntents", "AcroForm", "Version", "Extensions"),
    )
)
_ACTIONS: Final = frozenset({"/GoTo", "/URI", "/Named"})
_DROPPED: Final = frozenset(
    f"/{kind}" for kind in ("FileAttachment", "Sound", "Movie", "Screen", "RichMedia", "3D", "TrapNet")
)
_OF_A_PAGE: Final = ("/AA", "/PieceInfo", "/Thumb", "/AF", "/Metadata", "/B")
_OF_A_FORM: Final = ("/XFA", "/SigFlags", "/CO")
_MOST_ITEMS: Final = 100_000  # bookmarks, fields


def disarm(pdf: Pdf) -> None:
    """Leave pages, links and bookmarks, filled-in forms; take scripts, attachments, media and signatures."""
    root = pdf.Root
    for key in [key for key in root.keys() if key not in _KEPT]:  # noqa: SIM118 - not a mapping
        del root[key]
    if isinstance(names := root.get("/Names"), Dictionary):
        root.Names = Dictionary({key: names[key] for key in ("/Dests",) if key in names})
    for page in pdf.pages:
        _disarm_page(page.obj)
    for item in _linked(root.get("/Outlines"), ("/First", "/Next")):
        _disarm_actions(item)
    if isinstance(form := root.get("/AcroForm"), Dictionary):
        _drop(form, _OF_A_FORM)
        for field in _linked(form.get("/Fields"), ("/Kids",)):
            _disarm_field(field)


def _disarm_page(page: Object) -> None:
    _drop(page, _OF_A_PAGE)
    notes = page.get("/Annots")
    if notes is None:
        return
    if not isinstance(notes, Array):
        del page["/Annots"]
        return
    kept = [note for note in notes if isinstance(note, Dictionary) and str(note.get("/Subtype")) not in _DROPPED]
    page.Annots = Array(kept)
    for note in kept:
        _disarm_field(note)


def _disarm_field(field: Object) -> None:
    """Take the actions of a field or an annotation, and the signature of a field that is one."""
    _disarm_actions(field)
    if str(field.get("/FT")) == "/Sig":
        _drop(field, ("/V", "/Lock", "/SV"))


def _disarm_actions(thing: Object) -> None:
    _drop(thing, ("/AA", "/PA", "/AF"))
    action = thing.get("/A")
    if action is None:
        return
    if not isinstance(action, Dictionary) or str(action.get("/S")) not in _ACTIONS:
        del thing["/A"]
    elif "/Next" in action:
        del action["/Next"]


def _drop(thing: Object, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key in thing:
            del thing[key]


def _linked(start: Object | None, keys: tuple[str, ...]) -> Iterator[Object]:
    """Give the items of a tree, of bookmarks or of fields, each once, however they are linked."""
    waiting: list[Object | None] = [start]
    seen: set[tuple[int, int]] = set()
    while waiting and len(seen) < _MOST_ITEMS:
        item = waiting.pop()
        if not isinstance(item, Array | Dictionary) or (item.is_indirect and item.objgen in seen):
            continue
        seen.add(item.objgen if item.is_indirect else (-len(seen) - 1, 0))
        if isinstance(item, Array):
            waiting += list(item)
        else:
            yield item
            waiting += [item.get(key) for key in keys]
