"""What sounds: one effect a file, all on one contract (`Effect`), each over one compiled kernel."""

from .bitcrusher import Bitcrusher
from .cabinet_ir import CabinetIR
from .effect import Effect
from .gain import Gain
from .neural_amp import NeuralAmp
from .neural_compressor import NeuralCompressor
from .neural_delay import NeuralDelay
from .neural_effect import NeuralEffect
from .neural_saturator import NeuralSaturator
from .pan import Pan
from .randomized_overdrive import RandomizedOverdrive
from .registry import REGISTRY
from .tube_saturator import TubeSaturator

__all__ = [
    "REGISTRY",
    "Bitcrusher",
    "CabinetIR",
    "Effect",
    "Gain",
    "NeuralAmp",
    "NeuralCompressor",
    "NeuralDelay",
    "NeuralEffect",
    "NeuralSaturator",
    "Pan",
    "RandomizedOverdrive",
    "TubeSaturator",
]
