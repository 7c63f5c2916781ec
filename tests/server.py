"""The platform's web server as it's run for real, on the test's own database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from xovis_platform.stack import plan
from xovis_platform.stack.ports import free_ports


@contextmanager
def web_server(**variables: str) -> Iterator[str]:
    """Granian with the ASGI application; gives its address. Data must be committed to be seen by it.

    ``variables`` go into its environment.
    """
    port = free_ports()
    name = connection.settings_dict["NAME"]
    database_url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    environment = {**os.environ, "XOVIS_DATABASE_URL": database_url, "XOVIS_LOG_FORMAT": "text", **variables}
    command = [
        str(Path(sys.executable).with_name("granian")),
        *("--interface", "asgi", "--workers", "1", "--log-level", "warning", *plan.LIMITS),
        *("--host", "127.0.0.1", "--port", str(port), "--workers-kill-timeout", "5"),
        "xovis_platform.asgi:application",
    ]
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, "the web server ended"
            time.sleep(0.05)  # waits for a process, not for time to pass
    raise AssertionError(f"{url} did not answer")
