SELECT 1 FROM log.events WHERE notification_id > $1 AND notification_id <= $2 LIMIT 1
