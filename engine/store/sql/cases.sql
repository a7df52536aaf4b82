SELECT originator_id FROM log.events WHERE originator_version = 1 AND topic = 'case.collected'
ORDER BY notification_id
