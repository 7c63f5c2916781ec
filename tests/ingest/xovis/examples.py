"""Pushes and answers as sensors write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

SERIAL = "80:1F:12:D5:00:01"
NOON = datetime(2024, 11, 20, 11, 0, tzinfo=UTC)
"""1732100400 seconds since the epoch; the start of a quarter and of an hour."""
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)
SENSOR_INFO = {"serial_number": SERIAL, "type": "SINGLE_SENSOR"}

Json = dict[str, Any]


def ms(instant: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(instant.timestamp() * 1000)


def counts(**values: Any) -> list[Json]:
    """Counts by name (``_`` for ``-``, but in ``dwell_time``), with ids that say nothing."""
    names = {name: name if name == "dwell_time" else name.replace("_", "-") for name in values}
    return [
        {"id": 70 + number, "name": names[name], "value": value} for number, (name, value) in enumerate(values.items())
    ]


def record(start: datetime = NOON, length: timedelta = MINUTE, **values: Any) -> Json:
    """A record of a logic."""
    return {"from": ms(start), "to": ms(start + length), "counts": counts(**values)}


def logic(number: int, info: str, *records: Json, name: str = "", **fields: Any) -> Json:
    """A logic with its records."""
    return {
        "id": number,
        "name": name or f"Logic {number}",
        "info": info,
        "geometries": [],
        "records": list(records),
        **fields,
    }


def line(*records: Json, number: int = 1, info: str = "XLT_LINE_IN_OUT_COUNT", **fields: Any) -> Json:
    """A line."""
    return logic(number, info, *records, **fields)


def logics_push(*logics: Json, package: int = 1090, **fields: Any) -> Json:
    """A push of aggregated counts."""
    info = {"version": "5.0", "id": package, "agent_id": 25}
    return {"logics_data": {"package_info": info, "sensor_info": SENSOR_INFO, "logics": list(logics), **fields}}


LOGICS: Json = {
    "logics_data": {
        "package_info": {"version": "5.0", "id": 1090, "agent_id": 25},
        "sensor_info": SENSOR_INFO,
        "logics": [
            {"id": 1, "name": "Main entrance", "info": "XLT_LINE_IN_OUT_COUNT", "geometries": [{"id": 3, "type": "LINE", "name": "Door"}],
             "records": [{"from": 1732100400000, "to": 1732100460000,
                          "counts": [{"id": 1001, "name": "fw", "value": 7}, {"id": 1002, "name": "bw", "value": 5}]}]},
            {"id": 8, "name": "Promo table", "info": "XLT_ZONE_OCCUPANCY_COUNT", "geometries": [{"id": 5, "type": "ZONE", "name": "Promo"}],
             "records": [{"from": 1732100400000, "to": 1732100460000, "samples": 1, "samples_expected": 1,
                          "counts": [{"id": 8001, "name": "balance", "value": 4}, {"id": 8002, "name": "visits", "value": 9},
                                     {"id": 8003, "name": "dwell_time", "value": 41.5, "unit": "seconds"}]}]},
            {"id": 9, "name": "Checkout 1", "info": "XLT_QUEUE_STATISTICS", "geometries": [{"id": 7, "type": "ZONE", "name": "Till"}],
             "records": [{"from": 1732100400000, "to": 1732100460000,
                          "counts": [{"id": 9001, "name": "queue-length", "value": 6}, {"id": 9002, "name": "outflow", "value": 3},
                                     {"id": 9003, "name": "queueing-time", "value": 142.0, "unit": "seconds"}]}]},
        ],
    }
}  # fmt: skip

LIVE: Json = {
    "live_data": {
        "package_info": {"version": "5.0", "id": 77, "agent_id": 20},
        "sensor_info": SENSOR_INFO,
        "config": {
            "logics": [{"id": 1, "name": "Main entrance", "geometries": [3]}, {"id": 8, "name": "Promo table", "geometries": [5]}],
            "counts": [{"id": 1001, "name": "fw", "logic_id": 1, "type": "accumulation"},
                       {"id": 415, "name": "balance", "logic_id": 8, "type": "state"}],
            "geometries": [{"id": 3, "name": "Door", "type": "LINE", "geometry": [[0.1, 1.2], [2.4, 1.2]]}],
        },
        "frames": [
            {"framenumber": 4711, "frametype": "EVENT", "time": 1732100411250, "illumination": "SUFFICIENT",
             "tracked_objects": [{"track_id": 4_294_967_298, "type": "PERSON", "position": [1.2345, 0.8765, 0.0],
                                  "attributes": {"person_height": 1.7432, "members": 1}}],
             "events": [
                 {"category": "SCENE", "type": "LINE_CROSS_FORWARD", "attributes": {"track_id": 4_294_967_298, "geometry_id": 3}},
                 {"category": "COUNT", "type": "COUNT_INCREMENT",
                  "attributes": {"counter_id": 1001, "counter_name": "fw", "logic_name": "Main entrance", "counter_value": 318, "track_id": 4_294_967_298}},
                 {"category": "COUNT", "type": "COUNT_INCREMENT",
                  "attributes": {"counter_id": 415, "counter_name": "balance", "logic_name": "Promo table", "counter_value": 5, "track_id": 4_294_967_298}},
             ]},
            {"framenumber": 4712, "frametype": "PERIODIC", "time": 1732100411330, "tracked_objects": []},
        ],
    }
}  # fmt: skip

STATUS: Json = {
    "status_data": {
        "package_info": {"version": "5.0", "id": 12, "agent_id": 3},
        "sensor_info": SENSOR_INFO,
        "states": {
            "device": {"state": {"state": "OK", "details": {"uptime_sec": 12390}}},
            "time": {"state": {"state": "OK"}},
            "network": {"state": {"state": "OK"}},
            "updates": {"state": {"state": "OK"}},
            "singlesensor": {"status": {"illumination": "SUFFICIENT"}},
            "multisensor": {"status": {"enabled": False}},
        },
    }
}

OLDER_COUNTS: Json = {
    "sensor-time": {"timezone": "Europe/Zurich", "time": "2024-11-20T12:01:00+01:00"},
    "status": {"code": "OK"},
    "sensor-info": {"serial-number": "00:6E:02:00:00:01", "ip-address": "10.0.0.5", "name": "Door", "group": "Ground floor", "device-type": "PC2"},
    "content": {"element": [
        {"element-id": 1, "element-name": "Line 1", "sensor-type": "SINGLE_SENSOR", "data-type": "LINE",
         "from": "2024-11-20T12:00:00+01:00", "to": "2024-11-20T12:01:00+01:00", "resolution": "ONE_MINUTE",
         "measurement": [{"from": "2024-11-20T12:00:00+01:00", "to": "2024-11-20T12:01:00+01:00",
                          "value": [{"label": "fw", "value": 7}, {"label": "bw", "value": 5}]}]}]},
}  # fmt: skip

OLDER_EVENTS: Json = {
    "values": [
        {"timestamp": 1732100411250, "type": "LineCrossing", "serial": "00:6E:02:00:00:01", "direction": "forward",
         "countItem": {"id": 1, "name": "Line 1"}, "objectType": "PERSON"},
        {"timestamp": 1732100411990, "type": "ZoneExit", "serial": "00:6E:02:00:00:01", "direction": "backward",
         "countItem": {"id": 2, "name": "Zone 1"}, "objectType": "PERSON"},
    ]
}  # fmt: skip
