"""How a command becomes recorded events and how events are read back."""
