"""The registry. No trailing slash is needed, and one does no harm."""

from django.urls import re_path

from sites_app.api import controllers, found, imports, regions, stores

_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

urlpatterns = [
    re_path(r"^regions/?$", regions.Regions.as_view(), name="regions"),
    re_path(r"^regions/(?P<code>[A-Za-z0-9_-]+)/?$", regions.OneRegion.as_view(), name="region"),
    re_path(r"^stores/?$", stores.Stores.as_view(), name="stores"),
    re_path(r"^stores/import/?$", imports.StoreImport.as_view(), name="stores-import"),
    re_path(r"^stores/(?P<code>[A-Za-z0-9._-]+)/?$", stores.OneStore.as_view(), name="store"),
    re_path(r"^controllers/?$", controllers.Controllers.as_view(), name="controllers"),
    re_path(rf"^controllers/(?P<pk>{_UUID})/?$", controllers.OneController.as_view(), name="controller"),
    re_path(rf"^controllers/(?P<pk>{_UUID})/retire/?$", controllers.Retirement.as_view(), name="controller-retire"),
    re_path(r"^sensors/?$", found.Sensors.as_view(), name="sensors"),
    re_path(r"^sensors/(?P<pk>[0-9]{1,18})/?$", found.OneSensor.as_view(), name="sensor"),
    re_path(r"^zones/?$", found.Zones.as_view(), name="zones"),
    re_path(r"^zones/(?P<store>[^/\x00]+)/(?P<zone>[^\x00]+?)/?$", found.OneZone.as_view(), name="zone"),
]
