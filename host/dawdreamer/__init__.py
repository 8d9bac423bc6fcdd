"""What DawDreamer plays: VST2 and VST3 plugins, Faust, and its own processors; whole signals only."""
