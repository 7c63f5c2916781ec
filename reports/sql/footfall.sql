-- Footfall by quarter: each entrance's interval where it starts, and the sums over a store's entrances.
-- Healed is what came more than an hour after it was over: fetched again, or later, after an outage.
--
-- run:   stretches of quarters to compute, of a store each.
-- zone:  the entrances.
WITH interval_fact AS MATERIALIZED (
    SELECT run.number, run.store_id, zone.zone_id, floor(date_part('epoch', fact.start) / 900)::bigint AS quarter,
           fact.count_in, fact.count_out, fact.complete, fact.received_at > fact.end + interval '1 hour' AS healed
    FROM run JOIN zone USING (store_id)
    JOIN ingest_footfallinterval fact
      ON fact.store_id = run.store_id AND fact.zone_id = zone.zone_id
     AND fact.start >= run.starts AND fact.start < run.ends
    WHERE fact.start >= %(earliest)s AND fact.start < %(latest)s
), figure AS (
    SELECT * FROM interval_fact
    UNION ALL
    SELECT number, store_id, 0, quarter, count_in, count_out, complete, healed FROM interval_fact
)
SELECT number, store_id, zone_id, quarter, sum(count_in) AS visitors_in, sum(count_out) AS visitors_out,
       count(*) FILTER (WHERE complete) AS complete_quarters, count(*) AS intervals,
       count(*) FILTER (WHERE complete AND healed) AS healed
FROM figure
GROUP BY number, store_id, zone_id, quarter
