-- Occupancy by quarter: each zone's step function, and the step function of the sum over a store's counting zones.
--
-- buckets:  the quarters to compute, and whether the store is open in them.
-- zones:    the zones that have occupancy; how long a sample holds, since when and until when the zone is there, its
--           capacity where a person has set it, whether it counts toward the store, and the store's own capacity.
-- The sum is swept: every step adds its difference at its instant, and running totals give the sum between instants.
-- It is known where as many counting zones are known as there are.
INSERT INTO reports_occupancyrollup
    (store_id, zone_id, grain, start, is_open, covered_us, person_us, capacity_us, capacity_person_us,
     peak, peak_at, peak_utilisation)
WITH bucket AS (
    SELECT *, start + interval '15 minutes' AS stop
    FROM unnest(%(store_ids)s::bigint[], %(starts)s::timestamptz[], %(opens)s::boolean[]) AS t (store_id, start, is_open)
), zone AS (
    SELECT *
    FROM unnest(
        %(zone_store_ids)s::bigint[], %(zone_ids)s::bigint[], %(holds)s::interval[],
        %(alive_from)s::timestamptz[], %(alive_until)s::timestamptz[],
        %(zone_capacities)s::int[], %(counts)s::boolean[], %(store_capacities)s::int[]
    ) AS t (store_id, zone_id, hold, alive_from, alive_until, zone_capacity, counts, store_capacity)
), sample AS (
    SELECT bucket.store_id, zone.zone_id, bucket.start, bucket.stop, bucket.is_open, fact.observed_at,
           zone.hold, zone.alive_from, zone.alive_until, zone.counts,
           fact.people, nullif(coalesce(zone.zone_capacity, fact.capacity), 0) AS capacity,
           lead(fact.observed_at) OVER (
               PARTITION BY bucket.store_id, bucket.start, zone.zone_id ORDER BY fact.observed_at
           ) AS next_at
    FROM bucket
    JOIN zone USING (store_id)
    JOIN ingest_occupancysample fact
      ON fact.store_id = bucket.store_id AND fact.zone_id = zone.zone_id
     AND fact.observed_at > bucket.start - zone.hold AND fact.observed_at < bucket.stop
    WHERE fact.observed_at > %(earliest)s AND fact.observed_at < %(latest)s
), step AS (
    SELECT *,
           greatest(observed_at, start) AS begins,
           least(next_at, observed_at + hold, stop) AS ends
    FROM sample
), zone_figure AS (
    SELECT store_id, zone_id, start, is_open, begins, people,
           (extract(epoch FROM ends - begins) * 1000000)::bigint AS us,
           capacity
    FROM step WHERE begins < ends
), counted AS (
    SELECT store_id, start, is_open, people, capacity,
           greatest(begins, alive_from) AS begins, least(ends, alive_until) AS ends
    FROM step WHERE counts
), edge AS (
    SELECT store_id, start, is_open, begins AS at, 1 AS known, 0 AS expected, people,
           coalesce(capacity, 0) AS capacity, (capacity IS NULL)::int AS without_capacity
    FROM counted WHERE begins < ends
    UNION ALL
    SELECT store_id, start, is_open, ends, -1, 0, -people, -coalesce(capacity, 0), -(capacity IS NULL)::int
    FROM counted WHERE begins < ends
    UNION ALL
    SELECT store_id, start, is_open, greatest(start, alive_from), 0, 1, 0, 0, 0
    FROM bucket JOIN zone USING (store_id)
    WHERE counts AND (alive_from IS NULL OR alive_from < stop) AND (alive_until IS NULL OR alive_until > start)
    UNION ALL
    SELECT store_id, start, is_open, least(stop, alive_until), 0, -1, 0, 0, 0
    FROM bucket JOIN zone USING (store_id)
    WHERE counts AND (alive_from IS NULL OR alive_from < stop) AND (alive_until IS NULL OR alive_until > start)
), instant AS (
    SELECT store_id, start, is_open, at, sum(known) AS known, sum(expected) AS expected, sum(people) AS people,
           sum(capacity) AS capacity, sum(without_capacity) AS without_capacity
    FROM edge GROUP BY store_id, start, is_open, at
), swept AS (
    SELECT store_id, start, is_open, at,
           lead(at) OVER later AS until,
           sum(known) OVER so_far AS known, sum(expected) OVER so_far AS expected, sum(people) OVER so_far AS people,
           sum(capacity) OVER so_far AS capacity, sum(without_capacity) OVER so_far AS without_capacity
    FROM instant
    WINDOW later AS (PARTITION BY store_id, start ORDER BY at),
           so_far AS (PARTITION BY store_id, start ORDER BY at ROWS UNBOUNDED PRECEDING)
), own_capacity AS (
    SELECT DISTINCT store_id, store_capacity FROM zone
), store_figure AS (
    SELECT swept.store_id, 0::bigint AS zone_id, start, is_open, at AS begins, people::bigint AS people,
           (extract(epoch FROM until - at) * 1000000)::bigint AS us,
           coalesce(
               own_capacity.store_capacity,
               CASE WHEN without_capacity = 0 THEN capacity END
           )::bigint AS capacity
    FROM swept JOIN own_capacity USING (store_id)
    WHERE known = expected AND expected > 0 AND at < until
), figure AS (
    SELECT store_id, zone_id, start, is_open, begins, us, people::bigint, capacity::bigint FROM zone_figure
    UNION ALL
    SELECT store_id, zone_id, start, is_open, begins, us, people, capacity FROM store_figure
)
SELECT store_id, zone_id, 'quarter', start, is_open,
       sum(us),
       sum(people * us),
       coalesce(sum(capacity * us), 0),
       coalesce(sum(people * us) FILTER (WHERE capacity IS NOT NULL), 0),
       max(people),
       (array_agg(begins ORDER BY people DESC, begins))[1],
       max(people::float8 / capacity::float8)
FROM figure
GROUP BY store_id, zone_id, start, is_open
