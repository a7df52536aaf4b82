SELECT notification_id, originator_id, originator_version, topic, state FROM log.events
WHERE notification_id > $1 AND notification_id <= $2 AND ($3::text[] = '{}' OR topic = ANY($4::text[]))
ORDER BY notification_id LIMIT $5
