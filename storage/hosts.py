"""Which hosts are this machine."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Tell whether a host is the loopback of this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
