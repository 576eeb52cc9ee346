"""What the service says of itself: a line each, by kind and place, in words and as JSON."""

import json
import logging
import subprocess
import sys
from uuid import uuid4

import pytest

from portal import logs
from portal.errors import Invalid
from portal.settings import Settings
from storage import permits

WORD = "violet-anchor"


def record(message: str, *values: object) -> logging.LogRecord:
    try:
        int(WORD)
    except ValueError:
        return logging.LogRecord("portal.x", logging.ERROR, __file__, 1, message, values, sys.exc_info())


def test_an_error_is_written_by_its_kind_and_place_without_its_words() -> None:
    for form in (logs.Lines(), logs.Objects()):
        said = form.format(record("it failed"))
        assert "ValueError" in said
        assert "test_logs.py" in said
        assert "it failed" in said
        assert WORD not in said


def test_a_record_as_json_is_one_object_on_one_line_with_the_request() -> None:
    request = uuid4()
    with permits.request(request):
        said = logs.Objects().format(record("first\nsecond %s", "\r\n{}"))
    assert "\n" not in said
    told = json.loads(said)
    assert (told["request"], told["level"], told["logger"]) == (str(request), "error", "portal.x")
    assert told["message"] == "first\nsecond \r\n{}"
    assert told["time"].endswith("+00:00")


def test_nobody_begins_a_line_of_the_log_by_a_line_break_in_a_value() -> None:
    said = logs.Lines().format(record("refused at %s", "x\n2026-01-01T00:00:00 INFO portal: all is well\r\ny\u2028z"))
    assert [line for line in said.splitlines() if not line.startswith("    ")] == [said.splitlines()[0]]


def test_a_format_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="log_format"):
        Settings(log_format="xml")


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_nobody_expected_is_written_without_its_words(form: str) -> None:
    program = (
        f"import threading, warnings; from portal import logs; logs.begin({form!r})\n"
        f"def fails(): raise RuntimeError({WORD!r})\n"
        "thread = threading.Thread(target=fails, name='work'); thread.start(); thread.join(); fails()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("RuntimeError") == 2, done.stderr
    assert "the thread work ended" in done.stderr
    assert WORD not in done.stderr
