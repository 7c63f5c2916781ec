-- Where to look for changes from: the oldest transaction that is under way, how many rows there are of what live figures are
-- made of, and when a zone comes or goes next, in microseconds since 1970.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
       zones.rows
       + (SELECT count(*) FROM ingest_zonestate WHERE true of_these(store_id))
       + (SELECT count(*) FROM sites_app_controller WHERE true of_these(store_id))
       + (SELECT count(*) FROM sites_app_store WHERE true of_these(id)),
       (date_part('epoch', least(zones.appears_at, zones.retires_at)) * 1000000)::bigint
FROM (
    SELECT count(*) AS rows, min(appeared_at) FILTER (WHERE appeared_at > %(now)s) AS appears_at,
           min(retired_at) FILTER (WHERE retired_at > %(now)s) AS retires_at
    FROM sites_app_zone WHERE true of_these(store_id)
) AS zones
