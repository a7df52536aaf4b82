-- Whether this user may put right what roles_amiss names: make or take on each role, and give away what there is.
SELECT rolsuper OR (
    pg_has_role((SELECT nspowner FROM pg_namespace WHERE nspname = 'log'), 'USAGE')
    AND NOT EXISTS (
        SELECT FROM unnest(ARRAY['owner', 'writer', 'projector', 'reader', 'auditor', 'vault']) AS short
        LEFT JOIN pg_roles had ON had.rolname = 'echowall_' || short
        WHERE CASE WHEN had.oid IS NULL THEN NOT me.rolcreaterole
            ELSE NOT pg_has_role(had.oid, 'SET') AND NOT pg_has_role(had.oid, 'MEMBER WITH ADMIN OPTION') END
    )
)
FROM pg_roles me WHERE rolname = current_user
