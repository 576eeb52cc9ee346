"""What the service says of itself on standard error: a line each, in words or as JSON, and no error's own words.

1. An error is written by its kind and its place. Its words may quote what somebody typed, or a row.
2. What no line of ours expected, in a thread or at the end, is written the same way.
3. A line break in what is said is no new line: each line of the log begins with its time.
"""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType

from storage.permits import current_request

log = logging.getLogger("portal")


class Lines(logging.Formatter):
    """Writes a record as a line of words, and the place of an error in lines that are set in."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        head = f"{_time(record)} {record.levelname} {record.name}: "
        said = "\n".join([record.getMessage(), *_error(record)])
        return head + "\n    ".join(said.splitlines())


class Objects(logging.Formatter):
    """Writes a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        said: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = current_request.get()
        if request is not None:
            said["request"] = str(request)
        if error := _error(record):
            said["error"], said["place"] = error[0], error[1:]
        return json.dumps(said)


def begin(form: str) -> None:
    """Send what the portal and its server say to standard error; what the server says of itself at each start isn't.

    Args:
        form: `json`, or `text` for people.

    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Objects() if form == "json" else Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(capture=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("_granian").addFilter(lambda record: "experimental" not in str(record.msg))
    sys.excepthook = _ended
    threading.excepthook = _thread_ended


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _error(record: logging.LogRecord) -> list[str]:
    """Give the kind of an error and where it happened, the outermost place first."""
    kind, _, place = record.exc_info or (None, None, None)
    if kind is None:
        return []
    return [kind.__qualname__, *(f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(place))]


def _ended(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    log.critical("the portal ends", exc_info=(kind, error, place))


def _thread_ended(told: threading.ExceptHookArgs) -> None:
    name, error = told.thread.name if told.thread else "-", told.exc_value
    if error is not None:
        log.critical("the thread %s ended", name, exc_info=(told.exc_type, error, told.exc_traceback))
