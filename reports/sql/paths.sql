-- Paths by quarter: each interval's counts where it starts, and under -1 the sum over all paths of a store.
-- Intervals count once a quarter: they tell in how many hours anybody was seen on a path.
--
-- run:   stretches of quarters to compute, of a store each.
-- zone:  the store's zones, and 0 for its outside: where a path can begin.
WITH interval_fact AS MATERIALIZED (
    SELECT run.number, run.store_id, fact.from_zone_id, fact.to_zone_id,
           floor(date_part('epoch', fact.start) / 900)::bigint AS quarter, fact.count
    FROM run JOIN zone USING (store_id)
    JOIN ingest_pathinterval fact
      ON fact.store_id = run.store_id AND fact.from_zone_id = zone.zone_id
     AND fact.start >= run.starts AND fact.start < run.ends
    WHERE fact.start >= %(earliest)s AND fact.start < %(latest)s
), figure AS (
    SELECT * FROM interval_fact
    UNION ALL
    SELECT number, store_id, -1, -1, quarter, count FROM interval_fact
)
SELECT number, store_id, from_zone_id, to_zone_id, quarter, sum(count) AS count, 1 AS intervals
FROM figure
GROUP BY number, store_id, from_zone_id, to_zone_id, quarter
