"""How requests is brought to open connections our way: guarded sockets, and one TLS context for all controllers alike."""

from __future__ import annotations

import ssl
from functools import lru_cache, partial
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from ingest.wire.errors import TlsFailed, Unreachable
from ingest.wire.sockets import Guard, GuardedSocket, GuardedTlsSocket, connect


class Adapter(HTTPAdapter):
    """One client's pool, of one connection.

    Its TLS context isn't requests' own, which reads all CA certificates again for each connection: 10 ms of CPU each.
    """

    def __init__(self, guard: Guard, verify_tls: bool | str) -> None:
        self._guard, self._verify_tls = guard, verify_tls
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_HttpPool, guard=self._guard),
            "https": partial(_HttpsPool, guard=self._guard),
        }

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": _tls_context(self._verify_tls)} if host["scheme"] == "https" else {}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to set: the context has it all."""


@lru_cache(maxsize=16)
def _tls_context(verify: bool | str) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.sslsocket_class = GuardedTlsSocket
    if verify is False:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    try:
        context.load_verify_locations(certifi.where() if verify is True else verify)
    except OSError as error:
        raise TlsFailed(f"The CA file {verify} can't be read: {error.strerror or 'it holds no certificate'}.") from None
    return context


class _HttpConnection(HTTPConnection):
    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard

    def _new_conn(self) -> GuardedSocket:
        return connect(self._dns_host, self.port, self._guard)


class _HttpsConnection(HTTPSConnection):
    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard

    def _new_conn(self) -> GuardedSocket:
        return connect(self._dns_host, self.port, self._guard)

    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            raise TlsFailed(_untrusted(error, self._guard.host)) from error
        except TimeoutError as error:
            raise self._guard.timed_out() from error
        except (ssl.SSLEOFError, ConnectionError) as error:
            raise Unreachable(
                f"{self._guard.host} closed the connection while TLS began: it may be restarting."
            ) from error
        except ssl.SSLError as error:
            raise TlsFailed(
                f"{self._guard.host} doesn't speak TLS as we do ({error.reason}): is it http, not https?"
            ) from error
        if isinstance(self.sock, GuardedTlsSocket):
            self.sock.guard = self._guard


_UNTRUSTED = {
    9: "isn't valid yet: check the clocks of both sides",
    10: "has expired: renew it",
    62: "is made out to another name: use that name in the address, or renew the certificate",
    64: "is made out to another name: use that name in the address, or renew the certificate",
}
"""By OpenSSL's verify codes. All others mean an authority that isn't known here."""


def _untrusted(error: ssl.SSLCertVerificationError, host: str) -> str:
    otherwise = "is signed by nobody known here: give the CA's file, or switch off TLS verification for this controller"
    return f"The certificate of {host} {_UNTRUSTED.get(error.verify_code, otherwise)}."


class _HttpPool(HTTPConnectionPool):
    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ConnectionCls = partial(_HttpConnection, guard=guard)  # type: ignore[assignment]


class _HttpsPool(HTTPSConnectionPool):
    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ConnectionCls = partial(_HttpsConnection, guard=guard)  # type: ignore[assignment]

    def _validate_conn(self, conn: Any) -> None:
        """As it was, without a warning for each request where a person has switched verification off."""
        if conn.is_closed:
            conn.connect()
