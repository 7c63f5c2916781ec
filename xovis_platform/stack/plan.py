"""What a stack consists of: the programs beside database and broker, and the steps before them.

docker-compose.yml runs the same command lines on other hosts and ports; a test holds the two together.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from xovis_platform.stack.ports import LOOPBACK
from xovis_platform.stack.processes import Program

ROOT = Path(__file__).resolve().parents[2]

FLEET_STORES = int(os.environ.get("XOVIS_DEMO_STORES", "24"))
FLEET_SEED = 7
# The control API and a port for each controller: 24 stores have 27 of them.
FLEET_PORTS = 2 * FLEET_STORES + 16


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def steps(environment: Mapping[str, str]) -> list[Program]:
    """What must have run before anything is served."""
    return [
        Program("migrate", manage("migrate", "--noinput", "-v", "0"), environment, stays=False),
        Program("static", manage("collectstatic", "--noinput", "-v", "0", *_UNUSED), environment, stays=False),
    ]


# The front-end packages hold many builds of themselves; one of each is served.
_UNUSED = [
    option
    for pattern in (
        "*.map",
        "*.esm.*",
        "*.cjs.js",
        "*.amd.js",
        "*.common*",
        "*.simple*",
        "echarts.js",
        "extension",
        "ext",
        "redoc",
        # What stands there as .min.js, too.
        "jquery.js",
        "select2.full.js",
        "xregexp.js",
        # Other copies of htmx.
        "htmx-*.js",
        "htmax-*.js",
    )
    for option in ("--ignore", pattern)
]


CONNECTIONS = 6_000
"""So many requests a server takes at once: all the listeners of the live stream, and others beside them.

Granian's own limit, 512, is soon filled by those who only listen; whoever comes then waits until one of them goes.
"""

LIMITS = [
    *("--backpressure", str(CONNECTIONS)),
    # Headers of at most 64 KB (431), which come within ten seconds.
    *("--http1-buffer-size", "65536", "--http1-header-read-timeout", "10000"),
    *("--http2-max-headers-size", "65536"),
]


def web(environment: Mapping[str, str], *, host: str = LOOPBACK, port: int) -> Program:
    options = ["--interface", "asgi", "--workers", "2", "--respawn-failed-workers", "--respawn-interval", "0.5"]
    address = ["--host", host, "--port", str(port)]
    kill = ["--workers-kill-timeout", "5", "--log-level", "warning"]
    command = [_tool("granian"), *options, *address, *LIMITS, *kill, "xovis_platform.asgi:application"]
    return Program("web", command, environment)


def landing(environment: Mapping[str, str], *, host: str = LOOPBACK, port: int) -> Program:
    """What takes webhooks, alone: in production controllers don't wait for people, nor people for them."""
    return _server("landing", environment, host, port)


def stream(environment: Mapping[str, str], *, host: str = LOOPBACK, port: int) -> Program:
    """The live stream alone: it holds thousands of connections, and its end ends them all."""
    return _server("stream", environment, host, port)


def _server(name: str, environment: Mapping[str, str], host: str, port: int) -> Program:
    options = ["--interface", "asgi", "--workers", "1", "--host", host, "--port", str(port)]
    options += LIMITS
    kill = ["--workers-kill-timeout", "20", "--log-level", "warning"]
    return Program(name, [_tool("granian"), *options, *kill, f"xovis_platform.{name}:application"], environment)


def workers(environment: Mapping[str, str]) -> list[Program]:
    """One worker that speaks to controllers and waits a lot, one that computes, and one that tells the outside, which
    may be slow or gone: none starves another.
    """
    return [
        _celery("poll", environment, "worker", "-Q", "poll", "-n", "poll@%h", "-c", "2", *_QUIET, grace_s=20.0),
        _celery(
            "work",
            environment,
            "worker",
            "-Q",
            "digest,rollup,default",
            "-n",
            "work@%h",
            "-c",
            "2",
            *_QUIET,
            grace_s=20.0,
        ),
        # Its rounds have threads of their own; a process within the process would only cost memory.
        _celery("tell", environment, "worker", "-Q", "tell", "-n", "tell@%h", "-P", "solo", *_QUIET, grace_s=20.0),
    ]


def workers_by_queue(environment: Mapping[str, str]) -> list[Program]:
    """A worker for each queue, as production has them: each scales out by its own count."""
    return [
        _celery(name, environment, "worker", "-Q", name, "-n", f"{name}@%h", *pool, *_QUIET, grace_s=20.0)
        for name, pool in _POOLS.items()
    ]


# `tell` has threads of its own; a process within the process would only cost memory.
_POOLS = {
    "poll": ["-c", "2"],
    "digest": ["-c", "1"],
    "rollup": ["-c", "1"],
    "default": ["-c", "2"],
    "tell": ["-P", "solo"],
}


def beat(environment: Mapping[str, str]) -> Program:
    """The one that ticks, or one that stands by until that one's lock runs out."""
    return _celery("beat", environment, "beat", "--pidfile=", "-l", "warning", grace_s=5.0)


def production() -> dict[str, Program]:
    """What docker-compose.yml and deploy/kubernetes run, by the names that services have there."""
    servers = [make({}, host="0.0.0.0", port=8000) for make in (web, landing, stream)]  # noqa: S104 - a container's own network
    return {program.name: program for program in (*servers, *workers_by_queue({}), beat({}))}


def fleet(environment: Mapping[str, str], *, port: int) -> Program:
    size = ["--stores", str(FLEET_STORES), "--seed", str(FLEET_SEED)]
    command = [sys.executable, "-m", "simulator", "serve", *size, "--host", LOOPBACK, "--port", str(port)]
    return Program("fleet", command, environment, grace_s=5.0)


def prepare_demo(environment: Mapping[str, str], *, control_url: str) -> Program:
    """Registers the fleet and makes logins, before a person is told where to look."""
    command = [sys.executable, "-m", "xovis_platform.stack.demo", control_url]
    return Program("demo", command, environment, stays=False)


def history(environment: Mapping[str, str], *, control_url: str) -> Program:
    """Loads the past of the fleet beside the running platform."""
    command = [sys.executable, "-m", "xovis_platform.stack.history", control_url]
    return Program("history", command, environment, stays=False, grace_s=5.0)


# Workers don't need to know each other; without these they start faster and the broker is quiet.
_QUIET = ["--without-gossip", "--without-mingle", "-l", "warning"]


def _celery(name: str, environment: Mapping[str, str], *arguments: str, grace_s: float) -> Program:
    return Program(name, [_tool("celery"), "-q", "-A", "xovis_platform", *arguments], environment, grace_s=grace_s)


def _tool(name: str) -> str:
    """A command that is installed beside this Python."""
    return str(Path(sys.executable).with_name(name))
