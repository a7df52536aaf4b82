SELECT c.command_id, c.fingerprint, c.stream, c.version, c.events, coalesce(e.notification_id, 0)
FROM log.commands c
LEFT JOIN log.events e ON e.originator_id = c.last_stream AND e.originator_version = c.last_version
WHERE c.command_id = ANY($1::uuid[])
