"""What is true: events, commands, state and rules, without any input or output."""
