-- The zones that count toward their stores' occupancy now, with the latest of each: no people once it no longer holds.
-- Which zones count is what sites_app.models.counting_zones says. Instants are microseconds since 1970.
SELECT zone.store_id, zone.id, zone.code, zone.name,
       CASE WHEN at_us + hold_us > %(now_us)s THEN state.people END,
       CASE WHEN zone.capacity_by_hand THEN zone.capacity ELSE coalesce(nullif(state.capacity, 0), zone.capacity) END,
       at_us, at_us + hold_us
FROM sites_app_zone zone
JOIN sites_app_controller controller ON controller.id = zone.controller_id
LEFT JOIN ingest_zonestate state ON state.zone_id = zone.id
CROSS JOIN LATERAL (
    SELECT (date_part('epoch', least(state.occupancy_at, state.occupancy_received_at)) * 1000000)::bigint AS at_us,
           controller.poll_interval_s * %(hold_us_per_s)s::bigint AS hold_us
) AS latest
WHERE (zone.counts_by_hand OR zone.counts_by_hand IS NULL AND zone.has_occupancy AND (
          zone.kind = 'area' OR zone.kind = 'entrance' AND zone.store_id NOT IN (
              SELECT area.store_id FROM sites_app_zone area WHERE area.kind = 'area' of_these(area.store_id)
          )
      ))
  AND (zone.appeared_at IS NULL OR zone.appeared_at <= %(now)s)
  AND (zone.retired_at IS NULL OR zone.retired_at > %(now)s)
  of_these(zone.store_id)
