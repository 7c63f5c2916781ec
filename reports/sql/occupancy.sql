-- Occupancy by quarter, of zones and of stores (zone 0), as columns that were worked out of the samples (`rollups/steps.py`).
SELECT store_id, zone_id, start, is_open, local AT TIME ZONE 'UTC' AS local, covered_us, person_us, capacity_us,
       capacity_person_us, peak::int AS peak, peak_at, nullif(peak_utilisation, 'NaN') AS peak_utilisation,
       lowest::int AS lowest
FROM unnest(
    %(store_ids)s::bigint[], %(zone_ids)s::bigint[], %(starts)s::timestamptz[], %(is_open)s::boolean[],
    %(locals)s::timestamptz[], %(covered_us)s::bigint[], %(person_us)s::bigint[], %(capacity_us)s::bigint[],
    %(capacity_person_us)s::bigint[], %(peak)s::bigint[], %(peak_at)s::timestamptz[], %(peak_utilisation)s::float8[],
    %(lowest)s::bigint[]
) AS figure (store_id, zone_id, start, is_open, local, covered_us, person_us, capacity_us, capacity_person_us, peak, peak_at,
             peak_utilisation, lowest)
