"""What a PDF file holds beside the objects that its pages use: earlier versions, leftovers, remarks, bytes around."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pikepdf

from portal.publishing.collecting import Collector
from portal.publishing.findings import Kind

_OBJECT: Final = re.compile(rb"(?:^|[\r\n\s])(\d{1,10})\s+(\d{1,5})\s+obj\b")
_STREAM: Final = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_STRING: Final = re.compile(rb"\((?:\\.|[^()\\]|\((?:\\.|[^()\\])*\))*\)", re.DOTALL)
_REMARK: Final = re.compile(rb"(?:^|[\r\n])[ \t]*%([^\r\n]*)")
_FIXED_REMARKS: Final = (b"PDF-", b"%EOF", b"\xe2\xe3\xcf\xd3")
_ASCII: Final = 0x7F
_END: Final = b"%%EOF"
_MACHINE_TYPES: Final = frozenset({"/ObjStm", "/XRef"})
_MACHINE: Final = re.compile(rb"\s*(?:<<(?:(?!endobj).)*?/(?:ObjStm|XRef)\b|(?:[-+.\d]+|true|false|null)\s)", re.DOTALL)
_DEEPEST: Final = 200


def find_leftovers(file: bytes, pdf: pikepdf.Pdf, found: Collector) -> None:
    """Find earlier versions, objects that nothing leads to, remarks, and bytes before and after the file."""
    start, end = file.find(b"%PDF-"), file.rfind(_END)
    before, after = file[:start], file[end + len(_END) :] if end >= 0 else b""
    for stray in (before.strip(b"\0 \r\n\t"), after.strip(b"\0 \r\n\t")):
        if stray:
            found.add(Kind.STRAY_BYTES, stray.decode("latin-1"))
    bare = _STREAM.sub(b"\n", file[start:])
    linear = b"/Linearized" in bare[:2000]
    earlier = max(bare.count(b"startxref") - 1 - linear, 0)
    replaced = _replaced(bare, pdf)
    if earlier or replaced:
        found.add(Kind.EARLIER_VERSIONS, count=max(earlier, 1))
    unused = _unused(pdf, linear=linear)
    if unused:
        found.add(Kind.UNUSED_OBJECTS, *_texts(unused), count=len(unused))
    for remark in _remarks(bare):
        found.add(Kind.CODE_COMMENTS, remark)


def _replaced(bare: bytes, pdf: pikepdf.Pdf) -> bool:
    """Tell whether the file holds an object twice, or one that its table of objects doesn't know."""
    code = _STRING.sub(b"", bare)
    known = {thing.objgen for thing in _objects(pdf)}
    seen: set[tuple[int, int]] = set()
    for match in _OBJECT.finditer(code):
        number = (int(match[1]), int(match[2]))
        if number in seen or (number not in known and not _MACHINE.match(code, match.end())):
            return True
        seen.add(number)
    return False


def remarks_of(content: bytes) -> list[str]:
    """Return the remarks in the code of a page; those with pictures inside aren't looked at."""
    return [] if b"\nEI" in content or b" EI" in content else list(_remarks(content))


def _remarks(code: bytes) -> Iterator[str]:
    for remark in _REMARK.findall(_STRING.sub(b"", code)):
        if not remark.startswith(_FIXED_REMARKS) and sum(byte > _ASCII for byte in remark[:4]) < min(len(remark), 4):
            text = remark.decode("latin-1").strip()
            if text:
                yield text


def _unused(pdf: pikepdf.Pdf, *, linear: bool) -> list[pikepdf.Object]:
    """Return the objects that nothing leads to from the file's root."""
    reached: set[tuple[int, int]] = set()
    waiting: list[tuple[Any, int]] = [(pdf.trailer, 0)]
    while waiting:
        thing, depth = waiting.pop()
        if isinstance(thing, pikepdf.Object) and thing.is_indirect:
            if thing.objgen in reached:
                continue
            reached.add(thing.objgen)
            depth = 0
        if depth < _DEEPEST:
            waiting += [(part, depth + 1) for part in parts_of(thing)]
    unused = [thing for thing in _objects(pdf) if thing.objgen not in reached and not _of_the_file(thing)]
    hints = [thing for thing in unused if linear and isinstance(thing, pikepdf.Stream) and "/S" in thing]
    return [thing for thing in unused if thing not in hints[:1]]


def _objects(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    """Return what isn't a number, a truth value or nothing, which the library gives as Python's own."""
    return [thing for thing in pdf.objects if hasattr(thing, "objgen")]


def keys_of(thing: Any) -> list[str]:
    """Return the keys of a dictionary or stream, in an order that is always the same."""
    return sorted(thing.keys())


def parts_of(thing: Any) -> list[Any]:
    """Return what stands directly in a dictionary, stream or array."""
    if isinstance(thing, pikepdf.Array):
        return list(thing)
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return [thing.get(name) for name in keys_of(thing)]
    return []


def _of_the_file(thing: Any) -> bool:
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return "/Linearized" in thing or str(thing.get("/Type", "")) in _MACHINE_TYPES
    return thing is None


def _texts(things: list[pikepdf.Object]) -> list[str]:
    return [
        str(part)
        for thing in things
        for part in ([thing] if isinstance(thing, pikepdf.String) else parts_of(thing))
        if isinstance(part, pikepdf.String)
    ]
