"""The program `echowall`: what operators start, and what those who keep the record ask."""
