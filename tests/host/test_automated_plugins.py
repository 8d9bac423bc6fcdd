"""Automated: curves on the knobs of what knows nothing of them: VST3s, pedalboard's own, foreign models."""

import copy
import itertools

import numpy as np
import pytest
from graph_playing import RATE, noise
from installed_plugins import installed
from program_files import graph as onnx_graph

from wetdry import LFO, Automated, Chain, EnvelopeFollower, Gain, Graph, TubeSaturator, load_plugin
from wetdry.effects.parameters import BoundParameter
from wetdry.host.automation.turning import SUB_BLOCK
from wetdry.models import Parameter

pedalboard = pytest.importorskip("pedalboard")
SAMPLES = 9000
CUTS = [31, 32, 33, 700, 701, 4096, 8191]


def streamed(processor, audio, cuts=CUTS):
    processor.reset()
    edges = [0, *cuts, audio.shape[-1]]
    parts = [processor(audio[..., a:b], RATE, reset=False) for a, b in itertools.pairwise(edges)]
    while sum(part.shape[-1] for part in parts) < audio.shape[-1]:
        parts.append(processor(np.zeros_like(audio[..., :512]), RATE, reset=False))
    return np.concatenate(parts, axis=-1)[..., : audio.shape[-1]]


def test_a_vst3_is_turned_where_a_hand_would_turn_it_every_32_samples(zamtube):
    audio, course = noise(SAMPLES), np.linspace(0.1, 10, SAMPLES)
    tube = load_plugin(zamtube)
    heard, curves = Automated(tube, {"tube_drive": course}).render(audio, RATE)
    by_hand, parts = load_plugin(zamtube), []
    for at in range(0, SAMPLES, SUB_BLOCK):
        by_hand.tube_drive = float(course[at])
        parts.append(by_hand(audio[at : at + SUB_BLOCK], RATE, reset=False))
    assert np.array_equal(heard, np.concatenate(parts))
    assert np.array_equal(curves["tube_drive"], np.repeat(course[::SUB_BLOCK], SUB_BLOCK)[:SAMPLES])
    assert np.abs(heard - load_plugin(zamtube, None, {"tube_drive": 10.0})(audio, RATE)).max() > 0.01


def test_what_stands_still_is_played_in_whole_blocks(zamtube):
    """A plugin is cut only where its knob moves: two values, two parts."""
    audio, tube, played = noise(SAMPLES), load_plugin(zamtube), []
    board = Automated(tube, {"tube_drive": [(0, 1), (0.1, 5, "hold")]})
    board(audio, RATE)
    native = tube.play_planar
    tube.__dict__["play_planar"] = lambda block, *rest, **more: played.append(block.shape[1]) or native(block, *rest, **more)
    board = Automated(tube, board.curves)
    board(audio, RATE)
    assert played == [4800, SAMPLES - 4800]
    assert tube.tube_drive == 5


BOARDS = {
    "a VST3": lambda: Automated(load_plugin(installed("ZamTube")), {"tube_drive": LFO(rate_hz=9, low=0.1, high=10)}),
    "natives": lambda: Automated(
        Chain([pedalboard.Distortion(10), pedalboard.LadderFilter(cutoff_hz=500), pedalboard.Gain(0)]),
        {"cutoff_hz": LFO(rate_hz=20, low=200, high=5000), "gain_db": EnvelopeFollower(low=-20, high=0)},
    ),
    "all sorts": lambda: Automated(
        Chain([TubeSaturator(), pedalboard.Gain(0), load_plugin(installed("ZaMaximX2")), pedalboard.HighpassFilter(80)]),
        {"drive_db": LFO(rate_hz=9, low=0, high=20), "gain_db": [(0, -6), (0.1, 6)], "threshold_db": [(0, 0), (0.1, -20)]},
    ),
    "an isolated VST3": lambda: Automated(
        load_plugin(installed("ZamTube"), isolated=True), {"tube_drive": [(0, 0.1), (0.15, 10)]}
    ),
}


@pytest.mark.parametrize("name", BOARDS)
def test_any_split_equals_one_call(name):
    board = BOARDS[name]()
    audio = noise(2, SAMPLES) if name == "all sorts" else noise(SAMPLES)  # ZamTube is mono, ZaMaximX2 stereo
    whole = board(audio, RATE)
    assert np.abs(streamed(board, audio) - whole).max() <= 1e-6 * np.abs(whole).max()
    assert np.abs(copy.copy(board)(audio, RATE) - whole).max() <= 1e-6 * np.abs(whole).max()


