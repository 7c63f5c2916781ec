"""Exports as the OpenAPI document describes them."""

from __future__ import annotations

from rest_framework import serializers

from reports.api.parameters import MAX_LIMIT
from reports.api.schemas import EVERY_GRANULARITY, EXPORTED, FILE_FORMATS
from reports.models import Export
from reports.request import BYS, COMPARES, HOURS


class ExportOrderSerializer(serializers.Serializer[object]):
    """What a report takes as query parameters, with which report and which format. `health` takes what it takes itself."""

    report = serializers.ChoiceField(EXPORTED, help_text="Which report.")
    format = serializers.ChoiceField(FILE_FORMATS, default="json", help_text="The file's.")
    start = serializers.CharField(help_text="A date, or an instant with its offset.")
    end = serializers.CharField(help_text="Likewise; the window is half-open.")
    granularity = serializers.ChoiceField(
        EVERY_GRANULARITY, default=EVERY_GRANULARITY[0], help_text="How long a row's bucket is, or which profile."
    )
    by = serializers.ChoiceField(BYS, default=BYS[0], help_text="Whose figures a row has.")
    hours = serializers.ChoiceField(HOURS, default=HOURS[0], help_text="Trading hours only, or all.")
    store = serializers.ListField(child=serializers.CharField(), required=False, help_text="Only these, by code.")
    region = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Only stores of these and of all under them, by code."
    )
    tag = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Only stores with any of these."
    )
    zone = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Only these, as `STORE_CODE/zoneId`."
    )
    compare = serializers.ChoiceField(COMPARES, required=False, help_text="What to compare with.")
    like_for_like = serializers.BooleanField(default=False, help_text="Only stores that can be compared.")
    order = serializers.CharField(required=False, help_text="A column, `-` before it for descending.")
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_LIMIT, help_text="At most so many rows."
    )


class ExportSerializer(serializers.Serializer[object]):
    """An export: what was ordered, how far it has come, and where its file is."""

    id = serializers.UUIDField(help_text="The export's.")
    url = serializers.URLField(help_text="Where it tells how far it is.")
    report = serializers.ChoiceField(EXPORTED, help_text="Which report.")
    format = serializers.ChoiceField(FILE_FORMATS, help_text="The file's.")
    asked = serializers.DictField(help_text="The report's parameters, in full.")
    state = serializers.ChoiceField(Export.State.choices, help_text="How far it is.")
    progress = serializers.FloatField(min_value=0, max_value=1, help_text="The share that is written.")
    rows = serializers.IntegerField(allow_null=True, help_text="How many it has; null until it's done.")
    size_bytes = serializers.IntegerField(allow_null=True, help_text="How long the file is; null until it's done.")
    error = serializers.CharField(allow_null=True, help_text="Why it failed.")
    created_at = serializers.DateTimeField(help_text="When it was ordered.")
    started_at = serializers.DateTimeField(allow_null=True, help_text="When it was begun.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it was done, or failed.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until when the file can be fetched.")
    file = serializers.URLField(allow_null=True, help_text="Where the file is fetched, once the state is `done`.")
