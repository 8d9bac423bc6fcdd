"""The C++ header: compiled without a warning, it plays what NeuralEffect plays, whatever the blocks, and allocates nothing."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from header_playing import Played, turned_stream
from random_specs import LAYERS, random_model

CLOSE = 1e-5  # of the answer's peak
UNEVEN = (1, 63, 64, 65, 7, 200, 16, 17, 1, 1, 130)


def error(model, folder, sizes=UNEVEN, samples=1300, moves=0.3, seed=0, **options):
    """Return the largest difference to NeuralEffect over the answer's peak."""
    script, audio, expected = turned_stream(model, samples, sizes, moves, seed)
    assert np.abs(expected).max() > 0.01
    return np.abs(Played(model, folder, **options).play(audio, script) - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_kind(kind, tmp_path):
    assert error(random_model(0, kind), tmp_path) < CLOSE
