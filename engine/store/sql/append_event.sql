SELECT log.append_event(%b, %b, %b, %b)
