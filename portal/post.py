"""The mail server: one connection over which messages leave, with its certificate checked and every wait bounded.

1. Nothing goes out in the clear but to this machine itself: a server that offers no STARTTLS is given nothing.
2. What the server says is kept nowhere: it may repeat an address. Errors are known by their kind alone.
"""

import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from portal.errors import Invalid
from portal.settings import Settings
from storage.hosts import is_loopback

TIMEOUT_SECONDS: Final = 20
SECURITIES: Final = ("starttls", "tls", "none")


class PostError(Exception):
    """A message didn't leave, as far as we know; `kind` says why without the server's words."""

    def __init__(self, cause: Exception) -> None:
        behind = cause.__context__  # smtplib says that the server is gone, whatever took it away
        gone = isinstance(cause, smtplib.SMTPServerDisconnected) and isinstance(behind, OSError)
        self.kind = type(behind if gone else cause).__name__
        super().__init__(self.kind)


class PostUnavailable(PostError):
    """The server can't be reached, isn't the one that it should be, or broke off: nothing more leaves now."""


class PostRefused(PostError):
    """The server doesn't take this message; it may take others."""


def check_post(settings: Settings) -> None:
    """Refuse settings by which mail would never leave, or would leave in the clear.

    Raises:
        Invalid: The sentence says which setting.

    """
    if not settings.smtp_host:
        return
    if settings.smtp_security not in SECURITIES:
        raise Invalid(f"the setting smtp_security can be starttls, tls or none, not {settings.smtp_security!r}")
    if settings.smtp_security == "none" and not is_loopback(settings.smtp_host):
        raise Invalid("the setting smtp_security can be none only if smtp_host is this machine (127.0.0.1, localhost)")
    try:
        Address(addr_spec=settings.mail_from)
    except (ValueError, IndexError, AttributeError, MessageError) as error:
        raise Invalid("the setting mail_from must be a mail address, since smtp_host is set") from error
    if not settings.mail_from.isascii() or "@" not in settings.mail_from:
        raise Invalid("the setting mail_from must be a mail address, since smtp_host is set")


def host_name(settings: Settings) -> str:
    """Give the name by which the portal speaks to mail servers: that of its own address."""
    return urlsplit(settings.origin).hostname or "localhost"


class Post:
    """A connection to the mail server, open inside a `with` block.

    Raises:
        PostUnavailable: There is none.

    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> Self:
        """Connect, make it confidential, say who we are."""
        client: smtplib.SMTP | None = None
        try:
            client = self._connected()
            if self._settings.smtp_user:
                client.login(self._settings.smtp_user, self._settings.smtp_password)
        except (OSError, ValueError) as error:  # smtplib's own errors are OSErrors
            if client is not None:
                client.close()
            raise PostUnavailable(error) from error
        self._client = client
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say good-bye; what left has left."""
        try:
            self._client.quit()
        except OSError:
            self._client.close()

    def send(self, message: EmailMessage) -> None:
        """Hand a message over; when this returns, the server has taken it.

        Raises:
            PostUnavailable: The connection broke; the server may have taken it or not.
            PostRefused: The server doesn't take this one.

        """
        try:
            self._client.send_message(message)
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
            raise PostUnavailable(error) from error
        except (smtplib.SMTPException, ValueError) as error:
            raise PostRefused(error) from error
        except OSError as error:
            raise PostUnavailable(error) from error

    def _connected(self) -> smtplib.SMTP:
        settings, name = self._settings, host_name(self._settings)
        where = (settings.smtp_host, settings.smtp_port)
        if settings.smtp_security == "none":
            return smtplib.SMTP(*where, local_hostname=name, timeout=TIMEOUT_SECONDS)
        context = ssl.create_default_context(cafile=settings.smtp_ca_file or None)
        if settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(*where, local_hostname=name, timeout=TIMEOUT_SECONDS, context=context)
        client = smtplib.SMTP(*where, local_hostname=name, timeout=TIMEOUT_SECONDS)
        try:
            client.starttls(context=context)
        except BaseException:
            client.close()
            raise
        return client
