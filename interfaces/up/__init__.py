"""What `echowall up` does: every server and process on one machine, started in order and stopped together."""
