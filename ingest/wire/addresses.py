"""Which addresses a controller can have, which are the public Internet's, and looking them up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]

# What clouds answer with credentials on, beside 169.254/16 and fe80::/10.
_METADATA = frozenset(map(ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")))
_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Tunnels, which lead to whatever IPv4 address stands in them.
_SIXTOFOUR, _TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")


def is_refused(address: str) -> bool:
    """Whether no controller can have this IP address. Private and loopback addresses are where controllers live."""
    ip = _embedded(ip_address(address))
    if ip.is_loopback:
        return False
    this_network = ip.version == 4 and ip.packed[0] == 0
    return this_network or ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved or ip in _METADATA


def is_public(address: str) -> bool:
    """Whether this IP address is one of the public Internet's: nothing of ours, or of our neighbours', has such a one."""
    ip = _embedded(ip_address(address))
    if isinstance(ip, IPv6Address) and (ip not in _GLOBAL_UNICAST or ip in _SIXTOFOUR or ip in _TEREDO):
        return False
    return ip.is_global and not ip.is_multicast and not is_refused(address)


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(ip, IPv4Address):
        return ip
    return IPv4Address(ip.packed[-4:]) if ip in _NAT64 else ip.ipv4_mapped or ip


def resolve(host: str, port: int, seconds: float) -> Sequence[AddressInfo]:
    """The host's addresses, as ``socket.getaddrinfo`` has them.

    Raises ``TimeoutError``, and ``OSError`` or ``UnicodeError`` where there is no such name. A name is looked up in a
    thread of its own, since that can't be given a time-out.
    """
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        pass
    answer: list[Sequence[AddressInfo] | Exception] = []
    thread = threading.Thread(target=_look_up, args=(host, port, answer), daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        raise TimeoutError
    if isinstance(answer[0], Exception):
        raise answer[0]
    return answer[0]


def _look_up(host: str, port: int, answer: list[Sequence[AddressInfo] | Exception]) -> None:
    try:
        answer.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        answer.append(error)
