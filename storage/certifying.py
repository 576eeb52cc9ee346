"""Makes the certificates by which proxy and portal know each other: a folder for each, whole or not at all.

1. The key of the authority stays in memory and is gone with the process: what it signed is all that it ever signs.
2. A folder in which something is stays as it is. To renew makes the new ones whole before the former ones go, and both
   sides at once: between the two there is none for a moment, never half of one.
3. Keys belong to whom the former ones belonged; the first ones to whoever makes them. Nobody else can read them.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from storage.certificates import AUTHORITY, CERTIFICATE, FILES, HOSTS, KEY
from storage.errors import Uncertified
from storage.keys.keyring_file import sync_folder
from storage.recovery.folder import write_file

PORTAL, PROXY = SIDES = ("portal", "proxy")
LASTS: Final = timedelta(days=365)
_BEFORE: Final = timedelta(hours=1)  # a clock that is set back a little makes nothing invalid
_ASKS, _SERVES = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
_PURPOSES: Final = {PORTAL: (_SERVES, _ASKS), PROXY: (_ASKS,)}
_NAMES: Final = (x509.DNSName(HOSTS[0]), *(x509.IPAddress(ip_address(one)) for one in HOSTS[1:]))


class Authority:
    """An authority for one portal and its proxy; it signs as long as this object is kept.

    Args:
        begins: From when on its certificates count.
        ends: Until when.

    """

    def __init__(self, begins: datetime, ends: datetime) -> None:
        self.begins, self.ends = begins, ends
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._own = self._certified(self._key.public_key(), "Proxy and portal", None, ends)

    def write(self, folder: Path, side: str, ends: datetime | None = None) -> None:
        """Give one side its folder: the authority's certificate, its own, its key."""
        folder.mkdir(mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        write_file(folder / AUTHORITY, self._own)
        write_file(folder / CERTIFICATE, self._certified(key.public_key(), side, side, ends or self.ends))
        write_file(folder / KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        sync_folder(folder)

    def _certified(self, of: ec.EllipticCurvePublicKey, name: str, side: str | None, ends: datetime) -> bytes:
        made = x509.CertificateBuilder(
            _name("Proxy and portal"), _name(name), of, x509.random_serial_number(), self.begins, ends
        )
        ca = side is None
        made = made.add_extension(x509.BasicConstraints(ca, 0 if ca else None), critical=True)
        made = made.add_extension(_usage(signs=ca), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(of), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = made.add_extension(issuer, critical=False)
        if side is not None:
            made = made.add_extension(x509.ExtendedKeyUsage(_PURPOSES[side]), critical=False)
        if side == PORTAL:
            made = made.add_extension(x509.SubjectAlternativeName(_NAMES), critical=False)
        return made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def make_certificates(folder: Path, *, renew: bool = False) -> datetime:
    """Make what both sides need, in `folder/portal` and `folder/proxy`.

    Args:
        folder: A new one, or one in which nothing is.
        renew: Put new ones in place of those that are there.

    Returns:
        When they end.

    Raises:
        Uncertified: There is something else already, or no folder to make it in.

    """
    former = folder.is_dir() and any(folder.iterdir())
    if former:
        _check_replaced(folder, renew=renew)
    elif os.path.lexists(folder) and not folder.is_dir():
        raise Uncertified(f"{folder} is no folder.")
    if not folder.parent.is_dir():
        raise Uncertified(f"There is no folder {folder.parent} to make {folder.name} in.")
    now = datetime.now(UTC).replace(microsecond=0)
    authority = Authority(now - _BEFORE, now + LASTS)
    new = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for side in SIDES:
            authority.write(new / side, side)
            if former and os.geteuid() == 0:
                _give(new / side, (folder / side).stat())
        new.chmod(0o755)  # it is the portal's and the proxy's; what is in it is one's alone
        sync_folder(new)
        _put(new, folder, former=former)
    except BaseException:
        rmtree(new, ignore_errors=True)
        raise
    return authority.ends


def _check_replaced(folder: Path, *, renew: bool) -> None:
    """Refuse to take away anything but certificates, and those too unless it is said.

    Raises:
        Uncertified: There is something else, or it isn't said.

    """
    if not renew:
        raise Uncertified(
            f"There is something in {folder} already: give a new folder, or --renew those that are in it."
        )
    there = {side.name: _listed(side) for side in folder.iterdir()}
    if folder.is_symlink() or set(there) != set(SIDES) or any(found - set(FILES) for found in there.values()):
        raise Uncertified(f"{folder} holds something else than certificates for proxy and portal: nothing was changed.")


def _listed(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()} if folder.is_dir() and not folder.is_symlink() else {""}


def _put(new: Path, folder: Path, *, former: bool) -> None:
    if not former:
        try:
            new.rename(folder)  # over nothing, or over a folder in which nothing is
        except OSError as error:
            raise Uncertified(f"{folder} can't be made: {error.strerror}.") from error
        sync_folder(folder.parent)
        return
    aside = Path(f"{new}-former")
    folder.rename(aside)
    try:
        new.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    sync_folder(folder.parent)
    with suppress(OSError):  # the new ones are in place: what can't be taken away is of no use to anybody
        rmtree(aside)


def _give(folder: Path, owner: os.stat_result) -> None:
    for path in (*folder.iterdir(), folder):
        os.chown(path, owner.st_uid, owner.st_gid)


def _name(said: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
