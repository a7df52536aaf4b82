-- Take on a role, where roles were made and this database grants them something.
SELECT set_config('role', rolname, %s) FROM pg_roles
WHERE rolname = %s AND pg_has_role(session_user, oid, 'SET')
    AND has_schema_privilege(oid, to_regnamespace('log')::oid, 'USAGE')
