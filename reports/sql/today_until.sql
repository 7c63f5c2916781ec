-- The end of the last quarter of which every entrance of the store has told the whole, by store.
SELECT whole.store_id, max(whole.start) + interval '15 minutes'
FROM (
    SELECT wanted.store_id, rollup.start
    FROM unnest(%(store_ids)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(doors)s::int[])
         AS wanted (store_id, starts, ends, doors)
    JOIN reports_footfallrollup rollup
      ON rollup.store_id = wanted.store_id AND rollup.zone_id = 0 AND rollup.grain = 'quarter'
     AND rollup.start >= wanted.starts AND rollup.start < wanted.ends
    GROUP BY wanted.store_id, rollup.start, wanted.doors
    HAVING sum(rollup.complete_quarters) >= wanted.doors
) AS whole
GROUP BY whole.store_id
