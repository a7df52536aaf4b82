SELECT originator_id, originator_version, topic, state, notification_id FROM log.events
WHERE originator_id = $1 ORDER BY originator_version
