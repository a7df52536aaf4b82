SELECT originator_id, originator_version, topic, state, notification_id FROM log.events
WHERE originator_id = %b ORDER BY originator_version
