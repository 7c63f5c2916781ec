-- The fewest people that were in stores while these were closed, and how long that is known, by store and local day.
SELECT store_id, local::date AS day, lowest, covered_us
FROM reports_occupancyrollup
WHERE grain = 'day' AND zone_id = 0 AND NOT is_open AND local >= %(start)s AND local < %(end)s
  AND (%(store_ids)s::bigint[] IS NULL OR store_id = ANY(%(store_ids)s))
