"""Lines that a person has turned round: their intervals follow, all of them, also those whose records are gone."""

from __future__ import annotations

from django.db import connection, transaction

from ingest import records

_TURNED = """
    SELECT zone.id FROM sites_app_zone zone
    WHERE zone.reversed AND NOT EXISTS (SELECT FROM ingest_reversedzone made WHERE made.zone_id = zone.id)
    UNION ALL
    SELECT made.zone_id FROM ingest_reversedzone made JOIN sites_app_zone zone ON zone.id = made.zone_id
    WHERE NOT zone.reversed
    ORDER BY 1
"""
# What there is of both now is all that decides: a second worker that comes to the same zone finds nothing to do.
_MARK = """
    INSERT INTO ingest_reversedzone (zone_id)
    SELECT id FROM sites_app_zone WHERE id = %(zone)s AND reversed ON CONFLICT DO NOTHING RETURNING zone_id
"""
_UNMARK = """
    DELETE FROM ingest_reversedzone made USING sites_app_zone zone
    WHERE made.zone_id = %(zone)s AND zone.id = made.zone_id AND NOT zone.reversed RETURNING made.zone_id
"""
_SWAP = """
    WITH swapped AS (
        UPDATE ingest_footfallinterval SET count_in = count_out, count_out = count_in
        WHERE store_id = (SELECT store_id FROM sites_app_zone WHERE id = %(zone)s) AND zone_id = %(zone)s
        RETURNING store_id, start
    )
    INSERT INTO ingest_dirty (measure, store_id, quarter)
    SELECT DISTINCT 'footfall', store_id, date_bin('15 minutes', start, 'epoch') FROM swapped
"""


def apply() -> int:
    """Turn the intervals of zones whose ``reversed`` was changed; how many zones."""
    with connection.cursor() as cursor:
        cursor.execute(_TURNED)
        zones = [zone for (zone,) in cursor.fetchall()]
    return sum(_turn(zone) for zone in zones)


@transaction.atomic
def _turn(zone: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(records.lock("unnest(%(zones)s::bigint[]) AS given (zone_id)"), {"zones": [zone]})
        for sentence in (_MARK, _UNMARK):
            cursor.execute(sentence, {"zone": zone})
            if cursor.fetchone():
                cursor.execute(_SWAP, {"zone": zone})
                return True
    return False
