SELECT 1 FROM log.events WHERE notification_id > %b AND notification_id <= %b LIMIT 1
