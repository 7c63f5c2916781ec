"""The OpenAPI document: what it's called, what goes through it, and what its types are named."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "TITLE": "Xovis platform",
    "DESCRIPTION": "Footfall, occupancy, queues and dwell of all stores: live figures and reports.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "PREPROCESSING_HOOKS": ["sites_app.openapi.without_slashes"],
    "WEBHOOKS": [f"alerts.api.messages.ON_{event}" for event in ("OPENED", "ACKNOWLEDGED", "RESOLVED", "TEST")],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "sites_app.openapi.with_named_choices",
        "sites_app.openapi.with_headers",
        "sites_app.openapi.with_links",
    ],
    # What generated clients call their types. The others are called by their field.
    "ENUM_NAME_OVERRIDES": {
        "AlertKind": "alerts.models.alerts.Alert.Kind",
        "AlertResolution": "alerts.models.alerts.Alert.Resolution",
        "AlertState": "alerts.api.alerts.STATES",
        "BackfillState": "ingest.api.backfills.STATES",
        "By": "reports.request.BYS",
        "Compare": "reports.request.COMPARES",
        "ControllerKind": "sites_app.models.controllers.Controller.Kind",
        "ControllerState": "sites_app.models.controllers.Controller.State",
        "DeliveryState": "alerts.models.webhooks.WebhookDelivery.State",
        "EventType": "alerts.models.webhooks.EventType",
        "ExportState": "reports.models.exports.Export.State",
        "ExportedReport": "reports.api.schemas.EXPORTED",
        "FileFormat": "reports.api.schemas.FILE_FORMATS",
        "Granularity": "reports.api.schemas.EVERY_GRANULARITY",
        "Hours": "reports.request.HOURS",
        "ImportedChange": "sites_app.api.imports.CHANGES",
        "OccupancyStatus": "reports.api.live_schemas.OCCUPANCY_STATUSES",
        "QueueStatus": "reports.api.live_schemas.QUEUE_STATUSES",
        "Report": "reports.api.schemas.REPORTS",
        "SubscribedEvent": "alerts.models.webhooks.EventType.subscribable",
        "XcsErrorCode": "reports.facade.described.ERROR_CODES",
        "XcsFailure": ["error"],
        "XcsOccupancyStatus": "reports.facade.described.OCCUPANCY_STATUSES",
        "XcsQueueStatus": "reports.facade.described.QUEUE_STATUSES",
        "XcsSensorStatus": "reports.facade.described.SENSOR_STATUSES",
        "XcsSuccess": ["success"],
        "ZoneKind": "sites_app.models.sensors.Zone.Kind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    # Its own validator is another host, which isn't to be told of ours.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    # Fields say themselves what their choices mean.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # What is sent and what is answered differ: keys go in and never come out.
    "COMPONENT_SPLIT_REQUEST": True,
}
