"""The registry's models, one file an idea."""

from sites_app.models.access import ApiKey, Membership, Role
from sites_app.models.controllers import Controller, ControllerQuerySet
from sites_app.models.idempotency import FirstAnswer
from sites_app.models.regions import Region
from sites_app.models.sensors import Sensor, Zone, ZoneChange, counting_zones
from sites_app.models.stores import OpeningHours, SpecialHours, Store, StoreQuerySet
from sites_app.wording import in_all_languages

__all__ = [
    "ApiKey",
    "Controller",
    "ControllerQuerySet",
    "FirstAnswer",
    "Membership",
    "OpeningHours",
    "Region",
    "Role",
    "Sensor",
    "SpecialHours",
    "Store",
    "StoreQuerySet",
    "Zone",
    "ZoneChange",
    "counting_zones",
]

in_all_languages(ApiKey, Controller, Membership, OpeningHours, Region, Sensor, SpecialHours, Store, Zone, ZoneChange)
