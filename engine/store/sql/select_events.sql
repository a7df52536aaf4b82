SELECT originator_id, originator_version, topic, state FROM log.events
WHERE originator_id = %b AND originator_version > %b AND originator_version <= %b
ORDER BY originator_version LIMIT %b
