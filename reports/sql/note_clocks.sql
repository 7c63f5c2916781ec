-- Keeps, for each store's present day, the furthest that any of its controllers' clocks has been off on it.
INSERT INTO reports_clockskew AS known (store_id, day, skew_ms)
SELECT DISTINCT ON (store.id) store.id, today.day, controller.clock_skew_ms
FROM sites_app_controller controller
JOIN sites_app_store store ON store.id = controller.store_id
JOIN unnest(%(timezones)s::text[], %(days)s::date[]) AS today (timezone, day) USING (timezone)
WHERE controller.enabled AND controller.clock_skew_ms IS NOT NULL AND controller.last_success_at >= %(since)s
ORDER BY store.id, abs(controller.clock_skew_ms) DESC, controller.clock_skew_ms DESC
ON CONFLICT (store_id, day) DO UPDATE SET skew_ms = EXCLUDED.skew_ms
WHERE abs(EXCLUDED.skew_ms) > abs(known.skew_ms)
