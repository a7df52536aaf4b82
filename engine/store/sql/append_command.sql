SELECT log.append_command(
    $1, $2, $3, $4, -- event
    $5, $6, $7, -- command
    $8, $9, $10, $11, -- whose the values are
    $12, $13, $14, $15 -- values
)
