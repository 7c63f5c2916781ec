-- What bears on stores' rollups, as the registry has it now: a row for each store whose basis says otherwise, or has none.
--
-- hours is written so that it can be read back (`trading.trading_as_written`); the rest are digests of all settings on
-- which a measure's quarters hang. A hold is three poll intervals, so the interval stands for it.
WITH weekly AS (
    SELECT store_id, string_agg(weekday || ' ' || opens || '-' || closes, ';' ORDER BY weekday, opens) AS hours
    FROM sites_app_openinghours GROUP BY store_id
), special AS (
    SELECT store_id, string_agg(date || ' ' || coalesce(opens || '-' || closes, 'off'), ';' ORDER BY date, opens) AS hours
    FROM sites_app_specialhours GROUP BY store_id
), zones AS (
    SELECT zone.store_id,
           string_agg(concat_ws(' ', zone.id, zone.kind, coalesce(counts_by_hand::text, '-'), has_occupancy,
                                coalesce(CASE WHEN capacity_by_hand THEN capacity END, 0),
                                coalesce(date_part('epoch', appeared_at), 0), coalesce(date_part('epoch', retired_at), 0),
                                controller.poll_interval_s), ';' ORDER BY zone.id) AS occupancy,
           string_agg(concat_ws(' ', zone.id, controller.poll_interval_s), ';' ORDER BY zone.id)
               FILTER (WHERE zone.kind = 'queue') AS queues,
           string_agg(zone.id::text, ';' ORDER BY zone.id) FILTER (WHERE zone.kind = 'entrance') AS footfall
    FROM sites_app_zone zone JOIN sites_app_controller controller ON controller.id = zone.controller_id
    GROUP BY zone.store_id
), settings AS (
    SELECT store.id AS store_id, store.region_id,
           concat(store.timezone, '|', weekly.hours, '|', special.hours) AS hours,
           md5(concat(store.capacity, '|', zones.occupancy)) AS occupancy,
           md5(coalesce(zones.queues, '')) AS queues,
           md5(coalesce(zones.footfall, '')) AS footfall
    FROM sites_app_store store
    LEFT JOIN weekly ON weekly.store_id = store.id
    LEFT JOIN special ON special.store_id = store.id
    LEFT JOIN zones ON zones.store_id = store.id
)
SELECT settings.*, basis.region_id, basis.hours, basis.occupancy, basis.queues, basis.footfall
FROM settings LEFT JOIN reports_storebasis basis USING (store_id)
WHERE (settings.region_id, settings.hours, settings.occupancy, settings.queues, settings.footfall)
      IS DISTINCT FROM (basis.region_id, basis.hours, basis.occupancy, basis.queues, basis.footfall)
ORDER BY settings.store_id
LIMIT %(limit)s
