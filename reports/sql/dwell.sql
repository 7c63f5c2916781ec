-- Dwell by quarter: each zone's interval where it starts, and the sums over a store's zones.
-- A mean weighs by its visits; where they aren't known it weighs 1, and the sum of visits is not known either.
INSERT INTO reports_dwellrollup
    (store_id, zone_id, grain, start, is_open, intervals, weighted_ms, weight, visits)
WITH bucket AS (
    SELECT *
    FROM unnest(%(store_ids)s::bigint[], %(starts)s::timestamptz[], %(opens)s::boolean[]) AS t (store_id, start, is_open)
), interval_fact AS (
    SELECT bucket.store_id, fact.zone_id, bucket.start, bucket.is_open, fact.average_dwell_ms, fact.visits
    FROM bucket
    JOIN ingest_dwellinterval fact
      ON fact.store_id = bucket.store_id
     AND fact.start >= bucket.start AND fact.start < bucket.start + interval '15 minutes'
    WHERE fact.start >= %(earliest)s AND fact.start < %(latest)s
), figure AS (
    SELECT * FROM interval_fact
    UNION ALL
    SELECT store_id, 0, start, is_open, average_dwell_ms, visits FROM interval_fact
)
SELECT store_id, zone_id, 'quarter', start, is_open,
       count(*),
       sum(average_dwell_ms * coalesce(visits, 1)::bigint),
       sum(coalesce(visits, 1)),
       CASE WHEN count(visits) = count(*) THEN sum(visits) END
FROM figure
GROUP BY store_id, zone_id, start, is_open
