"""The page: built from an evaluation, opened in headless Chromium."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import Browser
from installed_programs import installed_program
from saturator_capture import random_twin, write_capture

from wetdry.host import figures_sound
from wetdry.host.evaluation import evaluate
from wetdry.host.report import LARGEST_BYTES, knob_text, write_report
from wetdry.models.errors import FileProblem
from wetdry.models.parameter import Parameter

# Run in the page: decode every player, press every button, sort every column, and return what was found.
HARNESS = """
(async () => {
  const found = { players: [], sorted: [] };
  for (const a of document.querySelectorAll("audio")) {
    const heard = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytesOf(a.src));
    const samples = heard.getChannelData(0);
    const rms = Math.sqrt(samples.reduce((sum, v) => sum + v * v, 0) / samples.length);
    found.players.push({ name: a.dataset.name, frames: heard.length, wanted: Number(a.dataset.frames), rms });
  }
  for (const b of document.querySelectorAll("[data-track]")) b.click();
  found.pressed = [...document.querySelectorAll('[data-track][aria-pressed="true"]')].map((b) => b.dataset.track);
  for (const seek of document.querySelectorAll(".scope input")) { seek.value = 0.5; seek.dispatchEvent(new Event("input")); }
  found.clocks = [...document.querySelectorAll(".clock")].map((c) => c.textContent);
  const table = document.querySelector("table.sortable");
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.querySelector("button").click();
    found.sorted.push([head.textContent.trim(), [...table.tBodies[0].rows].map((r) => r.cells[column].dataset.value)]);
  });
  found.wide = document.documentElement.scrollWidth > innerWidth;
  return found;
})()
"""


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("capture")
    capture = write_capture(folder, seconds=1.2, warnings=("dry <b>audio</b> & short",))
    return evaluate(random_twin(capture), capture, tmp_path_factory.mktemp("run"), settings=3, gestures=2, workers=0)


@pytest.fixture(scope="module")
def page(evaluation):
    return write_report(evaluation, "runs/zamtube/capture")


@pytest.fixture(scope="module")
def chromium():
    return installed_program("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def browser(chromium, tmp_path):
    with Browser(chromium, tmp_path / "profile") as found:
        yield found


def test_the_page_plays_sorts_and_complains_of_nothing(browser, page, evaluation):
    found = browser.open(page.as_uri(), script=HARNESS)
    assert browser.complaints == []
    assert [p["name"] for p in found["players"]] == ["dry", "target", "twin", "residual"] * len(evaluation.clips)
    frames = [c["frames"] for c in evaluation.clips for _ in range(4)]
    for player, wanted in zip(found["players"], frames, strict=True):
        assert player["frames"] == player["wanted"] == wanted
        if player["name"] != "residual":
            assert 20 * np.log10(player["rms"]) > -60
    assert found["pressed"] == ["residual"] * len(evaluation.clips)  # the last button of each player
    assert found["clocks"] == ["0:00.5 / 0:01.2"] * len(evaluation.clips)
    for heading, column in found["sorted"]:
        numbers = [v for v in column if v != ""]
        keys = numbers if heading.startswith("Recording") else [float(v) for v in numbers]
        assert keys == sorted(keys), heading
    assert len(found["sorted"][0][1]) == len(evaluation.cells)
    assert not found["wide"]


def test_a_press_of_play_sounds_and_switching_keeps_the_place(browser, page):
    script = """
    (async () => {
      const player = players[0], wait = (ms) => new Promise((done) => setTimeout(done, ms));
      await player.start();
      const names = Object.keys(player.gains);
      player.choose(player.box.querySelector('[data-track="twin"]'));
      await wait(200);
      const levels = Object.fromEntries(names.map((n) => [n, Math.round(1000 * player.gains[n].gain.value)]));
      const lengths = names.map((n) => player.sources[n].buffer.length);
      const label = player.button.textContent;
      player.stop();
      return { names, levels, lengths, label, after: player.button.textContent };
    })()
    """
    found = browser.open(page.as_uri(), script=script)
    assert browser.complaints == []
    assert found["levels"] == {"dry": 0, "target": 0, "twin": 1000, "residual": 0}
    assert len(set(found["lengths"])) == 1
    assert (found["label"], found["after"]) == ("Pause", "Play")


def test_the_browser_would_notice(browser, page, tmp_path):
    """A page with a broken script and a request to the network does not pass for clean."""
    broken = '<script>nowhere.to.be.found();</script><img src="https://example.invalid/x.png" alt="">'
    path = tmp_path / "broken.html"
    path.write_text(page.read_text().replace("</body>", broken + "</body>"))
    browser.open(path.as_uri())
    assert any("nowhere is not defined" in text for text in browser.complaints)
    assert any("Content Security Policy" in text for text in browser.complaints)


@pytest.mark.parametrize("width", [360, 768])
def test_the_page_fits_small_screens(browser, page, width):
    assert not browser.open(page.as_uri(), width=width, script=HARNESS)["wide"]


def test_one_file_that_asks_for_nothing(page):
    html = page.read_text()
    assert page.name == "report.html" and page.stat().st_size < LARGEST_BYTES
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", html)
    assert "url(http" not in html and "@import" not in html
    addresses = set(re.findall(r"https?://[^\s\"'<]+", html))
    assert all(a.startswith(("http://www.w3.org/",)) for a in addresses), addresses


def test_the_page_says_what_the_evaluation_says(page, evaluation):
    html = page.read_text()
    word, _, rest = evaluation.verdict.partition(": ")
    assert f"{word}." in html and rest in html
    assert "dry &lt;b&gt;audio&lt;/b&gt; &amp; short" in html and "<b>audio" not in html
    assert html.count("<tr class=") == len(evaluation.cells) + len(evaluation.gestures)
    for heading in ("Listen", "How close", "Over the knobs", "While the knobs move", "Test tones", "Every cell"):
        assert heading in html
    assert html.count("<svg") >= 2 * len(evaluation.clips) + 5
    assert str(evaluation.folder) not in html


@pytest.mark.parametrize("knobs", [0, 1, 3, 5])
def test_any_number_of_knobs(evaluation, tmp_path, knobs):
    rows = [Parameter(f"knob_{i} $x$ <&>", "%", 0, 10, 5, scale="linear") for i in range(knobs)]
    generator = np.random.default_rng(0)

    def raw():
        return {k.name: float(generator.random()) for k in rows}

    settings = []
    for setting in evaluation.settings:
        place = raw()
        settings.append({**setting, "raw": place, "values": {k.name: k.from_raw(place[k.name]) for k in rows}})
    capture = {**evaluation.capture, "positions": {str(i): raw() for i in range(4)}}
    curves = {k.name: {"points": [[0.0, 5.0], [1.0, 10.0]]} for k in rows}
    gestures = [{**g, "curves": curves, "kinds": dict.fromkeys(curves, "ramp")} for g in evaluation.gestures]
    knobs_of = {"knobs": [k.to_dict() for k in rows], "settings": settings, "gestures": gestures}
    changed = replace(evaluation, **knobs_of, capture=capture)
    html = write_report(changed, None, tmp_path / "other.html").read_text()
    assert ("Over the knobs" in html) == (knobs > 0)
    assert "<&>" not in html


def test_without_clips_probes_or_loud_cells(evaluation, tmp_path):
    quiet = [{**c, "quiet": True} for c in evaluation.cells]
    html = write_report(replace(evaluation, cells=quiet, clips=[], probes=[], speed=None), None, tmp_path).read_text()
    assert "Not judged" in html


def test_missing_audio_is_named(evaluation, tmp_path):
    with pytest.raises(FileProblem, match=r"worst_dry\.wav"):
        write_report(replace(evaluation, folder=Path(tmp_path)), None, tmp_path)
    assert not list(tmp_path.iterdir())


def test_knob_text_has_the_decimals_of_its_range():
    assert knob_text(Parameter("a", "dB", -10, 10), 0.01622) == "0.0"
    assert knob_text(Parameter("a", "", 0, 1), 0.123456) == "0.12"
    assert knob_text(Parameter("a", "Hz", 20, 20000, 1000, "log"), 4031.27) == "4031"
    assert knob_text(Parameter("a", choices=("slow", "fast"), default="slow"), "fast") == "fast"


def test_the_gain_of_a_compressor_is_drawn_over_time():
    dry = 0.5 * np.sin(np.arange(48000) * 0.05).astype(np.float32)
    down = np.where(np.arange(48000) < 24000, 1.0, 0.25).astype(np.float32)
    drawn = figures_sound.gain({"dry": dry, "target": dry * down, "twin": dry * down * 0.9}, 48000, 2.0)
    assert "Gain of target and twin over time" in drawn
    assert figures_sound.gain({"dry": dry, "target": dry * 0.7, "twin": dry * 0.1}, 48000, 2.0) == ""
