"""Reads what a request brings, within bounds of length, time and number: nobody holds memory or a line by dawdling.

1. A form has its most bytes, whatever its length says.
2. A body comes at a least rate: each 64 KiB of it, or its end, takes at most a minute (of an upload: two) of waiting.
   That is 1 KiB a second, an eighth of a line of 64 kbit/s: over such a line 8 MiB come whole, in 18 minutes.
   The time that passes while the portal is busy with what came before isn't counted.
3. So many forms of one network are unfinished at once; and of those longer than a form without long text, few of one
   network and few in all. Whoever comes beyond that is told to send it again.
"""

import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Final

import anyio
from starlette.requests import Request

from portal.domain.texts import N_
from portal.identity.attempts import network
from portal.turns import Crowd
from portal.web.refusals import RequestRefused

SHORT_BYTES = 64 * 1024
LENGTH_DIGITS = 15
PACE_BYTES = 64 * 1024
PACE_SECONDS = 60.0
UPLOAD_SECONDS = 120.0
OF_ONE_NETWORK = 64  # forms that aren't there whole; a ministry may have one network
LONG_OF_ONE_NETWORK = 4
LONG_AT_ONCE = 16  # of a process: at 8 MiB each, 128 MiB
_crowd: Final = Crowd()

LONG_FORM = N_(
    "This form holds more than the portal takes at once, so nothing was done. Shorten the text and send it again."
)
SLOW = N_("What you sent came too slowly, so the portal stopped reading it. Nothing was done.")
MANY = N_(
    "Many forms are on their way from your network at once, so this one was not read and nothing was done. "
    "Go back: what you entered is still there. Send it again in a minute."
)
BUSY = N_(
    "The portal is reading as many long texts as it can, so this one was not read and nothing was done. "
    "Go back: what you entered is still there. Send it again in a minute."
)


class Paced:
    """Gives what arrives, as long as it comes at the least rate."""

    def __init__(self, stream: AsyncIterator[bytes], seconds: float) -> None:
        self._stream, self._seconds = stream, seconds
        self._left, self._came = seconds, 0

    async def next(self) -> bytes:
        """Wait for the next bytes; none: that was the end.

        Raises:
            RequestRefused: 408, they come too slowly.
        """
        began = time.monotonic()
        try:
            with anyio.fail_after(self._left):
                chunk = await anext(self._stream, b"")
        except TimeoutError:
            raise RequestRefused(408, SLOW) from None
        self._left -= time.monotonic() - began
        self._came += len(chunk)
        if self._came >= PACE_BYTES:
            self._left, self._came = self._seconds, 0
        return chunk


async def bounded_body(request: Request, most: int) -> bytes:
    """Read a form's body whole.

    Raises:
        RequestRefused: 413, it is longer, whatever its length says; 408, it comes too slowly; 429, too many forms of
            its network are on their way; 503, too many long ones are.
    """
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > LENGTH_DIGITS or int(length) > most:
        raise RequestRefused(413, LONG_FORM)
    whose = network(request.client.host if request.client else "")
    body = bytearray()
    paced = Paced(request.stream(), PACE_SECONDS)
    long = False
    with ExitStack() as places:
        places.enter_context(_crowd.one_of({b"unfinished " + whose: OF_ONE_NETWORK}, RequestRefused(429, MANY)))
        while chunk := await paced.next():
            body += chunk
            if len(body) > most:
                raise RequestRefused(413, LONG_FORM)
            if len(body) > SHORT_BYTES and not long:
                places.enter_context(_crowd.one_of({b"long": LONG_AT_ONCE}, RequestRefused(503, BUSY)))
                places.enter_context(_crowd.one_of({b"long " + whose: LONG_OF_ONE_NETWORK}, RequestRefused(429, MANY)))
                long = True
    return bytes(body)
