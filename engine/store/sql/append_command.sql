SELECT log.append_command($1, $2, $3, $4, $5, $6, $7)
