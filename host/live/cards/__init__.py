"""Sound cards: found, chosen, opened, looked for when they go; PortAudio calls the engine's callback."""
