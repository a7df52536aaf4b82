"""The main job without hands: real servers, real cases, faults in the middle, and a check of every promise at the end."""
