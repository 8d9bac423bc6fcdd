"""The compiled side of the hub: spec and weights become a streaming kernel.

`lowering` turns layers into steps over rows of samples, `product`, `rows`, `recurrent` and `film` emit the code of a
step, `plan` places the rows in memory, `assemble` puts one kernel together.
"""

from .lowering import compile_model

__all__ = ["compile_model"]
