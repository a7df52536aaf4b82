SELECT originator_id, originator_version, topic, state, notification_id FROM log.events
WHERE originator_id = ANY($1::uuid[]) AND ($2::bigint IS NULL OR notification_id <= $3::bigint)
ORDER BY originator_id, originator_version
