SELECT coalesce(max(originator_version), 0) FROM log.events WHERE originator_id = $1
