SELECT log.append(
    $1, $2, $3, $4, -- events
    $5, $6, $7, $8, $9, $10, $11, $12, -- commands
    $13, $14, $15, -- persons
    $16, $17, -- whose the cases are
    $18, $19, $20, $21, $22 -- values
)
