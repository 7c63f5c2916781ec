"""The stores and controllers of a fleet: what they are called, where they stand, and which zones they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo

from simulator import hours
from simulator.catalogue import CATALOGUE, Model, Wing
from simulator.crowds import usual_peak
from simulator.noise import mix, seed_of, token, unit

ENTRANCE, AREA, QUEUE = "entrance", "area", "queue"
MAX_STORES = 50_000
_MAX_SENSORS = 16
"""At one controller, of which a store has at most two: 24 bits are enough for all sensors of the largest fleet."""
_SCATTER = 0x9E3779
"""Odd, so that no two numbers become one."""
_ENTRANCE_NAMES = ("Main Entrance", "Side Entrance", "Garage Entrance", "North Entrance", "East Entrance")


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of a controller. Only areas and entrances have a capacity, only queues a threshold."""

    zone_id: str
    name: str
    kind: str
    capacity: int | None = None
    threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Sensor:
    """A 3D sensor that reports to a controller."""

    sensor_id: str
    name: str
    zones: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Store:
    """A store; ``capacity`` is null where it is to be taken from the zones."""

    code: str
    name: str
    region: str
    timezone: ZoneInfo
    country: str
    city: str
    latitude: float
    longitude: float
    capacity: int | None
    floor_area_m2: int
    opened_on: str
    opening_hours: str
    tags: tuple[str, ...]

    @property
    def hours(self) -> hours.Hours:
        return hours.parse(self.opening_hours)


@dataclass(frozen=True, eq=False)
class Controller:
    """A controller with its zones, and with what its truth is made of."""

    store: Store
    name: str
    seed: int
    model: Model
    wing: Wing
    api_key: str
    webhook_key: str
    entrances: tuple[Zone, ...]
    areas: tuple[Zone, ...]
    queues: tuple[Zone, ...]
    visitors: float
    stay_s: int

    @property
    def full_name(self) -> str:
        """Unique in the fleet: ``S001/Controller 1``."""
        return f"{self.store.code}/{self.name}"

    @property
    def counted(self) -> tuple[Zone, ...]:
        """The zones of its ``/occupancy/current``: the areas, or else the entrances."""
        return self.areas or self.entrances

    @property
    def zones(self) -> tuple[Zone, ...]:
        return self.entrances + self.areas + self.queues

    @property
    def busy_people(self) -> float:
        """People inside at the peak of a usual week."""
        return self.visitors * usual_peak(self.model.kind, self.model.hours, self.stay_s)

    @cached_property
    def sensors(self) -> tuple[Sensor, ...]:
        place = self.model.wings.index(self.wing) * _MAX_SENSORS
        return tuple(_sensor(self, place + number, zone) for number, zone in enumerate(self.zones))


class Fleet:
    """``stores`` stores and their controllers, the same for the same seed; a larger fleet begins with the smaller one's."""

    def __init__(self, seed: int, stores: int) -> None:
        if not 0 < stores <= MAX_STORES:
            raise ValueError(f"A fleet has 1 to {MAX_STORES:,} stores, not {stores:,}.")
        self.seed = seed
        self.controllers = [controller for number in range(stores) for controller in _store(seed, number)]
        self.stores = list({controller.store.code: controller.store for controller in self.controllers}.values())
        self._by_name = {controller.full_name: controller for controller in self.controllers}

    def controllers_of(self, store: str) -> list[Controller]:
        """The controllers of a store, by its code. Raises ``KeyError`` for an unknown one."""
        found = [controller for controller in self.controllers if controller.store.code == store]
        if not found:
            raise KeyError(store)
        return found

    def controller(self, store: str, name: str) -> Controller:
        """Raises ``KeyError`` for an unknown one."""
        return self._by_name[f"{store}/{name}"]


def _store(seed: int, number: int) -> Iterator[Controller]:
    lap, place = divmod(number, len(CATALOGUE))
    model = CATALOGUE[place]
    code = f"S{number + 1:03d}"
    own = mix(seed, seed_of(code))
    size = 1.0 if lap == 0 else 0.5 + unit(own, 1)
    store = _bare_store(code, model, lap)
    controllers = [_controller(seed, own, index, store, model, size) for index in range(len(model.wings))]
    if model.has_capacity:
        capacity = int(round(1.2 * sum(controller.busy_people for controller in controllers), -1))
        store = replace(store, capacity=capacity)
    for controller in controllers:
        yield replace(controller, store=store)


