"""Which addresses a workflow may contact: those of the public internet, in whatever form they are written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_CLOUD_METADATA = frozenset({IPv4Address("168.63.129.16")})
"""Addresses that look public and answer from inside a cloud."""

_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_IPV4_COMPATIBLE = IPv6Network("::/96")
_IPV4_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
"""Said here as well, because what Python calls global differs between its versions."""
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001:db8::/32", "2001:2::/48", "2001:10::/28", "3fff::/20")))


def why_not_public(text: str) -> str | None:
    """Why this address, as a resolver gives it, is not of the public internet; None when it is."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "it is no address"
    for one in (address, *_inside(address)):
        why = _why_not_public_4(one) if isinstance(one, IPv4Address) else _why_not_public_6(one)
        if why:
            return why if one is address else f"{why} (as {one})"
    return None


def _why_not_public_4(address: IPv4Address) -> str | None:
    if address in _CLOUD_METADATA or address in IPv4Network("169.254.0.0/16"):
        return "it belongs to this machine's own link or to a cloud's metadata service"
    if address.is_loopback:
        return "it is this machine itself"
    if any(address in network for network in _NOT_PUBLIC_4) or not address.is_global:
        return "it is a private or reserved address"
    return None


def _why_not_public_6(address: IPv6Address) -> str | None:
    if address.is_loopback or address.is_unspecified:
        return "it is this machine itself"
    if _embeds_ipv4(address):
        # Judged by the address inside; that one is looked at as well.
        return None
    if address not in _PUBLIC_6 or not address.is_global or any(address in one for one in _NOT_PUBLIC_6):
        return "it is a private or reserved address"
    return None


def _embeds_ipv4(address: IPv6Address) -> bool:
    return address.ipv4_mapped is not None or address in _NAT64


def _inside(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses that an IPv6 address leads to on some network or other."""
    if isinstance(address, IPv4Address):
        return ()
    found: list[Address] = []
    last = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if any(address in network for network in (_NAT64, _NAT64_LOCAL, _IPV4_COMPATIBLE, _IPV4_TRANSLATED)):
        found.append(last)
    if int(address) >> 32 & 0xFDFF_FFFF == 0x0000_5EFE:
        found.append(last)  # ISATAP
    return tuple(found)
