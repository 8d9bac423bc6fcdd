"""`wetdry inspect` on what is no VST3: a VST2 by its name, and foreign models."""

from command import refused, wetdry
from installed_plugins import installed_vst2
from program_files import conv_onnx


def test_a_vst2_by_the_name_of_its_file(tmp_path):
    installed_vst2("ZamComp-vst")
    done = wetdry("inspect", "ZamComp-vst", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("ZamComp", "VST2", "threshold_db", "-80 dB to 0 dB", "ratio", "1 + 1 key", "deterministic"):
        assert word in done.stdout, done.stdout


def test_an_onnx_model(tmp_path):
    conv_onnx(tmp_path / "amp.onnx")
    done = wetdry("inspect", "amp.onnx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("amp (ONNX)", "channels", "sample rate", "any", "latency", "samples in a host"):
        assert word in done.stdout, done.stdout
    refused(wetdry("inspect", "missing.onnx", cwd=tmp_path), "missing.onnx", "no such file")
