"""Where providers are asked: at global addresses, and where the settings say."""

from ipaddress import ip_address, ip_network

import pytest

from portal.domain.issuers import issuer_url
from portal.domain.problems import RefusedError
from portal.domain.reach import Reach
from portal.errors import Invalid
from portal.settings import Settings

INTERNET = Reach()
INNER = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - it stands for this machine
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2001:0:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "4000::1",
]


@pytest.mark.parametrize("address", INNER)
def test_no_inner_address_is_asked(address: str) -> None:
    assert not INTERNET.meets(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    assert not INTERNET.allows(f"https://{host}/")


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_global_addresses_are(address: str) -> None:
    assert INTERNET.meets(ip_address(address))


def test_a_network_that_the_settings_name_is_asked_and_its_neighbour_is_not() -> None:
    reach = Reach((ip_network("10.20.0.0/16"), ip_network("fd00:1::/32")))
    assert reach.meets(ip_address("10.20.3.4"))
    assert reach.meets(ip_address("::ffff:10.20.3.4"))
    assert reach.meets(ip_address("fd00:1::4"))
    assert not reach.meets(ip_address("10.21.0.1"))
    assert not reach.meets(ip_address("127.0.0.1"))
    assert reach.allows("https://10.20.3.4/")
    assert not reach.allows("http://10.20.3.4/")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://localhost/a", "http://[::1]:9/", "https://localhost/", "https://127.0.0.1/"]
)
def test_this_machine_is_asked_only_where_the_portal_serves_it_alone(url: str) -> None:
    assert Settings().issuer_reach.allows(url)
    for origin in ("https://localhost", "https://portal.example.org", "http://portal.example.org", "http://10.0.0.1"):
        assert not Settings(origin=origin).issuer_reach.allows(url)


def test_plain_http_goes_nowhere_else() -> None:
    named = Reach((ip_network("127.0.0.0/8"),))
    assert named.allows("https://127.0.0.1/")
    assert not named.allows("http://127.0.0.1/")
    for host in ("idp.example.org", "8.8.8.8", "10.0.0.1", "127.0.0.1.example.org", "localhost.example.org"):
        assert not Settings().issuer_reach.allows(f"http://{host}/")


ODD = [
    None,
    7,
    [],
    "",
    "https://",
    "https://[",
    "https://[::1",
    "https://[a]/",
    "https://a..b/",
    "https://.a/",
    "https://a./",
    "https://-a/",
    "https://a:99999/",
    "https://a:b/",
    "https://u@a/",
    "https://@a/",
    "https://u:w@a/",
    "https://a/#b",
    "https://a b/",
    "https://a\\@b/",
    "https://a\n/",
    "https://a/\ud800",
    "https://a/\x7f",
    "https://\u0440\u0444/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://a.127/",
    f"https://{'a' * 64}.org/",
    f"https://{'a.' * 130}org/",
    "https://a/" + "b" * 2000,
    "javascript:alert(1)",
    "ftp://a/",
    "//a/",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("url", ODD, ids=lambda url: repr(url)[:40])
def test_what_is_no_address_of_a_provider_is_never_asked(url: object) -> None:
    assert not INTERNET.allows(url)
    assert not Settings().issuer_reach.allows(url)


@pytest.mark.parametrize(
    "url", ["https://idp.example.org", "https://idp-1.a_b.example.org:8443/realms/x?y=z", "https://sso/"]
)
def test_a_name_is_looked_up_when_it_is_asked(url: str) -> None:
    assert INTERNET.allows(url)


def test_the_form_refuses_what_could_never_be_asked_and_says_which_way_is_left() -> None:
    for text in (
        "https://10.0.0.1",
        "http://idp.example.org",
        "http://127.0.0.1:9",
        "https://localhost",
        "https://a..b",
    ):
        with pytest.raises(RefusedError) as refused:
            issuer_url(text, INTERNET)
        assert "in networks that its settings name" in refused.value.problems[0].sentence
    for text in ("idp.example.org", "https://a/?b", "https://a b"):
        with pytest.raises(RefusedError) as refused:
            issuer_url(text, INTERNET)
        assert "as it names itself" in refused.value.problems[0].sentence
    assert issuer_url("https://idp.example.org/x", INTERNET) == "https://idp.example.org/x"


@pytest.mark.parametrize("network", ["10.0.0.1/8", "inner", "10.0.0.0/40", ""])
def test_a_network_that_is_none_is_found_at_the_start(network: str) -> None:
    with pytest.raises(Invalid, match="issuer_networks"):
        Settings(issuer_networks=(network,))
