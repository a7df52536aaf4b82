"""The servers and processes that `echowall up` and the tests run on one machine."""
