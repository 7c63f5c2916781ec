"""The registry in the admin: stores and their controllers, people, keys. What acts on a controller is added by ``ingest``."""

from sites_app.admin.changes import LogEntryAdmin
from sites_app.admin.controllers import ControllerAdmin
from sites_app.admin.keys import ApiKeyAdmin
from sites_app.admin.people import GroupAdmin, RegionAdmin, UserAdmin
from sites_app.admin.scope import ReadOnlyAdmin, ScopedAdmin
from sites_app.admin.stores import StoreAdmin
from sites_app.admin.zones import SensorAdmin, ZoneAdmin

__all__ = [
    "ApiKeyAdmin",
    "ControllerAdmin",
    "GroupAdmin",
    "LogEntryAdmin",
    "ReadOnlyAdmin",
    "RegionAdmin",
    "ScopedAdmin",
    "SensorAdmin",
    "StoreAdmin",
    "UserAdmin",
    "ZoneAdmin",
]
