-- Queues by quarter, of zones and of stores (zone 0), as columns that were worked out of the samples (`rollups/queues.py`).
SELECT store_id, zone_id, start, is_open, local AT TIME ZONE 'UTC' AS local, covered_us, person_us, peak::int AS peak, peak_at,
       wait_person_us_high::numeric * 2147483648 + wait_person_us_low AS wait_person_us, waited_person_us,
       nullif(longest_wait_ms, -1) AS longest_wait_ms, over_us, threshold_us, breaches
FROM unnest(
    %(store_ids)s::bigint[], %(zone_ids)s::bigint[], %(starts)s::timestamptz[], %(is_open)s::boolean[],
    %(locals)s::timestamptz[], %(covered_us)s::bigint[], %(person_us)s::bigint[], %(peak)s::bigint[],
    %(peak_at)s::timestamptz[], %(wait_person_us_high)s::bigint[], %(wait_person_us_low)s::bigint[],
    %(waited_person_us)s::bigint[], %(longest_wait_ms)s::bigint[], %(over_us)s::bigint[], %(threshold_us)s::bigint[],
    %(breaches)s::bigint[]
) AS figure (store_id, zone_id, start, is_open, local, covered_us, person_us, peak, peak_at, wait_person_us_high,
             wait_person_us_low, waited_person_us, longest_wait_ms, over_us, threshold_us, breaches)
