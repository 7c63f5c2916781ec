"""``python -m simulator serve | csv | truth``."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable

from aiohttp import web

from simulator import roster, truth
from simulator.clock import Clock, instant
from simulator.control import Control
from simulator.fleet import Fleet
from simulator.serving import Addresses, CannotListen, Listeners, listen, planned_base_urls
from simulator.webhooks import Patience, Webhooks
from simulator.xovis.serving import Sensors


def main(arguments: list[str] | None = None) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    options = _parser().parse_args(arguments)
    try:
        fleet = Fleet(options.seed, options.stores)
        return int(options.run(fleet, options))
    except (CannotListen, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    size = argparse.ArgumentParser(add_help=False)
    size.add_argument("--stores", type=int, default=24, help="how many stores (default 24)")
    size.add_argument("--seed", type=int, default=7, help="another seed, another truth (default 7)")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--host", default="127.0.0.1")
    place.add_argument("--port", type=int, default=9100, help="of the control API; controllers follow. 0: free ones")
    place.add_argument("--addresses", action="store_true", help="each controller on its own 127.x.y.z, all on one port")
    _add_serve(commands.add_parser("serve", parents=[size, place], help="serve the fleet"))
    csv = commands.add_parser("csv", parents=[size, place], help="print the CSV that takes the fleet on")
    csv.set_defaults(run=_csv)
    told = commands.add_parser("truth", parents=[size], help="print what truly happened, as JSON")
    told.add_argument("--start", type=_instant, required=True, help="RFC 3339, with an offset")
    told.add_argument("--end", type=_instant, required=True)
    told.add_argument("--store", help="one store alone, by its code")
    told.set_defaults(run=_truth)
    return parser


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--webhooks", action=argparse.BooleanOptionalAction, default=True, help="send what happens by itself (default)"
    )
    serve.add_argument(
        "--sensors", action="store_true", help="serve each controller as a bare Xovis sensor, too, on further ports"
    )
    serve.add_argument("--webhook-timeout-s", type=float, default=Patience().timeout_s, metavar="S")
    serve.add_argument("--webhook-retry-s", type=float, default=Patience().first_retry_s, metavar="S")
    serve.set_defaults(run=_serve)


def _instant(text: str) -> int:
    try:
        return instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _csv(fleet: Fleet, options: argparse.Namespace) -> int:
    if not options.port:
        raise ValueError("Give the --port that the fleet is served on.")
    urls = {controller.full_name: url for controller, url in planned_base_urls(fleet, _addresses(options))}
    sys.stdout.write(roster.as_csv(fleet, lambda controller: urls[controller.full_name]))
    return 0


def _truth(fleet: Fleet, options: argparse.Namespace) -> int:
    stores = [options.store] if options.store else [store.code for store in fleet.stores]
    try:
        told = {code: truth.of(fleet.controllers_of(code), options.start, options.end) for code in stores}
    except KeyError as unknown:
        raise ValueError(f"There is no store {unknown}.") from None
    print(json.dumps(told[options.store] if options.store else told))
    return 0


def _addresses(options: argparse.Namespace) -> Addresses:
    return Addresses(options.host, options.port, options.addresses)


def _serve(fleet: Fleet, options: argparse.Namespace) -> int:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(fleet, options))
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop that is twice as fast as asyncio's own; there is none for Windows."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _run(fleet: Fleet, options: argparse.Namespace) -> None:
    clock, stop = Clock(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listeners = Listeners(fleet, clock)
    patience = Patience(timeout_s=options.webhook_timeout_s, first_retry_s=options.webhook_retry_s)
    webhooks = Webhooks(clock, listeners.faults_of, patience)
    sensors = Sensors(fleet, clock)
    app = Control(fleet, clock, listeners, webhooks).app()
    app.add_routes(sensors.routes() if options.sensors else ())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        addresses = _addresses(options)
        sock = listen(*addresses.of_control())
        host, port = sock.getsockname()[:2]
        await listeners.open(addresses, port)
        if options.sensors:
            await sensors.open(addresses, port)
        await webhooks.start(watch=options.webhooks)
        await web.SockSite(runner, sock).start()
        print(json.dumps({"control": f"http://{host}:{port}", "controllers": len(fleet.controllers)}), flush=True)
        await stop.wait()
    finally:
        listeners.close()
        await sensors.close()
        await webhooks.stop()
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
