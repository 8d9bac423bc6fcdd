"""NaN and infinity out of a real plugin that streams: ZamAutoSat overflows when it is fed samples near the largest float."""

import numpy as np
import pytest
from installed_plugins import installed

from wetdry import Chain, Graph
from wetdry.host.non_finite import non_finite_samples
from wetdry.host.plugins import load_plugin
from wetdry.models.errors import PluginError

RATE = 48_000
LOUD = np.full(512, 3e38, np.float32) * np.array([1, -1] * 256, np.float32)


@pytest.mark.parametrize("isolated", [False, True])
def test_streams_hold_silence_there_and_whole_signals_are_refused(isolated):
    plugin = load_plugin(installed("ZamAutoSat"), probe=False, isolated=isolated)
    dry = np.random.default_rng(0).uniform(-0.3, 0.3, 4800).astype(np.float32)
    sound = plugin(dry, RATE)
    chain, graph = Chain([plugin]), Graph({"saturator": plugin}, "in -> saturator -> out")
    for processor in (plugin, chain, graph):
        processor.reset()
        assert not processor(LOUD, RATE, reset=False).any()
        assert non_finite_samples(processor) == plugin.non_finite_samples == 512
        with pytest.raises(PluginError, match="ZamAutoSat gave 512 samples that are NaN or infinite") as caught:
            processor(LOUD, RATE)
        assert "\n" not in str(caught.value)
        assert np.array_equal(processor(dry, RATE), sound) and non_finite_samples(processor) == 0
