-- Samples of zones over stretches of time, in order: of each a row with arrays, of the instants and of what is asked for.
--
-- What is asked for is numbered from 0 on. Each zone's samples are found by the primary key, in whose order they lie; an
-- array of them is several times as quick as a row for each.
SELECT place.number - 1, sample.*
FROM unnest(
    %(store_ids)s::bigint[], %(zone_ids)s::bigint[], %(since)s::timestamptz[], %(until)s::timestamptz[]
) WITH ORDINALITY AS place (store_id, zone_id, since, until, number),
LATERAL (
    SELECT array_agg(observed_at) AS instants, {arrays}
    FROM (
        SELECT * FROM {table} AS fact
        WHERE fact.store_id = place.store_id AND fact.zone_id = place.zone_id
          AND fact.observed_at >= place.since AND fact.observed_at < place.until
          AND fact.observed_at >= %(earliest)s AND fact.observed_at < %(latest)s
        ORDER BY fact.observed_at
    ) AS fact
) AS sample
WHERE sample.instants IS NOT NULL
