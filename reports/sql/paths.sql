-- Paths by quarter: each interval's counts where it starts.
INSERT INTO reports_pathrollup
    (store_id, from_zone_id, to_zone_id, grain, start, is_open, count, intervals)
WITH bucket AS (
    SELECT *
    FROM unnest(%(store_ids)s::bigint[], %(starts)s::timestamptz[], %(opens)s::boolean[]) AS t (store_id, start, is_open)
)
SELECT bucket.store_id, fact.from_zone_id, fact.to_zone_id, 'quarter', bucket.start, bucket.is_open,
       sum(fact.count), count(*)
FROM bucket
JOIN ingest_pathinterval fact
  ON fact.store_id = bucket.store_id
 AND fact.start >= bucket.start AND fact.start < bucket.start + interval '15 minutes'
WHERE fact.start >= %(earliest)s AND fact.start < %(latest)s
GROUP BY bucket.store_id, fact.from_zone_id, fact.to_zone_id, bucket.start, bucket.is_open
