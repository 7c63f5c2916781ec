"""The first 24 stores, designed so that each kind of store that the platform must cope with is there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wing:
    """What one controller looks after. ``share`` is its part of the store's visitors."""

    entrances: int
    areas: tuple[str, ...]
    queues: int
    share: float = 1.0
    first_entrance: int = 0
    """Which letter its entrances begin with: 0 is ``entrance_a``."""


@dataclass(frozen=True, slots=True)
class Model:
    """A store as it is designed. ``visitors`` come on an ordinary weekday and stay for ``stay_s`` seconds."""

    name: str
    region: str
    timezone: str
    country: str
    city: str
    latitude: float
    longitude: float
    hours: str
    kind: str
    visitors: int
    stay_s: int
    floor_area_m2: int
    opened_on: str
    wings: tuple[Wing, ...]
    tags: tuple[str, ...] = ()
    has_capacity: bool = True
    paths: bool = True
    """Whether Path Analytics is enabled."""
    old_firmware: bool = False
    """Answers without capacity, waits and visits, and knows no paths."""


_SHOP = ("Sales Floor", "Promo Table")
_WIDE = ("Sales Floor", "Promo Table", "Food Hall")
_FULL = ("Ground Floor", "Upper Floor", "Food Hall", "Promo Table")
_ANNEX = ("Annex", "Basement")

_GERMAN = "Mo-We,Fr 09:30-20:00; Th 09:30-21:00; Sa 09:00-20:00; Dec 25 off; Dec 26 off; Jan 01 off"
_SWISS = "Mo-We,Fr 09:00-19:00; Th 09:00-21:00; Sa 08:00-18:00; Dec 25 off; Jan 01 off"
_BRITISH = "Mo-We,Fr-Sa 09:00-20:00; Th 09:00-22:00; Su 11:00-17:00; Dec 25 off"
_AMERICAN = "Mo-Th 10:00-21:00; Fr-Sa 10:00-22:00; Su 11:00-19:00; Dec 25 off"

