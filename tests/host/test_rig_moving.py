"""Rigs whose knobs move: by automation, by MIDI, by presets; from Python, from YAML and on the command line alike."""

import pickle

import numpy as np
import pytest
import soundfile
from command import refused, wetdry
from typer.testing import CliRunner

from wetdry import (
    LFO,
    Automated,
    Binding,
    Breakpoints,
    Chain,
    EnvelopeFollower,
    Gain,
    Graph,
    MidiMap,
    Mix,
    Rig,
    Tempo,
    TubeSaturator,
)
from wetdry.host.cli import app
from wetdry.models.errors import InvalidValue, PluginError, RigFileError, UnknownName
from wetdry.presets import rig_path

mido = pytest.importorskip("mido")
RATE = 48000


def dry(samples=12000):
    return (0.3 * np.sin(np.arange(samples) * 0.05) * np.linspace(0, 1, samples)).astype(np.float32)


def board():
    return Chain([TubeSaturator(drive_db=18), Gain(gain_db=-6)])


MIDI = {"cc 74": "drive_db", "cc 1": Binding("tone_hz", low=500, high=8000, curve="log", channel=1, pickup=True)}


def rig(**options):
    return Rig(board(), midi=MidiMap(MIDI, programs={0: {"drive_db": 6}, 3: {"drive_db": 9, "mix": 0.5}}), name="Crunch",
               presets={"Soft": {"drive_db": 6}, "Loud": {"drive_db": 24}}, **options)  # fmt: skip


def saved(rig, folder):
    rig.save(folder / "rig.yaml")
    return Rig.load(folder / "rig.yaml")


CURVES = {
    "points": [(0, 0.0), (0.1, 0.3), (0.2, -0.3, "smooth")],
    "beats": Breakpoints([(0, 0.0), (0.3, 0.3)], unit="beats", shape="hold"),
    "lfo": LFO(beats=0.25, low=-0.5, high=0.5, shape="random", seed=3),
    "follower": EnvelopeFollower(low=0, high=0.9, attack_ms=2, release_ms=30),
    "a value a sample": np.linspace(-1, 1, 12000),
    "a value a float32 sample": np.linspace(-1, 1, 9000, dtype=np.float32),
}


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_automation_comes_back_and_sounds_the_same(curve, tmp_path):
    tempo = Tempo([(0, 97), (0.5, 180)])
    before = rig(automation={"bias": curve}, tempo=tempo)
    wanted = Automated(board(), {"bias": curve}, tempo)(dry(), RATE)
    after = saved(before, tmp_path)
    assert not np.array_equal(wanted, board()(dry(), RATE))
    assert np.array_equal(before(dry(), RATE), wanted) and np.array_equal(after(dry(), RATE), wanted)
    assert np.array_equal(pickle.loads(pickle.dumps(before))(dry(), RATE), wanted)
    assert after.tempo == tempo and after.midi == before.midi
    after.reset()
    blocks = [after.process(block, RATE, reset=False) for block in np.array_split(dry(), 7)]
    assert np.array_equal(np.concatenate(blocks), wanted[: sum(map(len, blocks))])


def test_an_array_counts_at_the_rate_of_its_rig(tmp_path):
    again = saved(rig(automation={"bias": np.linspace(-1, 1, 12000)}, sample_rate=44100), tmp_path)
    assert again(dry(), 44100).shape == dry().shape
    with pytest.raises(InvalidValue, match=r"44100 Hz.*48000 Hz"):
        again(dry(), RATE)


def test_a_graph_with_two_outputs(tmp_path, monkeypatch):
    two = Rig(Graph({"a": Gain(), "b": Gain(gain_db=-6)}, "in -> a -> main\nin -> b -> room", outputs=["main", "room"]))
    heard, wanted = saved(two, tmp_path)(dry(), RATE), two(dry(), RATE)
    assert set(heard) == {"main", "room"} and all(np.array_equal(heard[name], wanted[name]) for name in heard)
    soundfile.write(tmp_path / "dry.wav", dry(), RATE)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["render", "rig.yaml", "dry.wav", "wet.wav"])
    assert isinstance(done.exception, InvalidValue) and "main, room" in str(done.exception)


