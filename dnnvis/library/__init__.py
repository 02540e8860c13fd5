"""What do we remember about a model's units? One SQLite file per network.

The package bears the name of the function ``dnnvis.library``, and Python binds that name to the
package once it is imported: so the package itself can be called, and does the same.
"""

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    def __call__(self, net: Any, path: Any = None) -> Any:
        """Return ``dnnvis.library(net, path)``."""
        from dnnvis.library.store.library import (
            open_library,  # lazy: its modules import this package
        )

        return open_library(net, path)


sys.modules[__name__].__class__ = _Room