def _bare_store(code: str, model: Model, lap: int) -> Store:
    return Store(
        code=code,
        name=model.name if lap == 0 else f"{model.name} {lap + 1}",
        region=model.region,
        timezone=ZoneInfo(model.timezone),
        country=model.country,
        city=model.city,
        latitude=model.latitude,
        longitude=model.longitude,
        capacity=None,
        floor_area_m2=model.floor_area_m2,
        opened_on=model.opened_on,
        opening_hours=model.hours,
        tags=model.tags,
    )


def _controller(seed: int, store_seed: int, index: int, store: Store, model: Model, size: float) -> Controller:
    own = mix(store_seed, index + 1)
    wing = model.wings[index]
    name = f"Controller {index + 1}"
    visitors = model.visitors * wing.share * size
    people = visitors * usual_peak(model.kind, model.hours, model.stay_s)
    return Controller(
        store=store,
        name=name,
        seed=own,
        model=model,
        wing=wing,
        api_key=f"xcs-{token(seed, store.code, name, 'api')}",
        webhook_key=f"hook-{token(seed, store.code, name, 'webhook')}",
        entrances=tuple(_entrance(own, number, wing, people, model) for number in range(wing.entrances)),
        areas=tuple(_area(own, number, wing, people, model) for number in range(len(wing.areas))),
        queues=tuple(_queue(own, number, index) for number in range(wing.queues)),
        visitors=visitors,
        stay_s=model.stay_s,
    )


def _entrance(seed: int, number: int, wing: Wing, people: float, model: Model) -> Zone:
    letter = wing.first_entrance + number
    capacity = (
        None if wing.areas else _capacity(seed, 50 + number, people * entrance_shares(wing.entrances)[number], model)
    )
    return Zone(f"entrance_{'abcdef'[letter]}", _ENTRANCE_NAMES[letter], ENTRANCE, capacity)


def _area(seed: int, number: int, wing: Wing, people: float, model: Model) -> Zone:
    name = wing.areas[number]
    capacity = _capacity(seed, 60 + number, people * area_shares(len(wing.areas))[number], model)
    return Zone(name.lower().replace(" ", "_"), name, AREA, capacity)


def _capacity(seed: int, salt: int, people: float, model: Model) -> int | None:
    """Some zones are so tight that a busy day fills them; older firmware doesn't know capacities."""
    if model.old_firmware:
        return None
    return max(5, 5 * round(people * (1.0 + 0.4 * unit(seed, salt)) / 5))


def _queue(seed: int, number: int, index: int) -> Zone:
    number_in_store = number + 1 + 10 * index
    return Zone(
        f"checkout_{number_in_store}", f"Checkout {number_in_store}", QUEUE, threshold=5 + mix(seed, 70 + number) % 6
    )


def _sensor(controller: Controller, place: int, zone: Zone) -> Sensor:
    """``place`` tells the sensors of a store apart, however its controllers share them."""
    number = (int(controller.store.code[1:]) * 2 * _MAX_SENSORS + place) * _SCATTER & 0xFFFFFF
    mac = ":".join(f"{number >> shift & 255:02X}" for shift in (16, 8, 0))
    seed = mix(controller.seed, 80 + place % _MAX_SENSORS)
    return Sensor(f"80:1F:12:{mac}", f"{zone.name} sensor", (zone.zone_id,), seed)


def entrance_shares(count: int) -> list[float]:
    """The part of the visitors that takes each entrance."""
    return {1: [1.0], 2: [0.66, 0.34], 3: [0.5, 0.3, 0.2]}[count]


def area_shares(count: int) -> list[float]:
    """The part of the people inside that is in each area."""
    return {1: [1.0], 2: [0.72, 0.28], 3: [0.5, 0.2, 0.3], 4: [0.36, 0.3, 0.2, 0.14]}[count]
