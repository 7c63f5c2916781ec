-- Queues by quarter: each queue's step function, and the sums over a store's queues.
--
-- A breach is a sample over its threshold after one at or under its own, where the earlier still holds when the later
-- comes; it belongs to the quarter of the later.
INSERT INTO reports_queuerollup
    (store_id, zone_id, grain, start, is_open, covered_us, person_us, peak, peak_at, wait_person_us, waited_person_us,
     longest_wait_ms, over_us, threshold_us, breaches)
WITH bucket AS (
    SELECT *, start + interval '15 minutes' AS stop
    FROM unnest(%(store_ids)s::bigint[], %(starts)s::timestamptz[], %(opens)s::boolean[]) AS t (store_id, start, is_open)
), zone AS (
    SELECT *
    FROM unnest(%(zone_store_ids)s::bigint[], %(zone_ids)s::bigint[], %(holds)s::interval[]) AS t (store_id, zone_id, hold)
), sample AS (
    SELECT bucket.store_id, zone.zone_id, bucket.start, bucket.stop, bucket.is_open, zone.hold,
           fact.observed_at, fact.people, fact.average_wait_ms, fact.longest_wait_ms, fact.threshold,
           lead(fact.observed_at) OVER per_zone AS next_at,
           lag(fact.observed_at) OVER per_zone AS previous_at,
           lag(fact.people <= fact.threshold) OVER per_zone AS was_under
    FROM bucket
    JOIN zone USING (store_id)
    JOIN ingest_queuesample fact
      ON fact.store_id = bucket.store_id AND fact.zone_id = zone.zone_id
     AND fact.observed_at >= bucket.start - zone.hold AND fact.observed_at < bucket.stop
    WHERE fact.observed_at >= %(earliest)s AND fact.observed_at < %(latest)s
    WINDOW per_zone AS (PARTITION BY bucket.store_id, bucket.start, zone.zone_id ORDER BY fact.observed_at)
), step AS (
    SELECT *,
           greatest(observed_at, start) AS begins,
           least(next_at, observed_at + hold, stop) AS ends,
           (observed_at >= start AND was_under AND people > threshold AND previous_at + hold >= observed_at) AS breach
    FROM sample
), measured AS (
    SELECT *, CASE WHEN begins < ends THEN (extract(epoch FROM ends - begins) * 1000000)::bigint ELSE 0 END AS us
    FROM step WHERE begins < ends OR breach
), figure AS (
    SELECT store_id, zone_id, start, is_open, begins, us, breach,
           people::bigint, average_wait_ms, longest_wait_ms, threshold FROM measured
    UNION ALL
    SELECT store_id, 0, start, is_open, begins, us, breach,
           people::bigint, average_wait_ms, longest_wait_ms, threshold FROM measured
)
SELECT store_id, zone_id, 'quarter', start, is_open,
       sum(us),
       sum(people * us),
       max(people),
       (array_agg(begins ORDER BY people DESC, begins))[1],
       coalesce(sum(average_wait_ms::numeric * people * us) FILTER (WHERE people > 0), 0),
       coalesce(sum(people * us) FILTER (WHERE average_wait_ms IS NOT NULL AND people > 0), 0),
       max(longest_wait_ms),
       coalesce(sum(us) FILTER (WHERE people > threshold), 0),
       coalesce(sum(us) FILTER (WHERE threshold IS NOT NULL), 0),
       count(*) FILTER (WHERE breach)
FROM figure
GROUP BY store_id, zone_id, start, is_open
