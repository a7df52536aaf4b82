SELECT log.append_event($1, $2, $3, $4)