def test_isolated_it_plays_what_it_plays_here(zamtube):
    audio, curves = noise(3000), {"tube_drive": [(0, 0.1), (0.05, 10)]}
    here, there = (Automated(load_plugin(zamtube, **how), curves)(audio, RATE) for how in ({}, {"isolated": True}))
    assert np.array_equal(here, there)


def limiter():
    """A limiter with look-ahead, at a threshold nothing reaches: it lags 480 samples and does nothing else."""
    return load_plugin(installed("ZaMaximX2"), None, {"threshold_db": 0, "output_ceiling_db": 0})


@pytest.mark.parametrize("gain", [Gain, pedalboard.Gain])
def test_behind_a_limiter_with_look_ahead_a_move_hits_the_same_sample_of_the_sound(gain):
    audio, curves = 0.01 * noise(2, SAMPLES), {"gain_db": [(0, 0), (0.1, -30, "hold")]}
    alone = Automated(gain(), curves)(audio, RATE)
    assert np.abs(alone[:, :4800] - audio[:, :4800]).max() < 1e-9
    for board in (
        Chain([limiter(), Automated(gain(), curves)]),
        Automated(Chain([limiter(), gain()]), curves),
        Automated(
            Graph({"limit": limiter(), "gain": gain()}, "in -> limit -> gain -> out"), {"gain.gain_db": curves["gain_db"]}
        ),
    ):
        np.testing.assert_allclose(board(audio, RATE), alone, atol=1e-7)
        np.testing.assert_allclose(streamed(board, audio), alone, atol=1e-7)


def test_a_native_behind_one_that_lags_hears_the_sound_in_step():
    """In one run of natives the second would hear it late; one whose knob moves plays by itself."""
    audio = 0.1 * np.ones(48000, np.float32)
    latent = pedalboard.PitchShift(0)
    board = Automated(Chain([latent, pedalboard.Gain(0)]), {"gain_db": [(0, 0), (0.5, -120, "hold")]})
    shifted, heard = Chain([pedalboard.PitchShift(0)])(audio, RATE), board(audio, RATE)
    np.testing.assert_allclose(heard[:24000], shifted[:24000], atol=1e-6)
    assert np.abs(heard[24000 + 4800 :]).max() < 1e-3


def test_a_foreign_models_knob_is_held_over_sub_blocks(tmp_path):
    shapes = {"audio": [1, "n"], "level": [1]}, {"output": [1, "n"]}
    path = onnx_graph(tmp_path / "level.onnx", [("Mul", ["audio", "level"], ["output"], {})], *shapes)
    audio, course = noise(3000), np.linspace(0, 1, 3000)
    heard, curves = Automated(load_plugin(path), {"level": course}).render(audio, RATE)
    assert np.array_equal(curves["level"], np.repeat(course[::SUB_BLOCK], SUB_BLOCK)[:3000])
    np.testing.assert_allclose(heard, audio * curves["level"], atol=1e-6)


class Ducker:
    """Plays its audio at a level, less where its key is."""

    key_channels = 1

    def __init__(self):
        self.level = 1.0
        row = Parameter("level", "", 0.0, 1.0, 1.0)
        self.parameters = {"level": BoundParameter(row, self, lambda: self.level, lambda value: vars(self).update(level=value))}

    def reset(self):
        self.level = 1.0

    def process(self, input_array, sample_rate, buffer_size=8192, reset=True, *, key=None):
        return (self.level * input_array * (1 - key)).astype(np.float32)


def test_a_side_chain_is_cut_with_its_signal():
    graph = Graph({"duck": Ducker()}, "in -> duck -> out\nkey -> duck.key", inputs=["in", "key"])
    given, course = {"in": noise(5000), "key": noise(5000, seed=1)}, np.linspace(0, 1, 5000)
    heard, curves = Automated(graph, {"duck.level": course}).render(given, RATE)
    held = np.repeat(course[::SUB_BLOCK], SUB_BLOCK)[:5000]
    assert np.array_equal(curves["duck.level"], held)
    np.testing.assert_allclose(heard, held * given["in"] * (1 - given["key"]), atol=1e-7)
