"""The SQL that keeps sensors' records, and makes the intervals of their zones from them.

Records can overlap: a minute's push and the quarter's bin of the history are of the same people. Of records that
overlap, one stands: a complete one before a part, one that lies within an interval before one that doesn't, then the
longer. So each person counts once, and an interval is a function of its records, in whichever order and pieces they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ingest.statements import FactTable

LONGEST = timedelta(hours=25)
"""No record is longer: a day in which the clock is put back."""

LINES = FactTable(
    name="ingest_linerecord",
    measure="footfall",
    key=("store_id", "zone_id", "start", "end"),
    values={"forward": "int", "backward": "int", "complete": "boolean"},
)
STAYS = FactTable(
    name="ingest_stayrecord",
    measure="dwell",
    key=("store_id", "zone_id", "start", "end"),
    values={"average_dwell_ms": "bigint", "visits": "int", "complete": "boolean"},
)

_LOCKS, _BUCKETS = 7_303_000, 64
_MAX_INT = 2**31 - 1


def lock(given: str) -> str:
    """Let nobody else make intervals of these zones meanwhile: of two that don't see each other's records, one would lose.

    Zones share locks, of which a transaction can't have arbitrarily many; taken in order, so that no two wait in a ring.
    """
    return f"""
        SELECT pg_advisory_xact_lock({_LOCKS} + bucket)
        FROM (SELECT DISTINCT mod(zone_id, {_BUCKETS}) AS bucket FROM {given} ORDER BY bucket) AS buckets
    """


def keep(records: FactTable) -> str:
    """Insert or replace records."""
    return f"WITH {records.written()} SELECT count(*) FROM written"


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals of ``span``, and how each of their values is made of the standing records in one.

    Those that ``begun`` in it are counted in it; ``inside`` is how long each lies in it.
    """

    name: str
    records: FactTable
    span: str
    values: dict[str, str]

    def recompute(self) -> str:
        """Make anew all intervals that the given records bear on, and mark their quarters where anything changed."""
        columns = ("end", "received_at", *self.values)
        names = ", ".join(f'"{name}"' for name in columns)
        made = ", ".join(f'{sql} AS "{name}"' for name, sql in self.values.items())
        table = self.records.name
        return f"""
            WITH given AS MATERIALIZED (
                SELECT DISTINCT store_id, zone_id, start, "end" FROM {self.records.given}
            ), stretch AS (
                SELECT * FROM given
                UNION
                -- What stands of a record that spills decides on all the intervals that it lies in.
                SELECT record.store_id, record.zone_id, record.start, record."end"
                FROM given JOIN {table} AS record ON record.spills AND {_overlap("record", "given")}
            ), area AS MATERIALIZED (
                SELECT DISTINCT store_id, zone_id, begins AS start, begins + interval '{self.span}' AS "end"
                FROM stretch, generate_series(
                    date_bin('{self.span}', start, 'epoch'), "end" - interval '1 microsecond', '{self.span}'
                ) AS begins
            ), said AS (
                -- By subqueries, so that each interval's records are looked up, however many the planner expects.
                SELECT area.*, coalesce(begun, '{{}}') || coalesce(spilt, '{{}}') AS records
                FROM area, LATERAL (
                    SELECT (SELECT array_agg(record) FROM {table} AS record
                            WHERE {_same_zone("record", "area")}
                              AND record.start >= area.start AND record.start < area."end") AS begun,
                           (SELECT array_agg(record) FROM {table} AS record
                            WHERE record.spills AND {_overlap("record", "area")} AND record.start < area.start) AS spilt
                ) AS found
            ), figure AS (
                SELECT said.store_id, said.zone_id, said.start, figures.*
                FROM said
                LEFT JOIN ingest_reversedzone AS reversed ON reversed.zone_id = said.zone_id
                CROSS JOIN LATERAL (
                    SELECT count(*) FILTER (WHERE begun) AS standing,
                           greatest(said."end", max("end") FILTER (WHERE begun)) AS "end",
                           max(received_at) FILTER (WHERE begun) AS received_at,
                           {made}
                    FROM (
                        SELECT record.*, record.start >= said.start AS begun,
                               least(record."end", said."end") - greatest(record.start, said.start) AS inside
                        FROM unnest(said.records) AS record
                        WHERE NOT EXISTS (
                            SELECT FROM unnest(said.records) AS better
                            WHERE better.start < record."end" AND better."end" > record.start
                              AND {_rank("better")} > {_rank("record")}
                        ) AND NOT (record.spills AND EXISTS (
                            SELECT FROM {table} AS better
                            WHERE {_overlap("better", "record")} AND {_rank("better")} > {_rank("record")}
                        ))
                    ) AS standing
                ) AS figures
            ), removed AS (
                DELETE FROM {self.name} AS old USING figure
                WHERE figure.standing = 0 AND {_same_zone("old", "figure")} AND old.start = figure.start
                RETURNING old.store_id, old.start
            ), written AS (
                INSERT INTO {self.name} AS old (store_id, zone_id, start, {names})
                SELECT store_id, zone_id, start, {names} FROM figure WHERE standing > 0
                ON CONFLICT (store_id, zone_id, start) DO UPDATE
                SET {", ".join(f'"{name}" = EXCLUDED."{name}"' for name in columns)}
                WHERE {_values("old", columns)} IS DISTINCT FROM {_values("EXCLUDED", columns)}
                RETURNING old.store_id, old.start
            )
            INSERT INTO ingest_dirty (measure, store_id, quarter)
            SELECT DISTINCT '{self.records.measure}', store_id, date_bin('15 minutes', start, 'epoch')
            FROM (SELECT * FROM removed UNION ALL SELECT * FROM written) AS changed
        """

    def orphaned(self) -> str:
        """Those of the given records whose interval stands, but of none of its records any more: they came too late.

        Such a record would stand for the whole interval. One that is the whole of it may.
        """
        begins = f"date_bin('{self.span}', given.start, 'epoch')"
        return f"""
            SELECT given.zone_id, given.start, given."end"
            FROM {self.records.given}
            JOIN {self.name} AS old
              ON old.store_id = given.store_id AND old.zone_id = given.zone_id AND old.start = {begins}
            WHERE NOT (given.start = old.start AND given."end" = old."end")
              AND NOT EXISTS (
                  SELECT FROM {self.records.name} AS sibling
                  WHERE sibling.store_id = given.store_id AND sibling.zone_id = given.zone_id
                    AND sibling.start >= old.start AND sibling.start < old.start + interval '{self.span}'
              )
        """


