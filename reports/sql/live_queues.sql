-- Queue zones, with the latest of each: no figures once it no longer holds. Instants are microseconds since 1970.
SELECT zone.store_id, zone.id, zone.code, zone.name,
       CASE WHEN holds THEN state.people_waiting END,
       CASE WHEN holds THEN state.average_wait_ms END,
       CASE WHEN holds THEN state.longest_wait_ms END,
       CASE WHEN holds THEN state.threshold END,
       at_us, at_us + hold_us
FROM sites_app_zone zone
JOIN sites_app_controller controller ON controller.id = zone.controller_id
LEFT JOIN ingest_zonestate state ON state.zone_id = zone.id
CROSS JOIN LATERAL (
    SELECT (date_part('epoch', least(state.queue_at, state.queue_received_at)) * 1000000)::bigint AS at_us,
           controller.poll_interval_s * %(hold_us_per_s)s::bigint AS hold_us
) AS latest
CROSS JOIN LATERAL (SELECT at_us + hold_us > %(now_us)s AS holds) AS fresh
WHERE zone.kind = 'queue'
  AND (zone.appeared_at IS NULL OR zone.appeared_at <= %(now)s)
  AND (zone.retired_at IS NULL OR zone.retired_at > %(now)s)
  of_these(zone.store_id)
