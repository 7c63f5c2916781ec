-- Stores as live figures show them.
SELECT id, code, name, timezone, capacity FROM sites_app_store WHERE true of_these(id) ORDER BY code
