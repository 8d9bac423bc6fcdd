"""The screen of a live session: a snapshot of plain data, gathered, drawn, with keys that turn knobs; spectra and a tuner."""
