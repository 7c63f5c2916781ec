-- Queues by quarter: each queue's step function, and the sums over a store's queues.
--
-- run:   stretches of quarters to compute, of a store each.
-- zone:  the queues, and how long a sample of each holds.
-- All instants and durations are whole microseconds (since 1970). A step is cut where a quarter ends. A breach is a sample
-- over its threshold after one at or under its own, where the earlier still holds when the later comes; it belongs to the
-- quarter of the later.
WITH zone_run AS MATERIALIZED (
    SELECT run.number, run.store_id, run.starts_us, run.ends_us, run.ends, run.starts - zone.hold AS since, zone.zone_id,
           (date_part('epoch', zone.hold) * 1000000)::bigint AS hold
    FROM run JOIN zone USING (store_id)
), step AS MATERIALIZED (
    SELECT zone_run.number, zone_run.store_id, zone_run.zone_id, sample.people::bigint AS people,
           sample.average_wait_ms, sample.longest_wait_ms, sample.threshold,
           greatest(sample.at, zone_run.starts_us) AS begins,
           least(sample.next_at, sample.at + zone_run.hold, zone_run.ends_us) AS ends,
           (sample.at >= zone_run.starts_us AND sample.was_under AND sample.people > sample.threshold
            AND sample.previous_at + zone_run.hold >= sample.at) AS breach
    FROM zone_run, LATERAL (
        SELECT fact.people, fact.average_wait_ms, fact.longest_wait_ms, fact.threshold,
               (date_part('epoch', fact.observed_at) * 1000000)::bigint AS at,
               (date_part('epoch', lead(fact.observed_at) OVER in_order) * 1000000)::bigint AS next_at,
               (date_part('epoch', lag(fact.observed_at) OVER in_order) * 1000000)::bigint AS previous_at,
               lag(fact.people <= fact.threshold) OVER in_order AS was_under
        FROM ingest_queuesample fact
        WHERE fact.store_id = zone_run.store_id AND fact.zone_id = zone_run.zone_id
          AND fact.observed_at >= zone_run.since AND fact.observed_at < zone_run.ends
          AND fact.observed_at >= %(earliest)s AND fact.observed_at < %(latest)s
        WINDOW in_order AS (ORDER BY fact.observed_at)
    ) AS sample
), piece AS MATERIALIZED (
    SELECT number, store_id, zone_id, people, average_wait_ms, longest_wait_ms, threshold, breach,
           begins / 900000000 AS quarter, begins,
           greatest(0, least(ends, (begins / 900000000 + 1) * 900000000) - begins) AS us
    FROM step WHERE begins < ends OR breach
    UNION ALL
    SELECT number, store_id, zone_id, people, average_wait_ms, longest_wait_ms, threshold, false,
           quarter, quarter * 900000000, least(ends, (quarter + 1) * 900000000) - quarter * 900000000
    FROM step, generate_series(begins / 900000000 + 1, (ends - 1) / 900000000) AS quarter
    WHERE ends > (begins / 900000000 + 1) * 900000000
), figure AS (
    SELECT * FROM piece
    UNION ALL
    SELECT number, store_id, 0, people, average_wait_ms, longest_wait_ms, threshold, breach, quarter, begins, us FROM piece
), peaking AS (
    SELECT number, store_id, zone_id, quarter,
           sum(us)::bigint AS covered_us,
           sum(people * us)::bigint AS person_us,
           -- The highest of (people, earliest), in one number: a quarter has fewer than 2^30 microseconds.
           max((people << 30) + 1073741823 - (begins - quarter * 900000000)) AS highest,
           coalesce(sum(average_wait_ms::numeric * people * us) FILTER (WHERE people > 0), 0) AS wait_person_us,
           coalesce(sum(people * us) FILTER (WHERE average_wait_ms IS NOT NULL AND people > 0), 0)::bigint AS waited_person_us,
           max(longest_wait_ms) AS longest_wait_ms,
           coalesce(sum(us) FILTER (WHERE people > threshold), 0)::bigint AS over_us,
           coalesce(sum(us) FILTER (WHERE threshold IS NOT NULL), 0)::bigint AS threshold_us,
           count(*) FILTER (WHERE breach) AS breaches
    FROM figure
    GROUP BY number, store_id, zone_id, quarter
)
SELECT number, store_id, zone_id, quarter, covered_us, person_us,
       (highest >> 30)::int AS peak,
       'epoch'::timestamptz + (quarter * 900000000 + 1073741823 - (highest & 1073741823)) * interval '1 microsecond' AS peak_at,
       wait_person_us, waited_person_us, longest_wait_ms, over_us, threshold_us, breaches
FROM peaking