def _rank(side: str) -> str:
    return f'ROW({side}.complete, NOT {side}.spills, {side}."end" - {side}.start, {side}.start)'


def _same_zone(side: str, other: str) -> str:
    return f"{side}.store_id = {other}.store_id AND {side}.zone_id = {other}.zone_id"


def _overlap(side: str, other: str) -> str:
    """Whether two stretches of one zone overlap. The last condition says nothing new: it bounds the search of an index."""
    return (
        f'{_same_zone(side, other)} AND {side}.start < {other}."end" AND {side}."end" > {other}.start '
        f"AND {side}.start > {other}.start - interval '{LONGEST.total_seconds():.0f} seconds'"
    )


def _values(side: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f'{side}."{name}"' for name in names)
    return f"ROW({columns})"


def _people(way: str, other_way: str) -> str:
    """The sum of one direction, or of the other where the zone is reversed."""
    counted = f"CASE WHEN reversed.zone_id IS NULL THEN {way} ELSE {other_way} END"
    return f"least(sum({counted}) FILTER (WHERE begun), {_MAX_INT})::int"


FOOTFALL = Intervals(
    name="ingest_footfallinterval",
    records=LINES,
    span="15 minutes",
    values={
        "complete": "sum(inside) = interval '15 minutes' AND bool_and(complete)",
        "count_in": _people("forward", "backward"),
        "count_out": _people("backward", "forward"),
    },
)
# A mean weighs by its visits; where they aren't known it weighs 1, and the sum of visits isn't known either.
_WEIGHT = "coalesce(visits, 1)"
DWELL = Intervals(
    name="ingest_dwellinterval",
    records=STAYS,
    span="1 hour",
    values={
        "average_dwell_ms": f"coalesce(round(sum(average_dwell_ms::numeric * {_WEIGHT}) FILTER (WHERE begun)"
        f" / nullif(sum({_WEIGHT}) FILTER (WHERE begun), 0)), 0)::bigint",
        "visits": "CASE WHEN count(visits) FILTER (WHERE begun) = count(*) FILTER (WHERE begun)"
        f" THEN least(sum(visits) FILTER (WHERE begun), {_MAX_INT})::int END",
    },
)
