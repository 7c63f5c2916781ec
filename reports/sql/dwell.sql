-- Dwell by quarter: each zone's interval where it starts, and the sums over a store's zones.
-- A mean weighs by its visits; where they aren't known it weighs 1, and the sum of visits is not known either.
--
-- run:   stretches of quarters to compute, of a store each.
-- zone:  the store's zones.
WITH interval_fact AS MATERIALIZED (
    SELECT run.number, run.store_id, zone.zone_id, floor(date_part('epoch', fact.start) / 900)::bigint AS quarter,
           fact.average_dwell_ms, fact.visits
    FROM run JOIN zone USING (store_id)
    JOIN ingest_dwellinterval fact
      ON fact.store_id = run.store_id AND fact.zone_id = zone.zone_id
     AND fact.start >= run.starts AND fact.start < run.ends
    WHERE fact.start >= %(earliest)s AND fact.start < %(latest)s
), figure AS (
    SELECT * FROM interval_fact
    UNION ALL
    SELECT number, store_id, 0, quarter, average_dwell_ms, visits FROM interval_fact
)
SELECT number, store_id, zone_id, quarter,
       count(*) AS intervals,
       sum(average_dwell_ms * coalesce(visits, 1)::bigint) AS weighted_ms,
       sum(coalesce(visits, 1)) AS weight,
       CASE WHEN count(visits) = count(*) THEN sum(visits) END AS visits
FROM figure
GROUP BY number, store_id, zone_id, quarter
