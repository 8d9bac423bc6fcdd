"""Capture a VST3 over two knobs and read the folder as a torch Dataset.

python examples/capture_for_torch.py /usr/lib/vst3/ZamTube.vst3 tube_drive,treble [FOLDER]
"""

import sys

from torch.utils.data import DataLoader

import wetdry
from wetdry.models.training import CaptureDataset


def main(plugin: str, knobs: str, folder: str = "runs/capture") -> None:
    capture = wetdry.capture(
        plugin,
        knobs.split(","),
        folder,
        settings=6,
        validation_settings=2,
        seconds_per_take=4,
        excitation_seconds=24,
        workers=2,
    )
    for warning in capture.record.warnings:
        print("warning:", warning)
    dataset = CaptureDataset(capture, "train", segment=8192)
    print(f"{len(capture.takes_of('train'))} takes, knobs {', '.join(capture.knob_names)}, {len(dataset)} segments")
    batch = next(iter(DataLoader(dataset, batch_size=4, shuffle=True)))
    for name, tensor in batch.items():
        print(f"  {name:<18} {tuple(tensor.shape)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
