-- Samples of zones over stretches of time, in order: of each a row with two arrays, of the instants and of the values.
--
-- What is asked for is numbered from 0 on. A value has the people above its lowest 32 bits, and there the capacity, 0 where
-- it isn't known. Each zone's are found by the primary key, in whose order they lie; an array of each is several times as
-- quick as a row for each sample.
SELECT place.number - 1, sample.instants, sample.values
FROM unnest(
    %(store_ids)s::bigint[], %(zone_ids)s::bigint[], %(since)s::timestamptz[], %(until)s::timestamptz[]
) WITH ORDINALITY AS place (store_id, zone_id, since, until, number),
LATERAL (
    SELECT array_agg(observed_at) AS instants, array_agg(people::bigint << 32 | coalesce(capacity, 0)) AS values
    FROM (
        SELECT fact.observed_at, fact.people, fact.capacity
        FROM ingest_occupancysample fact
        WHERE fact.store_id = place.store_id AND fact.zone_id = place.zone_id
          AND fact.observed_at > place.since AND fact.observed_at < place.until
          AND fact.observed_at > %(earliest)s AND fact.observed_at < %(latest)s
        ORDER BY fact.observed_at
    ) AS fact
) AS sample
WHERE sample.instants IS NOT NULL
