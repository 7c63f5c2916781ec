"""TLS to controllers: whom we trust, and what an installer is told when we can't.

A context is made once for all connections that trust alike: reading the public authorities takes 10 ms of CPU.
"""

from __future__ import annotations

import socket
import ssl
from functools import lru_cache

import certifi

from ingest.wire.errors import TlsFailed, Unreachable
from ingest.wire.sockets import Guard


def secure(sock: socket.socket, host: str, verify: bool | str, guard: Guard) -> ssl.SSLSocket:
    """TLS over a fresh connection. ``verify`` may be the certificates (PEM) to trust instead of the public authorities'.

    Raises ``ControllerError``.
    """
    try:
        sock.settimeout(guard.left(guard.limits.read_s))
        return _context(verify).wrap_socket(sock, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise TlsFailed(_untrusted(error, guard.host)) from error
    except TimeoutError as error:
        raise guard.timed_out() from error
    except (ssl.SSLEOFError, ConnectionError) as error:
        raise Unreachable(f"{guard.host} closed the connection while TLS began: it may be restarting.") from error
    except ssl.SSLError as error:
        raise TlsFailed(f"{guard.host} doesn't speak TLS as we do ({error.reason}): is it http, not https?") from error


@lru_cache(maxsize=64)
def _context(verify: bool | str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if verify is False:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif verify is True:
        context.load_verify_locations(certifi.where())
    else:
        _trust(context, str(verify))
    return context


def _trust(context: ssl.SSLContext, certificates: str) -> None:
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # also the controller's own certificate, or an intermediate's
    try:
        context.load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError):
        raise TlsFailed("The CA certificate of this controller can't be read: give it as PEM.") from None


_UNTRUSTED = {
    9: "isn't valid yet: check the clocks of both sides",
    10: "has expired: renew it",
    62: "is made out to another name: use that name in the address, or renew the certificate",
    64: "is made out to another name: use that name in the address, or renew the certificate",
}
"""By OpenSSL's verify codes. All others mean an authority that isn't known here."""


def _untrusted(error: ssl.SSLCertVerificationError, host: str) -> str:
    otherwise = (
        "is signed by nobody known here: give the CA's certificate, or switch off TLS verification for this controller"
    )
    return f"The certificate of {host} {_UNTRUSTED.get(error.verify_code, otherwise)}."
