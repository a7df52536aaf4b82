SELECT drawn, mine FROM log.probe(%b)
