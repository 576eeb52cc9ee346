"""Packs JSON before it is sealed into an event's row (LOG.md, "How it is kept"): its canonical form, its origins.

1. What comes out is byte for byte what went in; what begins with `{` was written before there was packing.
2. The first byte names the way and its dictionary. Neither ever changes: another one gets another byte.
3. Ids and marks in hexadecimal become bytes behind a control character, which JSON never holds; the rest is DEFLATE.
"""

import re
import zlib
from typing import Final

from storage.errors import Damaged

MOST_BYTES: Final = 1 << 24  # of what is unpacked
_FIRST: Final = b"\1"
_PLAIN: Final = b"{"
_RAW: Final = -13  # DEFLATE without a header, with a window of 8 KiB: the dictionary, and what an event says
_WRITTEN: Final = re.compile(rb"[0-9a-f]{8}(?:(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{56})")
_PACKED: Final = re.compile(rb"\x01(.{16})|\x02(.{32})", re.DOTALL)
# what events say often, the most frequent last
_DICTIONARY: Final = (
    b"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    b"Version/17.0 Safari/605.1.15"
    b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"
    b'{"address":"","client":"","session":"\1'
    b'"signIn""signOut""uploadDocument""addVersion""submitDocument""circulateDocument""viewClarification""viewEntry"'
    b'"listClarifications""viewReport""viewReviewTrail""downloadRoom""listNotices""viewPerson""listPeople"'
    b'"documents.submitted-focal-point","documents.submitted-assigned","documents.draft-reviewers"'
    b'"documents.draft-national""documents.upload-national""documents.draft-officer""reviews.list-officer"'
    b'"clarifications.view-asked-assigned""clarifications.list-assigned""clarifications.view-reviewing-expert"'
    b'"guardrails.absent""guardrails.undertaking""sessions.visitor""sessions.own-appointment""reviews.assigned"'
    b'"reviews.focal-point""reviews.list-delegate""rooms.shared-focal-point""rooms.reviewers-expert""rooms.officer"'
    b'"rooms.shared-assigned""documents.circulated-focal-point""documents.circulated-assigned"'
    b'"rows":{"session/\1":"\2","appointment/\1":"\2","assignment/\1":"\2","document/\1":"\2","version/\1":"\2"},'
    b'"role":"confidentiality_officer"}}"role":"translator"}}"role":"registrar"}}"role":"oversight","person":"\1",'
    b'"who":{"machine":"watcher"}},"detail":{"why":"","range":"bytes=","head":true,"bytes":,"result":"aborted"},'
    b'"on":{"asked":"\1"},"phase":"refusal","policies":[],"at":"20","detail":{"bytes":,"result":"complete"},"id":"\1",'
    b'"intent":"\1","phase":"outcome","on":{"review":"\1","state":"X"},"on":{"clarification":"\1","review":"\1","room":"\1"},'
    b'{"action":"listReviews","at":"{"action":"viewReview","at":"{"action":"listRoom","at":"'
    b'{"action":"downloadVersion","at":"{"action":"viewDocument","at":"2026-05-04T09:30:00.000000+00:00","id":"\1","kind":40'
    b',"number":1,"on":{"document":"\1","review":"\1","room":"\1","version":"\1"},"origin":{"address":"\2","client":"\2",'
    b'"session":"\2"},"permit":"\2","phase":"intent","phase":"act","policies":["documents.circulated-assigned"],"schema":1,'
    b'"stream":"00000000-0000-4000-8000-00000000000","stream":"\1","who":{"appointment":"\1","person":"\1","role":"officer"}}'
    b'"role":"focal_point","state":"X"role":"expert","state":"X"}}'
)


def pack(said: bytes) -> bytes:
    """Pack a JSON object."""
    squeezing = zlib.compressobj(level=9, wbits=_RAW, memLevel=5, zdict=_DICTIONARY)
    return _FIRST + squeezing.compress(_WRITTEN.sub(_packed, said)) + squeezing.flush()


def unpack(kept: bytes) -> bytes:
    """Give the JSON object that was packed, or that was written as it is.

    Raises:
        Damaged: It is neither.

    """
    if kept.startswith(_PLAIN):
        return kept
    if not kept.startswith(_FIRST):
        raise Damaged
    opening = zlib.decompressobj(wbits=_RAW, zdict=_DICTIONARY)
    try:
        said = opening.decompress(kept[1:], MOST_BYTES)
    except zlib.error as error:
        raise Damaged from error
    if not opening.eof or opening.unused_data:
        raise Damaged
    return _PACKED.sub(_written, said)


def _packed(found: re.Match[bytes]) -> bytes:
    written = found[0].decode()
    return b"\2" + bytes.fromhex(written) if "-" not in written else b"\1" + bytes.fromhex(written.replace("-", ""))


def _written(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return found[2].hex().encode()
    one = found[1].hex()
    return f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}".encode()
