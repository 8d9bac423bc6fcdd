"""Live playing: a compiled engine between a sound card's callback and the knobs."""
