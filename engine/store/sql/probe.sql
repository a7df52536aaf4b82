SELECT drawn, mine FROM log.probe($1)
