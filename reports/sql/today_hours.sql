-- Visitors of a store by hour of a day, with how many quarters of its entrances each hour is the whole of.
SELECT hour.store_id, hour.weeks_ago, array_agg(hour.start), array_agg(hour.visitors), array_agg(hour.quarters)
FROM (
    SELECT wanted.store_id, wanted.weeks_ago, rollup.start,
           sum(rollup.visitors_in)::bigint AS visitors, sum(rollup.complete_quarters)::bigint AS quarters
    FROM unnest(%(store_ids)s::bigint[], %(weeks_ago)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
         AS wanted (store_id, weeks_ago, starts, ends)
    JOIN reports_footfallrollup rollup
      ON rollup.store_id = wanted.store_id AND rollup.zone_id = 0 AND rollup.grain = 'hour'
     AND rollup.start >= wanted.starts AND rollup.start < wanted.ends
    GROUP BY wanted.store_id, wanted.weeks_ago, rollup.start
) AS hour
GROUP BY hour.store_id, hour.weeks_ago
