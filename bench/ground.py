"""What a benchmark stands on: a database and a broker that are as durable as in life, Django on them, and web servers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from xovis_platform.stack.plan import CONNECTIONS
from xovis_platform.stack.ports import LOOPBACK, free_ports
from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE, temporary_services

WORKERS = 2


@contextmanager
def ground() -> Iterator[None]:
    """Services of its own, and Django set up on them with all its tables. Once in a process: settings are read once."""
    with temporary_services(durable=True) as services:
        os.environ |= {
            DATABASE_VARIABLE: services.database_url,
            BROKER_VARIABLE: services.redis_url,
            "XOVIS_SECRET_KEY": "only for benchmarks",
            "XOVIS_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "DJANGO_SETTINGS_MODULE": "xovis_platform.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield


@contextmanager
def granian(application: str, interface: str, variables: Mapping[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """A web server with as many workers as the platform's; its address, and the id of its process."""
    port = free_ports()
    command = [
        str(Path(sys.executable).with_name("granian")),
        *("--interface", interface, "--workers", str(WORKERS), "--log-level", "warning"),
        *("--host", LOOPBACK, "--port", str(port), "--backpressure", str(CONNECTIONS), application),
    ]
    with subprocess.Popen(command, env={**os.environ, **(variables or {})}) as process:
        try:
            _await(f"http://{LOOPBACK}:{port}/", process)
            yield f"http://{LOOPBACK}:{port}", process.pid
        finally:
            process.terminate()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return  # an answer, whichever
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The web server ended with {process.returncode}.")
