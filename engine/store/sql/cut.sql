SELECT max(notification_id) FROM (
    SELECT notification_id FROM log.events
    WHERE notification_id > $1 AND notification_id <= $2 ORDER BY notification_id LIMIT $3
) batch
