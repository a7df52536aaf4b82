SELECT originator_id, originator_version, topic, state, notification_id FROM log.events
WHERE originator_id = ANY(%b::uuid[]) AND (%b::bigint IS NULL OR notification_id <= %b::bigint)
ORDER BY originator_id, originator_version
