-- Occupancy by quarter: each zone's step function, and the step function of the sum over a store's counting zones.
--
-- run:   stretches of quarters to compute, of a store each.
-- zone:  the zones that have occupancy; how long a sample holds, since when and until when the zone is there, its
--        capacity where a person has set it, and whether it counts toward the store.
--
-- A line is a zone over a run, or with a negative number the run's store. All instants and durations are whole
-- microseconds (since 1970). A step is cut where a quarter ends.
--
-- Where all counting zones are sampled at the same instants throughout, as those of one controller are, the store's sum is
-- that of each instant, for as long as all of them hold. Elsewhere it's swept: every step adds its difference at its
-- instant, and running totals give the sum between instants. It's known where as many zones are known as there are.
WITH line AS MATERIALIZED (
    SELECT row_number() OVER () AS line, run.number, run.store_id, zone.zone_id, zone.zone_capacity,
           run.starts - zone.hold AS since, run.ends AS until, run.starts_us, run.ends_us,
           (date_part('epoch', zone.hold) * 1000000)::bigint AS hold, zone.counts,
           greatest(run.starts_us, zone.alive_from) AS there_from, least(run.ends_us, zone.alive_until) AS there_until
    FROM run JOIN zone USING (store_id)
), step AS MATERIALIZED (
    SELECT line.line, CASE WHEN line.counts THEN line.number END AS counts_for, sample.people, nullif(coalesce(line.zone_capacity, sample.capacity), 0) AS capacity,
           greatest(sample.at, line.starts_us) AS begins,
           least(sample.next_at, sample.at + line.hold, line.ends_us) AS ends
    FROM line, LATERAL (
        SELECT fact.people, fact.capacity,
               (date_part('epoch', fact.observed_at) * 1000000)::bigint AS at,
               (date_part('epoch', lead(fact.observed_at) OVER (ORDER BY fact.observed_at)) * 1000000)::bigint AS next_at
        FROM ingest_occupancysample fact
        WHERE fact.store_id = line.store_id AND fact.zone_id = line.zone_id
          AND fact.observed_at > line.since AND fact.observed_at < line.until
          AND fact.observed_at > %(earliest)s AND fact.observed_at < %(latest)s
    ) AS sample
), snapshot AS MATERIALIZED (
    SELECT counts_for AS number, begins, min(ends) AS ends, sum(people) AS people, count(*) AS zones,
           CASE WHEN count(capacity) = count(*) THEN sum(capacity) END AS capacity
    FROM step WHERE counts_for IS NOT NULL AND begins < ends GROUP BY counts_for, begins
), there AS MATERIALIZED (
    SELECT number, count(*) AS zones, bool_and(there_from = starts_us AND there_until = ends_us) AS throughout
    FROM line WHERE counts AND there_from < there_until GROUP BY number
), swept_run AS MATERIALIZED (
    SELECT number FROM snapshot JOIN there USING (number)
    GROUP BY number HAVING bool_or(snapshot.zones <> there.zones OR NOT there.throughout)
), counted AS MATERIALIZED (
    SELECT line.number, step.people, step.capacity,
           greatest(step.begins, line.there_from) AS begins, least(step.ends, line.there_until) AS ends
    FROM step JOIN line USING (line)
    WHERE EXISTS (SELECT FROM swept_run) AND step.counts_for IN (SELECT number FROM swept_run)
      AND greatest(step.begins, line.there_from) < least(step.ends, line.there_until)
), edge AS (
    SELECT number, begins AS at, 1 AS known, 0 AS expected, people,
           coalesce(capacity, 0) AS capacity, (capacity IS NULL)::int AS without_capacity
    FROM counted
    UNION ALL
    SELECT number, ends, -1, 0, -people, -coalesce(capacity, 0), -(capacity IS NULL)::int FROM counted
    UNION ALL
    SELECT number, there_from, 0, 1, 0, 0, 0
    FROM line WHERE counts AND there_from < there_until AND number IN (SELECT number FROM swept_run)
    UNION ALL
    SELECT number, there_until, 0, -1, 0, 0, 0
    FROM line WHERE counts AND there_from < there_until AND number IN (SELECT number FROM swept_run)
), instant AS (
    SELECT number, at, sum(known) AS known, sum(expected) AS expected,
           sum(people) AS people, sum(capacity) AS capacity, sum(without_capacity) AS without_capacity
    FROM edge GROUP BY number, at
), swept AS (
    SELECT number, at,
           lead(at) OVER later AS until,
           sum(known) OVER so_far AS known, sum(expected) OVER so_far AS expected, sum(people) OVER so_far AS people,
           sum(capacity) OVER so_far AS capacity, sum(without_capacity) OVER so_far AS without_capacity
    FROM instant
    WINDOW later AS (PARTITION BY number ORDER BY at),
           so_far AS (PARTITION BY number ORDER BY at ROWS UNBOUNDED PRECEDING)
), store_step AS MATERIALIZED (
    SELECT -number AS line, people::int AS people, capacity::int AS capacity, begins, ends
    FROM snapshot WHERE (number IN (SELECT number FROM swept_run)) IS NOT TRUE
    UNION ALL
    SELECT -number, people::int, (CASE WHEN without_capacity = 0 THEN capacity END)::int, at, until
    FROM swept WHERE known = expected AND expected > 0 AND at < until
), piece AS (
    SELECT line, people, capacity, begins / 900000000 AS quarter, begins,
           least(ends, (begins / 900000000 + 1) * 900000000) - begins AS us
    FROM step WHERE begins < ends
    UNION ALL
    SELECT line, people, capacity, quarter, quarter * 900000000,
           least(ends, (quarter + 1) * 900000000) - quarter * 900000000
    FROM step, generate_series(begins / 900000000 + 1, (ends - 1) / 900000000) AS quarter
    WHERE ends > (begins / 900000000 + 1) * 900000000
    UNION ALL
    SELECT line, people, capacity, begins / 900000000, begins,
           least(ends, (begins / 900000000 + 1) * 900000000) - begins
    FROM store_step
    UNION ALL
    SELECT line, people, capacity, quarter, quarter * 900000000,
           least(ends, (quarter + 1) * 900000000) - quarter * 900000000
    FROM store_step, generate_series(begins / 900000000 + 1, (ends - 1) / 900000000) AS quarter
    WHERE ends > (begins / 900000000 + 1) * 900000000
), of_quarter AS (
    SELECT line, quarter,
           sum(us)::bigint AS covered_us,
           sum(people * us)::bigint AS person_us,
           coalesce(sum(capacity * us), 0)::bigint AS capacity_us,
           coalesce(sum(people * us) FILTER (WHERE capacity IS NOT NULL), 0)::bigint AS capacity_person_us,
           -- The highest of (people, earliest), in one number: a quarter has fewer than 2^30 microseconds.
           max((people::bigint << 30) + 1073741823 - (begins - quarter * 900000000)) AS highest,
           max(people::float8 / capacity::float8) AS peak_utilisation,
           min(people) AS lowest
    FROM piece
    GROUP BY line, quarter
), place AS (
    SELECT line, number, store_id, zone_id, NULL::bigint AS store_capacity FROM line
    UNION ALL
    SELECT -number, number, store_id, 0, store_capacity FROM run
)
SELECT place.number, place.store_id, place.zone_id, quarter, covered_us, person_us,
       -- A store's own capacity goes before the sum of its zones', and is known throughout.
       coalesce(store_capacity * covered_us, capacity_us) AS capacity_us,
       CASE WHEN store_capacity IS NULL THEN capacity_person_us ELSE person_us END AS capacity_person_us,
       (highest >> 30)::int AS peak,
       'epoch'::timestamptz + (quarter * 900000000 + 1073741823 - (highest & 1073741823)) * interval '1 microsecond' AS peak_at,
       coalesce((highest >> 30)::float8 / store_capacity, peak_utilisation) AS peak_utilisation, lowest
FROM of_quarter JOIN place USING (line)
