"""What a portal asks, and is asked, over the network: itself, its proxy, the mail server, identity providers.

What others say is repeated nowhere: an error is known by its kind.
"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from portal.doctor.findings import Finding, Mark
from portal.domain.reach import Reach
from portal.domain.strict import strict_json
from portal.errors import Invalid
from portal.identity.discovery import read_document
from portal.outgoing import OK, Silent, exchange
from portal.post import Post, PostUnavailable, check_post
from portal.ready import OTHERS, STRANGE, status
from portal.settings import Settings
from storage.database import Database
from storage.repositories.issuers import IssuerRecords

ANYWHERE: Final = Reach((ip_network("0.0.0.0/0"), ip_network("::/0")), this_machine=True)
_FROM: Final = "203.0.113.1"  # RFC 5737: an address of nobody


def serves(settings: Settings) -> bool:
    """Tell whether the portal answers on this machine, by whatever certificates."""
    return status(settings, "/healthz") in {OK, STRANGE}


def service(settings: Settings) -> Iterator[Finding]:
    """Ask the running portal whether it can work, and as its proxy does."""
    if not serves(settings):
        says = f"nothing answers on {settings.host}, port {settings.port}"
        yield Finding("service", Mark.ADVICE, says, "start the portal, if it should run: systemctl start portal")
        return
    found = status(settings, "/readyz")
    if found == STRANGE:
        mend = "start the portal again, and let the proxy load its settings anew: certificates are read at the start"
        yield Finding("service", Mark.WRONG, OTHERS, mend)
        return
    if found != OK:
        mend = "the lines here, or journalctl -u portal, say which part doesn't answer"
        yield Finding("service", Mark.WRONG, "the portal runs, and says that it can't work", mend)
        return
    yield Finding("service", Mark.OK, "the portal runs, and can work")
    if not settings.on_this_machine:
        yield from _proxied(settings)


def _proxied(settings: Settings) -> Iterator[Finding]:
    host = urlsplit(settings.origin).netloc
    if any(ip_address("127.0.0.1") in ip_network(one) for one in settings.proxies):
        said = {"Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": _FROM}
        if status(settings, "/healthz", said) != OK:
            mend = "start the portal again: it runs with other settings than these"
            yield Finding("proxy", Mark.WRONG, f"the portal doesn't know itself as {host} behind its proxy", mend)
            return
    try:
        found = exchange(ANYWHERE, "GET", f"{settings.origin.rstrip('/')}/sign-in", {"Accept": "text/html"})
    except Silent as error:
        mend = "see that the name leads to the proxy, that it runs, and that its certificate counts"
        yield Finding("proxy", Mark.ADVICE, f"{settings.origin} gives no answer here ({error.code})", mend)
        return
    if found.status == OK:
        yield Finding("proxy", Mark.OK, f"{settings.origin} leads here by https")
    else:
        mend = "let the proxy keep Host, set X-Forwarded-Proto and X-Forwarded-For itself, and be one of PORTAL_PROXIES"
        yield Finding("proxy", Mark.WRONG, f"{settings.origin} answers {found.status}", mend)


def mail(settings: Settings) -> Iterator[Finding]:
    """Greet the mail server, prove who we are, and send nothing."""
    if not settings.smtp_host:
        yield Finding("mail", Mark.UNUSED, "no mail server is set: people find their notices in the portal alone")
        return
    try:
        check_post(settings)
        with Post(settings):
            pass
    except Invalid:
        return  # the look at the settings says so
    except PostUnavailable as error:
        mend = "see the settings smtp_*, the server's certificate, and IPAddressAllow= in the unit"
        yield Finding("mail", Mark.WRONG, f"{settings.smtp_host} doesn't take our mail ({error.kind})", mend)
        return
    yield Finding("mail", Mark.OK, f"{settings.smtp_host} lets us in, port {settings.smtp_port}")


def issuers(settings: Settings, database: Database) -> Iterator[Finding]:
    """Read what each identity provider that is connected says of itself."""
    with database.read() as session:
        urls = sorted({row.url for row in IssuerRecords(session).live()})
    if not urls:
        yield Finding("sign-in", Mark.UNUSED, "no identity provider is connected")
    for url in urls:
        try:
            _discover(url, settings.issuer_reach)
        except Silent as error:
            mend = "ask whoever runs it; one in an inner network has to be named in issuer_networks and IPAddressAllow="
            yield Finding("sign-in", Mark.WRONG, f"{url} can't be used ({error.code})", mend)
        else:
            yield Finding("sign-in", Mark.OK, f"{url} says who it is")


def _discover(url: str, reach: Reach) -> None:
    found = exchange(
        reach, "GET", url.rstrip("/") + "/.well-known/openid-configuration", {"Accept": "application/json"}
    )
    if found.status != OK:
        raise Silent("wrong-status")
    try:
        said = strict_json(found.body)
    except ValueError:
        raise Silent("no-json") from None
    if not isinstance(said, dict):
        raise Silent("no-json")
    read_document(said, url, reach)
