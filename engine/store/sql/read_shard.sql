SELECT notification_id, originator_id, originator_version, topic, state FROM log.events
WHERE notification_id > $1 AND notification_id <= $2
AND CASE WHEN originator_id = ANY($5::uuid[]) THEN 0
    ELSE get_byte(uuid_send(originator_id), 15) % $4::bigint END = $3::bigint
ORDER BY notification_id
