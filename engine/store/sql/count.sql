SELECT count(*) FROM log.events
