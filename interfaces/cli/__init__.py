"""The program `echowall`: what operators start and what people who keep the record ask on the command line."""
