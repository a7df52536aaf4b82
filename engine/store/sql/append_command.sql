SELECT log.append_command(
    $1, $2, $3, $4, -- event
    $5, $6, $7, -- command
    $8, $9, $10, -- whose the values are
    $11, $12, $13, $14 -- values
)
