"""Which addresses are of the public internet."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.tools.addresses import why_not_public

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:200::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    *("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "0.1.2.3", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.1.1"),
    *("240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1", "100.100.100.200"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *(
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::808:808",
        "::ffff:0:7f00:1",
    ),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:4860::5efe:7f00:1", "5f00::1"),
    *("", "localhost", "1.2.3", "0x7f000001"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert why_not_public(address) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address: str) -> None:
    assert why_not_public(address)


@given(st.ip_addresses(v=4))
def test_every_way_to_write_an_address_in_six_is_judged_as_the_address(four: ipaddress.IPv4Address) -> None:
    if why_not_public(str(four)):
        number = int(four)
        for prefix in (0xFFFF << 32, 0x64FF9B << 96, 0):
            assert why_not_public(str(ipaddress.IPv6Address(prefix | number)))
        assert why_not_public(str(ipaddress.IPv6Address(0x2002 << 112 | number << 80)))


@given(st.ip_addresses(v=6))
def test_only_global_unicast_is_public(six: ipaddress.IPv6Address) -> None:
    if why_not_public(str(six)) is None:
        assert six.ipv4_mapped or str(six).startswith("64:ff9b") or str(six)[0] in "23"