CATALOGUE: tuple[Model, ...] = (
    Model("Berlin Alexanderplatz", "Europe/Germany/North", "Europe/Berlin", "DE", "Berlin", 52.52192, 13.41321,
          _GERMAN, "city", 5200, 1500, 3200, "2012-03-15", (Wing(2, _WIDE, 3),), ("flagship", "city")),
    Model("Hamburg Mönckebergstraße", "Europe/Germany/North", "Europe/Berlin", "DE", "Hamburg", 53.55101, 10.00170,
          _GERMAN, "city", 3600, 1320, 2100, "2015-09-03", (Wing(2, _SHOP, 2),), ("city",)),
    Model("München Marienplatz", "Europe/Germany/South", "Europe/Berlin", "DE", "München", 48.13743, 11.57549,
          _GERMAN, "city", 4800, 1440, 2900, "2010-10-01", (Wing(2, _WIDE, 2, 0.65), Wing(1, _ANNEX, 1, 0.35)),
          ("flagship", "city")),
    Model("Zürich Bahnhofstrasse", "Europe/Switzerland", "Europe/Zurich", "CH", "Zürich", 47.37174, 8.53874,
          _SWISS, "city", 2900, 1260, 1500, "2014-05-22", (Wing(1, _SHOP, 2),), ("city", "premium"), has_capacity=False),
    Model("Zürich Hauptbahnhof", "Europe/Switzerland", "Europe/Zurich", "CH", "Zürich", 47.37819, 8.54019,
          "Mo-Su 06:00-22:00", "station", 6400, 600, 650, "2018-02-01", (Wing(3, (), 2),), ("station",)),
    Model("London Oxford Street", "Europe/United Kingdom", "Europe/London", "GB", "London", 51.51521, -0.14200,
          _BRITISH, "city", 7400, 1620, 4600, "2008-11-13", (Wing(3, _FULL, 3),), ("flagship", "city")),
    Model("Manchester Arndale", "Europe/United Kingdom", "Europe/London", "GB", "Manchester", 53.48313, -2.23930,
          _BRITISH, "mall", 3100, 1380, 1800, "2016-06-09", (Wing(2, _SHOP, 2),), ("mall",), old_firmware=True),
    Model("Paris Rivoli", "Europe/France", "Europe/Paris", "FR", "Paris", 48.85851, 2.34675,
          "Mo-Sa 10:00-20:00; Su 11:00-19:00; Dec 25 off; May 01 off", "city", 4300, 1440, 2400, "2013-04-18",
          (Wing(2, _WIDE, 2),), ("city",)),
    Model("Sevilla Sierpes", "Europe/Spain", "Europe/Madrid", "ES", "Sevilla", 37.39108, -5.99475,
          "Mo-Fr 10:00-14:00,17:00-21:00; Sa 10:00-21:00", "south", 1700, 1080, 900, "2017-03-30",
          (Wing(1, _SHOP, 1),), ("city",), has_capacity=False),
    Model("Milano Centrale", "Europe/Italy", "Europe/Rome", "IT", "Milano", 45.48588, 9.20432,
          "Mo-Su 07:00-22:00", "station", 5200, 660, 700, "2019-07-11", (Wing(2, (), 1),), ("station",)),
    Model("Stockholm Drottninggatan", "Europe/Sweden", "Europe/Stockholm", "SE", "Stockholm", 59.33258, 18.06490,
          "Mo-Fr 10:00-19:00; Sa 10:00-18:00; Su 11:00-17:00; Dec 25 off", "city", 2300, 1260, 1400, "2018-09-20",
          (Wing(1, _SHOP, 1),), ("city",), paths=False),
    Model("New York Union Square", "America/United States/East", "America/New_York", "US", "New York", 40.73586,
          -73.99106, _AMERICAN, "city", 5900, 1560, 3300, "2011-05-05",
          (Wing(2, _FULL, 2, 0.6), Wing(1, _ANNEX, 2, 0.4, 2)), ("flagship", "city")),
    Model("Miami Lincoln Road", "America/United States/East", "America/New_York", "US", "Miami", 25.79065, -80.13005,
          "Mo-Th 11:00-22:00; Fr-Sa 11:00-02:00; Su 11:00-22:00", "late", 2700, 1380, 1500, "2016-12-01",
          (Wing(2, _SHOP, 2),), ("late",)),
    Model("Los Angeles The Grove", "America/United States/West", "America/Los_Angeles", "US", "Los Angeles", 34.07200,
          -118.35770, _AMERICAN, "mall", 3900, 1500, 2300, "2014-08-14", (Wing(2, _WIDE, 2),), ("mall",)),
    Model("Las Vegas Strip", "America/United States/West", "America/Los_Angeles", "US", "Las Vegas", 36.11470,
          -115.17280, "24/7", "always", 6800, 1080, 2600, "2015-02-26", (Wing(3, _WIDE, 3),), ("late",)),
    Model("São Paulo Paulista", "America/Brazil", "America/Sao_Paulo", "BR", "São Paulo", -23.56140, -46.65588,
          "Mo-Sa 10:00-22:00; Su 14:00-20:00; Dec 25 off", "mall", 4100, 1620, 2500, "2017-10-19",
          (Wing(2, _WIDE, 3),), ("mall",), has_capacity=False),
    Model("México Reforma", "America/Mexico", "America/Mexico_City", "MX", "Ciudad de México", 19.42850, -99.16230,
          "Mo-Su 11:00-21:00; Dec 25 off", "mall", 3300, 1440, 1900, "2018-03-22", (Wing(2, _SHOP, 2),), ("mall",)),
    Model("Tokyo Shibuya", "Asia/Japan", "Asia/Tokyo", "JP", "Tokyo", 35.65950, 139.70055,
          "Mo-Su 10:00-21:00", "city", 8200, 1020, 1900, "2013-09-12", (Wing(3, _FULL, 3),), ("flagship", "city")),
    Model("Osaka Umeda", "Asia/Japan", "Asia/Tokyo", "JP", "Osaka", 34.70540, 135.49830,
          "Mo-Su 10:00-21:00", "station", 5600, 720, 900, "2016-04-07", (Wing(2, (), 2),), ("station",)),
    Model("Singapore Orchard", "Asia/Singapore", "Asia/Singapore", "SG", "Singapore", 1.30414, 103.83190,
          "Mo-Th,Su 10:00-22:00; Fr-Sa 10:00-23:00", "mall", 5100, 1500, 2700, "2014-11-20",
          (Wing(2, _WIDE, 2, 0.55), Wing(2, _ANNEX, 2, 0.45, 2)), ("mall",)),
    Model("Mumbai Phoenix", "Asia/India", "Asia/Kolkata", "IN", "Mumbai", 18.99470, 72.82580,
          "Mo-Su 11:00-22:00", "mall", 4700, 1740, 2600, "2017-08-17", (Wing(2, _WIDE, 3),), ("mall",)),
    Model("Kathmandu Durbar Marg", "Asia/Nepal", "Asia/Kathmandu", "NP", "Kathmandu", 27.71150, 85.31620,
          "Mo-Fr,Su 10:00-20:00; Sa 11:00-18:00", "city", 1200, 1200, 700, "2019-10-03", (Wing(1, _SHOP, 1),), ("city",)),
    Model("Dubai Marina", "Asia/United Arab Emirates", "Asia/Dubai", "AE", "Dubai", 25.07710, 55.13950,
          "Mo-Th,Su 10:00-22:00; Fr-Sa 10:00-00:00", "late", 3800, 1620, 2300, "2016-01-28",
          (Wing(2, _WIDE, 2),), ("mall", "late")),
    Model("Seoul Myeongdong", "Asia/South Korea", "Asia/Seoul", "KR", "Seoul", 37.56360, 126.98500,
          "Mo-Su 10:30-22:00", "city", 6100, 1140, 2000, "2015-05-14", (Wing(2, _SHOP, 2),), ("city",), has_capacity=False),
)  # fmt: skip
"""München's two controllers both call an entrance ``entrance_a``."""
