"""The live engine's compiled code and the tables it shares with Python; a change of any file here compiles it anew."""
