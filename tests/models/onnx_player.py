"""Plays a .onnx file that wetdry wrote, by nothing but what the file says of itself (docstring of `formats.onnx_writing`)."""

import json

import numpy as np
import onnxruntime


class OnnxPlayer:
    """One stream, or several side by side: `start`, then `play` block after block."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.says = self.session.get_modelmeta().custom_metadata_map
        self.states = json.loads(self.says["states"])
        self.channels = int(self.says["input_channels"])

    def start(self, knobs=(), streams=1):
        """Begin at knobs in their units: zero states, then silence."""
        self.feeds = {"knobs": np.array(knobs, np.float32)} if len(knobs) else {}
        inputs = {i.name: i.shape for i in self.session.get_inputs()}
        for state in self.states:
            shape = [streams if size == "streams" else size for size in inputs[state["input"]]]
            self.feeds[state["input"]] = np.zeros(shape, state["dtype"])
        if int(self.says["prewarm_samples"]):
            self.play(np.zeros((streams, self.channels, int(self.says["prewarm_samples"])), np.float32))

    def start_at_defaults(self):
        """Begin with the states in the file."""
        knobs = [self.default(knob) for knob in json.loads(self.says["knobs"])]
        self.feeds = {"knobs": np.array(knobs, np.float32)} if knobs else {}
        for state in self.states:
            start, full = np.array(state["start"], state["dtype"]), np.zeros(state["shape"], state["dtype"])
            full[:] = start.reshape(full.shape) if start.size == full.size else start[None, :, None]
            self.feeds[state["input"]] = full

    def default(self, knob):
        value = knob.get("default", 0.0)
        return knob["choices"].index(value) if "choices" in knob else value

    def play(self, audio):
        """Return the next block, (streams, channels, samples)."""
        out, *after = self.session.run(None, {"audio": audio, **self.feeds})
        self.feeds |= {state["input"]: value for state, value in zip(self.states, after, strict=True)}
        return out

    def play_in_blocks(self, audio, sizes):
        """Return all of `audio`, (streams, channels, samples), cut into blocks of these sizes, again and again."""
        out, at, turn = [], 0, 0
        while at < audio.shape[2]:
            size = sizes[turn % len(sizes)]
            out.append(self.play(np.ascontiguousarray(audio[:, :, at : at + size])))
            at, turn = at + size, turn + 1
        return np.concatenate(out, 2)
