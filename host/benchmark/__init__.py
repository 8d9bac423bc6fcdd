"""Benchmark: what a processor costs, block by block, as a host would call it; engines side by side.

Not to be confused with `host.evaluation.bench`, the stand on which a twin is compared with its target.
"""

from .benchmark import BLOCK_SIZES, Benchmark
from .report import BenchmarkReport
from .timing import Timing

__all__ = ["BLOCK_SIZES", "Benchmark", "BenchmarkReport", "Timing"]
