SELECT notification_id, originator_id, originator_version, topic, state FROM log.events
WHERE notification_id > %b AND notification_id <= %b AND (%b::text[] = '{}' OR topic = ANY(%b::text[]))
ORDER BY notification_id LIMIT %b
