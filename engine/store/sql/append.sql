SELECT log.append(
    $1, $2, $3, $4, -- events
    $5, $6, $7, $8, $9, $10, $11, $12, -- commands
    $13, $14, -- persons
    $15, $16, -- whose the cases are
    $17, $18, $19, $20, $21 -- values
)
