"""Keys of an object store that whoever runs the portal exchanges in a file while it runs: short-lived ones.

The file has the form of AWS (`~/.aws/credentials`), one profile called `default`. It is read for each request to the
store, so what stands in it counts from the next one on, and nothing of it is kept. While it is half-written, or
exchanged in another way than by renaming, the store counts as away: who asked asks again.
"""

import os
import re
import stat
from configparser import Error, RawConfigParser
from pathlib import Path
from typing import Final

from minio.credentials.credentials import Credentials
from minio.credentials.providers import Provider

from storage.errors import StoreUnavailable

PROFILE: Final = "default"
MOST_BYTES: Final = 64 * 1024
_KEY: Final = re.compile(r"[!-~]{1,8192}")  # it goes into a header


class CredentialsFile(Provider):
    """Gives what stands in a file now."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def retrieve(self) -> Credentials:
        """Read the file.

        Raises:
            StoreUnavailable: It isn't there, everybody may read it, or it isn't whole; its words stay out of ours.

        """
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o007:
                    raise StoreUnavailable(f"{self._path} must be a file that not everybody can reach: chmod 0640 it.")
                text = file.read(MOST_BYTES + 1)
        except OSError as cause:
            raise StoreUnavailable(
                f"The object store's keys in {self._path} can't be read: {cause.strerror}."
            ) from cause
        profile = _profile(text)
        key, secret = (profile.get(f"aws_{name}", "") for name in ("access_key_id", "secret_access_key"))
        token = profile.get("aws_session_token")
        if not all(_KEY.fullmatch(one) for one in (key, secret, *([] if token is None else [token]))):
            raise StoreUnavailable(
                f"{self._path} holds no keys of an object store: a profile [{PROFILE}] with aws_access_key_id and "
                "aws_secret_access_key, and aws_session_token if there is one."
            )
        return Credentials(key, secret, token)


def _profile(text: bytes) -> dict[str, str]:
    """Give what stands under the profile; nothing where that can't be read."""
    parser = RawConfigParser(default_section="")  # `default` is a profile like others, and % only a character
    try:
        if len(text) <= MOST_BYTES:
            parser.read_string(text.decode())
        return dict(parser[PROFILE])
    except (Error, UnicodeDecodeError, KeyError):
        return {}
