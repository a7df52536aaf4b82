"""What runs by itself: escalation workflows, the relay and the projector process."""
