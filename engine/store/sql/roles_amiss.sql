-- What is not as migration 0004 leaves it, as after a restore into a server that has no roles, or another's.
WITH wanted AS (
    SELECT 'echowall_' || short AS role
    FROM unnest(ARRAY['owner', 'writer', 'projector', 'reader', 'auditor', 'vault']) AS short
), owned AS (
    SELECT nspname::text AS object, nspowner AS owner FROM pg_namespace WHERE nspname IN ('log', 'vault')
    UNION ALL
    SELECT relnamespace::regnamespace || '.' || relname, relowner FROM pg_class
    WHERE relnamespace IN (to_regnamespace('log'), to_regnamespace('vault')) AND relkind = 'r'
    UNION ALL
    -- oldest_writer stays with the user that migrates.
    SELECT 'log.' || proname, proowner FROM pg_proc
    WHERE pronamespace = to_regnamespace('log') AND proname <> 'oldest_writer'
)
SELECT 'no ' || role FROM wanted WHERE to_regrole(role) IS NULL
UNION ALL
SELECT object || ' belongs to ' || pg_get_userbyid(owner) FROM owned WHERE pg_get_userbyid(owner) <> 'echowall_owner'
UNION ALL
SELECT role || ' may not use the log' FROM wanted
WHERE NOT has_schema_privilege(to_regrole(role)::oid, to_regnamespace('log')::oid, 'USAGE')
UNION ALL
SELECT 'anybody may call log.' || proname FROM pg_proc
WHERE pronamespace = to_regnamespace('log') AND proname LIKE 'append%' AND has_function_privilege('public', oid, 'EXECUTE')
UNION ALL
SELECT 'echowall_projector may not make ledgers'
WHERE NOT has_database_privilege(to_regrole('echowall_projector')::oid, current_database(), 'CREATE')
