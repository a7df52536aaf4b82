SELECT coalesce((
    SELECT originator_version FROM log.events WHERE originator_id = stream ORDER BY originator_version DESC LIMIT 1
), 0) FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (stream, place) ORDER BY place
