SELECT log.append_command(%b, %b, %b, %b, %b, %b, %b)
