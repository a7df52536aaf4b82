-- A case and, as version 0, whose it is: what a command with personal values needs, in one round trip.
SELECT originator_id, originator_version, topic, state, notification_id FROM log.events WHERE originator_id = $1
UNION ALL
SELECT person, 0, '', wrapped_key, 0 FROM vault.cases JOIN vault.persons USING (person) WHERE case_id = $2
ORDER BY originator_version
