-- All quarters of a store that facts which are still kept bear on, from the oldest to the end of the last one's hold; or to the
-- last one that has rollups, from when it held for longer.
--
-- Where rollups are older than the oldest facts, those before were dropped. What reached from them into the quarters that
-- follow is known to the rollups alone, so these stay as well.
WITH hold AS (
    SELECT coalesce(max(3 * poll_interval_s), 0) * interval '1 second' AS hold
    FROM sites_app_controller WHERE store_id = %(store_id)s
), zone AS (
    SELECT id FROM sites_app_zone WHERE store_id = %(store_id)s
    UNION ALL
    SELECT 0
), kept AS (
    SELECT min(of_zone.first) AS first, max(of_zone.last) AS last
    FROM zone, LATERAL (
        SELECT min({at}) AS first, max({at}) AS last FROM {table} fact
        WHERE fact.store_id = %(store_id)s AND fact.{zone} = zone.id
    ) AS of_zone
), dropped AS (
    SELECT EXISTS (
        SELECT FROM {rollup} rollup, kept, hold
        WHERE rollup.store_id = %(store_id)s AND rollup.grain = 'quarter'
          AND rollup.start >= kept.first - hold.hold - interval '1 hour'
          AND rollup.start < date_bin('15 minutes', kept.first, 'epoch')
    ) AS dropped
), newest AS (
    SELECT max(rollup.start) AS start FROM {rollup} rollup, kept
    WHERE rollup.store_id = %(store_id)s AND rollup.grain = 'quarter' AND rollup.start > kept.last
)
SELECT quarter
FROM kept, hold, dropped, newest, generate_series(
    CASE WHEN dropped THEN date_bin('15 minutes', kept.first + hold.hold + interval '15 minutes', 'epoch')
         ELSE date_bin('15 minutes', kept.first, 'epoch') END,
    greatest(kept.last + hold.hold, newest.start), interval '15 minutes'
) AS quarter
