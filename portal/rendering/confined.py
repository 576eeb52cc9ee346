"""What runs in the confined process: it reads one file, does one job, and answers once.

Started by path, as a fresh interpreter without the parent's environment (confinement.py), with the module of its job,
the number of the pipe that tells it to begin, and its limits. Descriptor 0 is the input: the file, further pieces, a
head in JSON and the head's length in eight bytes. Descriptor 1 takes the answer: the length of its head, a head in
JSON, and bytes.
"""

import codecs
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from portal.domain.rendering import Failure, NotRendered  # noqa: E402 - found by the line above
from portal.rendering import sandbox  # noqa: E402 - likewise
from portal.rendering.jobs import LENGTH_BYTES, NO_CONFINEMENT, Given, Made  # noqa: E402 - likewise

# Python reads these from files at first use, which is too late once files are closed
ENCODINGS: Final = ("ascii", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32-le")

Job = Callable[[Given], Made]


def main() -> int:
    """Read the libraries, close in, wait for the word, do one job."""
    module = import_module(sys.argv[1])
    begins, memory_bytes, seconds = map(int, sys.argv[2:])
    for encoding in ENCODINGS:
        codecs.lookup(encoding)
    try:
        sandbox.close_in(memory_bytes, seconds)
    except sandbox.NoConfinement:
        return NO_CONFINEMENT
    if os.read(begins, 1):  # nothing: the portal has ended
        size = os.lseek(0, 0, os.SEEK_END)  # not fstat, which newer C libraries take for a look at a file
        length = int.from_bytes(os.pread(0, LENGTH_BYTES, size - LENGTH_BYTES), "big")
        head = json.loads(os.pread(0, length, size - LENGTH_BYTES - length))
        _answer(_done(getattr(module, head["job"]), head))
    os._exit(0)  # no library's end of its own


def _done(job: Job, head: Mapping[str, Any]) -> Made | Failure:
    try:
        return job(Given(_pieces(head["sizes"]), head["parameters"]))
    except NotRendered as told:
        return told.failure
    except MemoryError:
        return Failure.TOO_LARGE
    except Exception:  # noqa: BLE001 - whatever a hostile file leads to: its words stay here
        return Failure.CRASHED


def _pieces(sizes: Sequence[int]) -> list[bytes]:
    found, at = [], 0
    for size in sizes:
        found.append(os.pread(0, size, at))
        at += size
    return found


def _answer(said: Made | Failure) -> None:
    made = Made({"failure": said}) if isinstance(said, Failure) else said
    head = json.dumps(dict(made.facts), ensure_ascii=False).encode("utf-8", "surrogatepass")
    for part in (len(head).to_bytes(LENGTH_BYTES, "big"), head, made.content):
        view = memoryview(part)
        while view:
            view = view[os.write(1, view) :]


if __name__ == "__main__":
    sys.exit(main())
