"""Recurrent: an LSTM or GRU, sample by sample, the units in the vectors' lanes."""


class Recurrent:
    """Not written yet."""

    def __init__(self, *arguments) -> None:
        raise NotImplementedError