def test_nan_leaves_no_rig():
    pedalboard = pytest.importorskip("pedalboard")
    broken = Rig(Chain([pedalboard.Gain(400), pedalboard.Gain(400)]))
    with pytest.raises(PluginError, match="NaN"):
        broken(dry(), RATE)
    assert np.isfinite(broken.process(dry()[5000:6000], RATE, reset=False)).all()


def test_what_the_knobs_did_is_told():
    wet, curves = rig(automation={"bias": [(0, 0.0), (0.25, 0.5)]}).render(dry(), RATE)
    assert wet.shape == dry().shape and curves["bias"][6000] == pytest.approx(0.25)


def test_automation_inside(tmp_path):
    inside = Chain([Gain(), Automated(board(), {"bias": LFO(beats=1, low=0, high=0.4)}, 200, 0.02), Mix([None])])
    again = saved(Rig(inside), tmp_path)
    assert np.array_equal(again(dry(), RATE), inside(dry(), RATE))
    assert again.board[1].tempo == Tempo(200) and again.board[1].hold_error == 0.02


def test_levels_of_cables_move(tmp_path):
    graph = Graph({"amp": TubeSaturator()}, "in -> amp -> out\nin -> -6 dB -> out")
    before = Rig(graph, automation={"in>out.gain_db": [(0, -60), (0.2, 0)]}, midi=MidiMap({"cc 7": "amp.drive_db"}))
    assert np.array_equal(saved(before, tmp_path)(dry(), RATE), before(dry(), RATE))


def test_presets_turn_knobs(tmp_path):
    again = saved(rig(), tmp_path)
    assert again.midi == rig().midi
    assert "programs: {0: Soft}" not in (text := (tmp_path / "rig.yaml").read_text()) and "0: Soft" in text
    again.recall("Loud")
    assert again.board[0].drive_db == 24 and again.presets == rig().presets
    with pytest.raises(UnknownName, match="Loud"):
        again.recall("Lod")


def take(path, moves):
    file = mido.MidiFile(ticks_per_beat=24000)  # at 120 bpm a tick is a sample of 48 kHz
    track = mido.MidiTrack()
    file.tracks.append(track)
    last = 0
    for sample, message in moves:
        track.append(message.copy(time=sample - last))
        last = sample
    file.save(path)
    return path


MOVES = [(0, mido.Message("control_change", control=74, value=100)),
         (3001, mido.Message("control_change", control=74, value=20)),
         (7000, mido.Message("program_change", program=3))]  # fmt: skip


def test_a_midi_file_turns_the_knobs(tmp_path):
    path, played = take(tmp_path / "take.mid", MOVES), rig(automation={"bias": LFO(rate_hz=9, low=0, high=0.3)})
    by_hand = {"drive_db": Breakpoints([(0, 48 * 100 / 127), (3001, 48 * 20 / 127), (7000, 9.0)], "samples", "hold"),
               "mix": Breakpoints([(0, 1.0), (7000, 0.5)], "samples", "hold"), **played.automation}  # fmt: skip
    wanted, again = Automated(board(), by_hand)(dry(), RATE), saved(played, tmp_path)
    assert np.array_equal(played.played_by(path)(dry(), RATE), wanted)
    assert np.array_equal(again.played_by(path)(dry(), RATE), wanted)


def test_a_rig_is_played_live():
    live = rig(automation={"bias": [(0, 0.2), (0.1, 0.4)]}).performance()
    live.hear(bytes([0xB0, 74, 127]))
    live.process(dry(64), RATE)
    assert live.parameters["drive_db"].value == 48.0


def test_a_knob_has_one_hand():
    with pytest.raises(InvalidValue, match=r"drive_db.*one"):
        rig(automation={"drive_db": [(0, 3)]})


@pytest.mark.parametrize(("options", "words"), [
    ({"automation": {"dive_db": [(0, 1)]}}, "drive_db"),
    ({"automation": {"oversampling": [(0, 1)]}}, "rebuilds"),
    ({"automation": {"bias": [(0, 7)]}}, "point 0"),
    ({"midi": MidiMap({"cc 1": "dive_db"})}, "drive_db"),
    ({"presets": {"Soft": {"drive_db": 99}}}, "preset 'Soft'.*99"),
])  # fmt: skip
def test_what_does_not_fit_the_board_is_refused(options, words):
    with pytest.raises((InvalidValue, UnknownName), match=words):
        Rig(board(), **options)


