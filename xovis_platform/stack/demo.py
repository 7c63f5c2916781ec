"""What ``demo`` does beyond ``run``: registers the simulated fleet, makes logins and a key, tells the fleet its webhooks.

All of it by the commands and addresses that a person would use; nothing here knows the platform's inside. What was made
stands in ``demo.json`` of the data directory, so that a second start makes and imports nothing twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from xovis_platform.stack import plan
from xovis_platform.stack.errors import StackError
from xovis_platform.stack.ports import free_ports, is_free
from xovis_platform.stack.state import read_private, write_private

DEMO_FILE = "demo.json"
FLEET_WITHIN_S = 30.0


def read_demo(data_dir: Path) -> dict[str, Any]:
    """What earlier starts have made."""
    return read_private(data_dir / DEMO_FILE) or {}


def note(data_dir: Path, **values: Any) -> None:
    """Remember something for the next start."""
    write_private(data_dir / DEMO_FILE, {**read_demo(data_dir), **values})


def fleet_port(data_dir: Path) -> int:
    """The first port of the fleet: the same at each start, since controllers are registered by their addresses."""
    known: int | None = read_demo(data_dir).get("fleet_port")
    if known is not None:
        if not is_free(known):
            raise StackError(f"Port {known}, where the fleet of this data directory listens, is taken: free it.")
        return known
    port = free_ports(plan.FLEET_PORTS)
    note(data_dir, fleet_port=port)
    return port


def prepare(data_dir: Path, control_url: str) -> None:
    """Register the fleet, make logins and a key once, and tell the controllers where their webhooks go."""
    registered = _register(control_url)
    keys = {
        (store["code"], controller["name"]): controller.get("webhook_key")
        for store in _get(f"{control_url}/fleet")["stores"]
        for controller in store["controllers"]
    }
    webhooks = [
        {
            "store": item["store"],
            "name": item["name"],
            "url": item["webhook_url"],
            "key": keys[item["store"], item["name"]],
        }
        for item in registered
    ]
    _put(f"{control_url}/webhooks", webhooks)
    known = read_demo(data_dir)
    if "api_key" not in known:
        key = command("create_api_key", "Demo", "--scope", "read", "--scope", "write")["key"]
        note(data_dir, api_key=key)
    if "logins" not in known:
        note(data_dir, logins=command("create_demo_logins", "--reset")["logins"])


def banner(data_dir: Path, url: str) -> list[str]:
    """What a person needs to look around."""
    known = read_demo(data_dir)
    logins = [f"  Log in as    {item['username']} / {item['password']}  ({item['role']})" for item in known["logins"]]
    call = f'curl -H "Authorization: Apikey {known["api_key"]}" {url}/api/v1/live/occupancy'
    return [
        "",
        f"  The platform runs on {url}",
        *logins,
        f"  API key      {known['api_key']}",
        f"  Try          {call}",
        "  Ctrl-C ends everything; the data stay.",
        "",
    ]


def command(*arguments: str, standard_input: str | None = None) -> dict[str, Any]:
    """Run a ``manage.py`` command with ``--json``; what it says. Raises StackError with its own words."""
    done = subprocess.run(
        [*plan.manage(*arguments), "--json"], input=standard_input, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StackError(f"manage.py {arguments[0]}: {(done.stderr or done.stdout).strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _register(control_url: str) -> list[dict[str, Any]]:
    table = _fetch(f"{control_url}/fleet.csv").decode()
    controllers: list[dict[str, Any]] = command("import_stores", "-", standard_input=table)["controllers"]
    return controllers


def _get(url: str) -> Any:
    return json.loads(_fetch(url))


def _fetch(url: str) -> bytes:
    """The fleet's answer; it may only just be starting."""
    deadline = time.monotonic() + FLEET_WITHIN_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own address
                content: bytes = answer.read()
                return content
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > deadline:
                raise StackError(f"The fleet did not answer on {url}: {error}") from error
            time.sleep(0.2)


def _put(url: str, content: Any) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own address
        url, json.dumps(content).encode(), {"Content-Type": "application/json"}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass


def main() -> int:
    """``python -m xovis_platform.stack.demo CONTROL_URL``: a step of the supervisor's."""
    try:
        prepare(Path(os.environ["XOVIS_DATA_DIR"]), sys.argv[1])
    except StackError as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
