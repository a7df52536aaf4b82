SELECT coalesce(max(notification_id), 0) FROM log.events WHERE notification_id <= $1