BAD = """wetdry: 1
tempo: fast
chain:
  - TubeSaturator
automation:
  dive_db: {points: [[0, 6]]}
  bias: {points: [[0, 6]]}
  mix: {samples: nowhere.wav}
  tone_hz: {lfo: sine, rate_hz: 0.5, low: 800, high: 6000, phas: 1}
  drive_db: {lfo: sine, rate_hz: 1, low: 0, high: 4}
midi:
  controls:
    - {from: cc 74, to: drive_db}
    - {from: cc 740, to: tone_hz}
    - {from: cc 2, to: oversampling}
  programs: {0: Soft, 900: {drive_db: 2}}
presets:
  Loud: {drive_db: 99}
"""


def test_each_problem_has_its_line(tmp_path):
    (tmp_path / "rig.yaml").write_text(BAD)
    with pytest.raises(RigFileError) as error:
        Rig.load(tmp_path / "rig.yaml")
    places = [line.split(": ")[:2] for line in error.value.lines]
    assert places[:10] == [
        ["rig.yaml:2", "tempo"], ["rig.yaml:6", "automation.dive_db"], ["rig.yaml:7", "automation.bias"],
        ["rig.yaml:8", "automation.mix"], ["rig.yaml:9", "automation.tone_hz"], ["rig.yaml:13", "midi.controls[0]"],
        ["rig.yaml:14", "midi.controls[1]"], ["rig.yaml:15", "midi.controls[2]"], ["rig.yaml:16", "midi.programs.0"],
        ["rig.yaml:16", "midi.programs.900"],
    ]  # fmt: skip
    assert error.value.lines[10] == "rig.yaml: and 1 more"


def said(*arguments):
    """Return what a command that succeeds prints."""
    done = CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    return done.stdout


def heard(path):
    return soundfile.read(path, dtype="float32")[0]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "dry.wav", dry(), RATE, subtype="FLOAT")
    take(tmp_path / "take.mid", MOVES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_render_with_a_midi_file(folder):
    rig().save(folder / "rig.yaml")
    done = wetdry("render", "rig.yaml", "dry.wav", "wet.wav", "--midi", "take.mid", "--set", "bias=0.2", cwd=folder)
    assert done.returncode == 0, done.stderr
    again = rig()
    again.parameters["bias"].value = 0.2
    assert np.array_equal(heard("wet.wav"), again.played_by("take.mid")(dry(), RATE))
    said("render", "rig.yaml", "dry.wav", "loud.wav", "--preset", "Loud")
    again = rig()
    again.recall("Loud")
    assert np.array_equal(heard("loud.wav"), again(dry(), RATE))
    refused(wetdry("render", "Gain", "dry.wav", "wet.wav", "--midi", "take.mid", cwd=folder), "rigs")


def test_render_brings_a_rig_of_another_rate_there_and_back(folder):
    rig(sample_rate=44100).save("rig.yaml")
    assert "44100 Hz: resampled" in said("render", "rig.yaml", "dry.wav", "wet.wav")


def test_check_and_show(folder):
    rig().save("rig.yaml")
    shown = said("rig", "check", "rig.yaml")
    assert "2 MIDI controls" in shown and "2 presets" in shown
    shown = said("rig", "show", "rig.yaml")
    assert "TubeSaturator: {drive_db: 18}" in shown and "cc 74" in shown
    (folder / "bad.yaml").write_text(BAD)
    done = wetdry("rig", "check", "bad.yaml", cwd=folder)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 11 and lines[0].startswith("wetdry: bad.yaml:2: tempo: ")


def test_a_factory_rig_by_name(folder):
    assert "crunch" in said("rig")
    said("render", "tremolo", "dry.wav", "wet.wav")
    assert np.array_equal(heard("wet.wav"), Rig.load(rig_path("tremolo"))(dry(), RATE))
    with pytest.raises(UnknownName, match="tremolo"):
        Rig.load(rig_path("tremollo"))
    refused(wetdry("render", "nowhere.yaml", "dry.wav", "wet.wav", cwd=folder), "nowhere.yaml")
