"""What do we remember about a model's units? One SQLite file per network.

The room bears the name of the function ``dnnvis.library``, and Python binds that name to the
room once it is imported: so the room itself can be called, and does the same.
"""

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    def __call__(self, net: Any, path: Any = None) -> Any:
        """``dnnvis.library(net, path)``."""
        from dnnvis.library.store.library import (
            open_library,  # lazy: the room is imported by its parts
        )

        return open_library(net, path)


sys.modules[__name__].__class__ = _Room
