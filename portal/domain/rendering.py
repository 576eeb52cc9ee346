"""Why a file can't be shown, marked or read: a closed list, since what reads hostile files may say nothing else."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.texts import N_


class Failure(StrEnum):
    """What a confined process may answer instead of a result."""

    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    TOO_LONG = "too_long"  # more pages than are taken
    TOO_LARGE = "too_large"  # more bytes or memory than are taken
    TOOK_TOO_LONG = "took_too_long"
    CRASHED = "crashed"
    NOT_SUPPORTED = "not_supported"
    BUSY = "busy"
    STOPPED = "stopped"  # whoever asked has left


SENTENCES: Final[Mapping[Failure, str]] = {
    Failure.DAMAGED: N_("This file is damaged, or isn’t of the type that its name says. Nothing was changed."),
    Failure.ENCRYPTED: N_("This file opens with a password of its own, so the portal can’t show it."),
    Failure.TOO_LONG: N_("This file has more pages than the portal shows."),
    Failure.TOO_LARGE: N_("This file takes more memory than the portal gives to one file."),
    Failure.TOOK_TOO_LONG: N_("Reading this file took too long, so it was stopped."),
    Failure.CRASHED: N_("This file couldn’t be read. Nothing was changed."),
    Failure.NOT_SUPPORTED: N_("Files of this type can’t be shown on this machine."),
    Failure.BUSY: N_("Many files are being read at this moment. Please try again in a minute."),
    Failure.STOPPED: N_("This was stopped before it was done."),
}


class NotRendered(Exception):
    """A confined process gave no result."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(SENTENCES[failure])
        self.failure = failure
