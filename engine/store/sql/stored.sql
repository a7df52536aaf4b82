-- What stands at given versions, in the order in which they are given.
SELECT e.notification_id, e.state
FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS wanted (stream, version, place)
JOIN log.events e ON e.originator_id = wanted.stream AND e.originator_version = wanted.version
ORDER BY wanted.place
