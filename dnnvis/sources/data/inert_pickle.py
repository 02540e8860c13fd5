"""Read dictionaries, lists and arrays out of a pickle without running anything in it."""

import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput

MAX_OPERATIONS = 1_000_000  # a data set's labels take one or two each

_ARRAY_NAMES = {
    f"{module} _reconstruct" for module in ("numpy.core.multiarray", "numpy._core.multiarray")
}
_BUFFER_NAMES = {
    f"{module} _frombuffer" for module in ("numpy.core.numeric", "numpy._core.numeric")
}
_SCALAR_NAMES = {name.replace("_reconstruct", "scalar") for name in _ARRAY_NAMES}
_SIMPLE_TYPES = {f"{kind}{size}" for kind in "iuf" for size in (1, 2, 4, 8)}


class _Mark:
    """Where a group of items begins on the stack."""


class _Global:
    """The name of what a real unpickler would import."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Type:
    """A dtype that is being described."""

    def __init__(self, name: str) -> None:
        self.name, self.order = name, "|"


class _Array:
    """An array that is being described; ``values`` is None until then."""

    def __init__(self) -> None:
        self.values: Any = None


def read_pickle(data: bytes, name: str) -> Any:
    """Return the value in a pickle of dictionaries, lists, texts, numbers and NumPy arrays.

    Nothing is imported or called: the operations are interpreted here, and what would be an object
    of any other kind is refused.

    Args:
        data: The pickle.
        name: What errors call it.

    Returns:
        The value, arrays as read-only NumPy arrays.

    Raises:
        BadInput: It is broken, too long, or holds anything else.
    """
    try:
        return _Machine().run(data)
    except BadInput:
        raise
    except Exception:  # a broken pickle may fail in any way
        raise BadInput(f"{name} is no whole pickle of plain numbers; get it again.") from None


class _Machine:
    """The stack machine that a pickle is written for, with nothing to call."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        for count, (operation, argument, _) in enumerate(pickletools.genops(data)):
            if count > MAX_OPERATIONS:
                raise BadInput("This pickle holds more than a data set's labels; it is not read.")
            if operation.name == "STOP":
                return _resolve(self.stack.pop())
            self._step(operation.name, argument)
        raise ValueError("no end")

    def _step(self, name: str, argument: Any) -> None:
        if name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _LITERALS:
            self.stack.append(argument)
        elif name in _OPERATIONS:
            _OPERATIONS[name](self, argument)
        elif name not in ("PROTO", "FRAME"):
            raise ValueError(name)

    def pop_mark(self) -> list[Any]:
        at = next(k for k in range(len(self.stack) - 1, -1, -1) if type(self.stack[k]) is _Mark)
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items

    def put(self, argument: Any) -> None:
        self.memo[argument] = self.stack[-1]

    def memoize(self, argument: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, argument: Any) -> None:
        self.stack.append(self.memo[argument])

    def append(self, argument: Any) -> None:
        item = self.stack.pop()
        self.stack[-1].append(item)

    def append_all(self, argument: Any) -> None:
        items = self.pop_mark()
        self.stack[-1].extend(items)

    def set_item(self, argument: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1].update(_to_dict([key, value]))

    def set_items(self, argument: Any) -> None:
        items = self.pop_mark()
        self.stack[-1].update(_to_dict(items))

    def make_tuple(self, argument: Any) -> None:
        self.stack.append(tuple(self.pop_mark()))

    def make_list(self, argument: Any) -> None:
        self.stack.append(self.pop_mark())

    def make_dict(self, argument: Any) -> None:
        self.stack.append(_to_dict(self.pop_mark()))

    def name_global(self, argument: Any) -> None:
        self.stack.append(_Global(argument))

    def name_stacked(self, argument: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(_Global(f"{module} {name}"))

    def reduce(self, argument: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self.stack.append(_build_known(function.name, arguments))

    def build(self, argument: Any) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, _Type):
            target.order = _to_text(state[1])
        elif isinstance(target, _Array):
            target.values = _fill_array(*state)
        else:
            raise ValueError("state")


def _to_dict(items: list[Any]) -> dict[Any, Any]:
    """Return keys and values that alternate; tuples as keys may take forever to hash."""
    if not all(isinstance(key, str | bytes | int) for key in items[::2]):
        raise ValueError("key")
    return dict(zip(items[::2], items[1::2], strict=True))


def _build_known(name: str, arguments: tuple[Any, ...]) -> Any:
    if name == "_codecs encode" and arguments[1] == "latin1":
        return arguments[0].encode("latin1")
    if name == "numpy dtype" and _to_text(arguments[0]) in _SIMPLE_TYPES:
        return _Type(_to_text(arguments[0]))
    if name in _ARRAY_NAMES:
        return _Array()
    if name in _BUFFER_NAMES:
        data, kind, shape, order = arguments
        array = _Array()
        array.values = np.frombuffer(data, _numpy_type(kind)).reshape(shape, order=order)
        return array
    if name in _SCALAR_NAMES:
        return np.frombuffer(_to_bytes(arguments[1]), _numpy_type(arguments[0]), 1)[0].item()
    raise ValueError(name)


def _fill_array(version: int, shape: Any, kind: _Type, is_fortran: bool, data: Any) -> Any:
    flat = np.frombuffer(_to_bytes(data), _numpy_type(kind))
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _numpy_type(kind: _Type) -> str:
    return (kind.order if kind.order in "<>" else "") + kind.name


def _to_text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


def _to_bytes(value: Any) -> bytes:
    return bytes(value.encode("latin1") if isinstance(value, str) else value)


def _resolve(value: Any) -> Any:
    """Return the arrays at the top of a value; deeper ones are no data set's."""
    if isinstance(value, dict):
        return {key: v.values if isinstance(v, _Array) else v for key, v in value.items()}
    return value.values if isinstance(value, _Array) else value


_CONSTANTS: dict[str, Callable[[], Any]] = {
    "MARK": _Mark,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
}
_LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
_OPERATIONS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "MEMOIZE": _Machine.memoize,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.append_all,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "TUPLE": _Machine.make_tuple,
    "TUPLE1": lambda m, _: m.stack.append((m.stack.pop(),)),
    "TUPLE2": lambda m, _: m.stack.append(tuple([m.stack.pop(), m.stack.pop()][::-1])),
    "TUPLE3": lambda m, _: m.stack.append(tuple([m.stack.pop() for _ in range(3)][::-1])),
    "LIST": _Machine.make_list,
    "DICT": _Machine.make_dict,
    "GLOBAL": _Machine.name_global,
    "STACK_GLOBAL": _Machine.name_stacked,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
}
