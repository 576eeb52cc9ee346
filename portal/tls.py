"""TLS between the proxy and the portal, in which each proves itself by a certificate.

1. Both certificates are of one authority that `portal tls make` makes for these two alone, and whose key it forgets:
   nobody else is ever let in by it.
2. Neither side takes anything but TLS 1.3, nor anybody without such a certificate. The portal's own is good for asking,
   too, so that its account can ask whether it is well; the proxy's can't serve.
3. What is missing, open to others, at its end or doesn't belong together is refused before anything listens.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from portal.errors import Invalid
from portal.settings import Settings
from storage.certificates import AUTHORITY, CERTIFICATE, HOSTS, KEY, ends_of
from storage.errors import Uncertified
from storage.hosts import is_loopback

SOON: Final = timedelta(days=30)  # before their end one is told


@dataclass(frozen=True, slots=True)
class Certificates:
    """What one side has in its folder: who is believed, and by what it proves itself."""

    folder: Path

    @property
    def authority(self) -> Path:
        """Whoever has a certificate of this one is believed."""
        return self.folder / AUTHORITY

    @property
    def certificate(self) -> Path:
        """What is shown."""
        return self.folder / CERTIFICATE

    @property
    def key(self) -> Path:
        """What proves that it is one's own."""
        return self.folder / KEY

    def client(self) -> ssl.SSLContext:
        """Give what asks with this certificate."""
        return self._closed(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def server(self) -> ssl.SSLContext:
        """Give what answers with it, and nobody but who has one of the same authority."""
        return self._closed(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    def _closed(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority)
        context.load_cert_chain(self.certificate, self.key)
        return context


def certificates(settings: Settings) -> Certificates | None:
    """Give the certificates that the settings name, unread; None: plain HTTP is spoken."""
    return Certificates(Path(settings.tls_folder)) if settings.tls_folder else None


def check_tls(settings: Settings, now: datetime | None = None) -> datetime | None:
    """Refuse certificates that can't be used, and a portal for others without any.

    Returns:
        When they end; None: the portal serves this machine alone, and has none.

    Raises:
        Invalid: The sentence says what is wrong with which file.

    """
    found = certificates(settings)
    if found is None:
        if settings.on_this_machine:
            return None
        raise Invalid(
            "portal and proxy must know each other by certificates, or whoever is on this machine could pass for the "
            "proxy: make them with `portal tls make FOLDER`, and set tls_folder to FOLDER/portal"
        )
    if is_loopback(settings.host) and settings.host not in HOSTS:
        raise Invalid(f"the certificate is good for {', '.join(HOSTS)}: set host to one of these, not {settings.host}")
    try:
        return ends_of(found.folder, now or datetime.now(UTC))
    except Uncertified as error:
        mend = "Portal and proxy get new ones by `portal tls make FOLDER --renew`"
        if isinstance(error.__cause__, PermissionError):
            mend = f"Give {found.folder} with all that is in it to the account that the portal runs under"
        elif not found.folder.exists():
            mend = "Make them with `portal tls make FOLDER`, and set tls_folder to FOLDER/portal"
        raise Invalid(f"the setting tls_folder: {error} {mend}") from error
