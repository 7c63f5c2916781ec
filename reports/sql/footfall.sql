-- Footfall by quarter: each entrance's interval where it starts, and the sums over a store's entrances.
INSERT INTO reports_footfallrollup
    (store_id, zone_id, grain, start, is_open, visitors_in, visitors_out, complete_quarters, intervals)
WITH bucket AS (
    SELECT *
    FROM unnest(%(store_ids)s::bigint[], %(starts)s::timestamptz[], %(opens)s::boolean[]) AS t (store_id, start, is_open)
), zone AS (
    SELECT * FROM unnest(%(zone_store_ids)s::bigint[], %(zone_ids)s::bigint[]) AS t (store_id, zone_id)
), interval_fact AS (
    SELECT bucket.store_id, zone.zone_id, bucket.start, bucket.is_open, fact.count_in, fact.count_out, fact.complete
    FROM bucket
    JOIN zone USING (store_id)
    JOIN ingest_footfallinterval fact
      ON fact.store_id = bucket.store_id AND fact.zone_id = zone.zone_id
     AND fact.start >= bucket.start AND fact.start < bucket.start + interval '15 minutes'
    WHERE fact.start >= %(earliest)s AND fact.start < %(latest)s
), figure AS (
    SELECT * FROM interval_fact
    UNION ALL
    SELECT store_id, 0, start, is_open, count_in, count_out, complete FROM interval_fact
)
SELECT store_id, zone_id, 'quarter', start, is_open, sum(count_in), sum(count_out), count(*) FILTER (WHERE complete), count(*)
FROM figure
GROUP BY store_id, zone_id, start, is_open
