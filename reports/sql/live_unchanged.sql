-- Whether of what live figures are made of no row was written since a mark, and none has gone.
-- A row's xmin is the transaction that wrote it, and its age counts backwards from now: no older than the mark's means
-- written since. A mark that lies in the future is another cluster's, and says nothing.
SELECT %(mark)s::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) AND sum(written) = 0 AND sum(rows) = %(rows)s
FROM (
    SELECT count(*) FILTER (WHERE age(xmin) <= (SELECT age(%(mark)s::xid8::xid))) AS written, count(*) AS rows
    FROM ingest_zonestate WHERE true of_these(store_id)
    UNION ALL
    SELECT count(*) FILTER (WHERE age(xmin) <= (SELECT age(%(mark)s::xid8::xid))), count(*)
    FROM sites_app_zone WHERE true of_these(store_id)
    UNION ALL
    SELECT count(*) FILTER (WHERE age(xmin) <= (SELECT age(%(mark)s::xid8::xid))), count(*)
    FROM sites_app_controller WHERE true of_these(store_id)
    UNION ALL
    SELECT count(*) FILTER (WHERE age(xmin) <= (SELECT age(%(mark)s::xid8::xid))), count(*)
    FROM sites_app_store WHERE true of_these(id)
) AS table_by_table
