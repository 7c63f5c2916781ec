-- Visitors of a store over a window, and of how many quarters of its entrances that is the whole.
SELECT wanted.store_id, wanted.weeks_ago, sum(rollup.visitors_in), sum(rollup.complete_quarters)
FROM unnest(%(store_ids)s::bigint[], %(weeks_ago)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
     AS wanted (store_id, weeks_ago, starts, ends)
JOIN reports_footfallrollup rollup
  ON rollup.store_id = wanted.store_id AND rollup.zone_id = 0 AND rollup.grain = 'quarter'
 AND rollup.start >= wanted.starts AND rollup.start < wanted.ends
GROUP BY wanted.store_id, wanted.weeks_ago
