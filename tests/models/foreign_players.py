"""What other programs make of their model files, from the zero state: audio (samples,), knobs constant.

aidax(file, audio, *knobs)       the plugin, (samples,)
guitarml(file, audio, *knobs)    the trainer, (outputs, samples)
"""

import keras_reference
import numpy as np
import torch
from random_specs import one_thread
from torch import nn


def aidax(item, audio, *knobs):
    """What applyModel of AIDA-X does."""
    gain_in, gain_out = (10 ** (item.get(key, 0) / 20) for key in ("in_gain", "out_gain"))
    x = gain_in * np.asarray(audio, np.float64)
    inputs = np.stack([x, *(np.full(len(x), knob) for knob in knobs)], 1)
    return gain_out * (keras_reference.play(item, inputs)[:, 0] + item.get("in_skip", 0) * x)


def guitarml(item, audio, *knobs):
    """CoreAudioML's SimpleRNN."""
    about, state = item["model_data"], {k: torch.tensor(v, dtype=torch.float64) for k, v in item["state_dict"].items()}
    biased = "rec.bias_ih_l0" in state
    rec = getattr(nn, about["unit_type"])(about["input_size"], about["hidden_size"], about["num_layers"], bias=biased).double()
    lin = nn.Linear(about["hidden_size"], about["output_size"], bias="lin.bias" in state).double()
    rec.load_state_dict({name[4:]: value for name, value in state.items() if name.startswith("rec.")})
    lin.load_state_dict({name[4:]: value for name, value in state.items() if name.startswith("lin.")})
    x = torch.tensor(np.stack([audio, *(np.full(len(audio), knob) for knob in knobs)], 1), dtype=torch.float64)
    with one_thread(), torch.no_grad():
        return (lin(rec(x)[0]) + (x[:, :1] if about["skip"] else 0)).numpy().T
