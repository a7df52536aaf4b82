SELECT drawn, pid, database, application, seconds
FROM log.probe(9223372036854775807) LEFT JOIN log.oldest_writer() ON true
