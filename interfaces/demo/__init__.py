"""The main job without hands: real servers and cases, faults in between, every promise checked."""
