"""Where alerts and webhooks are. No trailing slash is needed, and one does no harm."""

from django.urls import re_path

from alerts.api import alerts, deliveries, endpoints

_UUID = r"(?P<pk>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
_ALERT = r"^alerts/(?P<pk>[0-9]{1,18})"
_ENDPOINT = rf"^webhook_endpoints/{_UUID}"
_DELIVERY = rf"^deliveries/{_UUID}"

urlpatterns = [
    re_path(r"^alerts/?$", alerts.Alerts.as_view(), name="alerts"),
    re_path(_ALERT + r"/?$", alerts.OneAlert.as_view(), name="alert"),
    re_path(_ALERT + r"/acknowledge/?$", alerts.Acknowledgement.as_view(), name="alert-acknowledge"),
    re_path(r"^webhook_endpoints/?$", endpoints.Endpoints.as_view(), name="webhook-endpoints"),
    re_path(_ENDPOINT + r"/?$", endpoints.OneEndpoint.as_view(), name="webhook-endpoint"),
    re_path(_ENDPOINT + r"/rotate_secret/?$", endpoints.SecretRotation.as_view(), name="webhook-rotate-secret"),
    re_path(_ENDPOINT + r"/test/?$", endpoints.Trial.as_view(), name="webhook-test"),
    re_path(_ENDPOINT + r"/deliveries/?$", deliveries.Deliveries.as_view(), name="webhook-deliveries"),
    re_path(_DELIVERY + r"/?$", deliveries.OneDelivery.as_view(), name="delivery"),
    re_path(_DELIVERY + r"/replay/?$", deliveries.Replay.as_view(), name="delivery-replay"),
]
