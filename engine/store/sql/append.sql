SELECT log.append(
    %b, %b, %b, %b, -- events
    %b, %b, %b, %b, %b, %b, %b, %b, -- commands
    %b, %b, -- persons
    %b, %b, -- whose the cases are
    %b, %b, %b, %b, %b -- values
)
