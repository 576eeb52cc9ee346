"""Validates the policies in a process of its own, while the one that is starting reads its libraries.

Cedar needs a third of a second for it and lets no other thread run meanwhile.
"""

import os
from pathlib import Path
from typing import Final

from policies.engine import FOLDER, Engine, PolicyError, read

_MOST: Final = 4096  # bytes of a message


class Validating:
    """Begun before there are threads; what was validated is what the engine is made of."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read the policies and begin.

        Raises:
            PolicyError: There is no schema.

        """
        self._texts, self._schema_text = read(folder)
        self._told, tells = os.pipe()
        self._process = os.fork()
        if not self._process:
            self._validate(tells)
        os.close(tells)

    def _validate(self, tells: int) -> None:
        status = 1
        try:
            Engine.parse(self._texts, self._schema_text)
            status = 0
        except PolicyError as error:
            os.write(tells, str(error).encode()[:_MOST])
        finally:
            os._exit(status)  # the starting process's own ends and buffers are not this one's

    def engine(self) -> Engine:
        """Wait for the outcome, once.

        Raises:
            PolicyError: A text can't be used, or could not be validated; the message says which and why.

        """
        with os.fdopen(self._told, "rb") as told:
            words = told.read().decode(errors="replace")
        if os.waitpid(self._process, 0)[1]:
            raise PolicyError(words or "the process that validates them broke off")
        return Engine.parse(self._texts, self._schema_text, validated=True)
