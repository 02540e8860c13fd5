"""Read a pickle without running anything: every name in it becomes an inert stand-in.

A pickle is a program of a small stack machine that looks up names and calls them. Here the names
that make tensors and plain containers are functions of ours; every other name becomes a class that
only keeps what it was given. Nothing is imported and nothing of the file is called.
"""

import io
import operator
import pickle
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

MAX_COPIED_ITEMS = 20_000_000  # by all the containers that are made of others
MAX_KEY_DEPTH = 4  # of tuples as keys, whose hash is as costly as they are deep
MAX_ARRAY_BYTES = 1 << 30
NUMBER_KINDS = "biufc"
Load = Callable[[Any], Any]  # of what a persistent id names


class PickleError(Exception):
    """What is read is no pickle, or one that nobody would write."""


class InertObject:
    """An object of a class that is not known: its name, what it was made of, and its state."""

    name = ""

    def __init__(self, *args: Any) -> None:
        self.args = args
        self.state: Any = None
        self.items: list[Any] = []

    @property
    def fields(self) -> dict[str, Any]:
        """Return the attributes, as far as the state holds any."""
        state = self.state
        parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
        result: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, Mapping):
                result |= {str(key): value for key, value in part.items()}
        return result


def read_plain(data: bytes, name: str) -> Any:
    """Return the value in a pickle of dictionaries, lists, texts, numbers and NumPy arrays.

    Args:
        data: The pickle.
        name: What errors call it.

    Returns:
        The value; arrays that lie in dictionaries and lists are NumPy's.

    Raises:
        BadInput: It is broken, or holds an object of any other kind.
    """
    unpickler = InertUnpickler(io.BytesIO(data))
    try:
        value = unpickler.read()
    except BadInput as error:
        raise BadInput(f"{name} is no whole pickle of plain numbers ({error}).") from None
    if unpickler.unknown_names:
        listed = ", ".join(unpickler.unknown_names[:4])
        raise BadInput(
            f"{name} holds objects ({listed}), not plain numbers alone; dnnvis builds none of them."
        )
    return _with_arrays(value)


def _with_arrays(value: Any) -> Any:
    """Return a value with NumPy's arrays in the place of those that were read."""
    waiting, seen = [value], set[int]()
    while waiting:
        current = waiting.pop()
        if not isinstance(current, dict | list) or id(current) in seen:
            continue
        seen.add(id(current))
        items = current.items() if isinstance(current, dict) else enumerate(current)
        for key, inner in list(items):
            current[key] = as_plain(inner)
            waiting.append(inner)
    return as_plain(value)


class _Names:
    """The names that one pickle looks up: functions of ours, or classes of inert objects."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = {**_KNOWN, **known}
        self._inert: dict[str, type[InertObject]] = {}
        self.unknown: list[str] = []

    def look_up(self, name: str) -> Any:
        if name in self._known:
            return self._known[name]
        if name not in self._inert:
            self.unknown.append(name)
            self._inert[name] = type("Inert", (InertObject,), {"name": name})
        return self._inert[name]


class _Callable:
    """A function of ours under a name of the file; not to be changed by the file."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)


class _Array:
    """A NumPy array while it is read: its state follows."""

    value: NDArray[Any] | None = None


class _DType:
    """A NumPy number type while it is read: the order of its bytes follows."""

    def __init__(self, code: Any) -> None:
        self.code = str(code)
        self.order = "="

    def read(self) -> np.dtype[Any]:
        try:
            dtype = np.dtype(self.code)
        except (TypeError, ValueError, SyntaxError):
            raise PickleError("a number type that is none") from None
        if dtype.kind not in NUMBER_KINDS:
            raise PickleError("an array of no numbers")
        return dtype.newbyteorder(">" if self.order == ">" else "=")


class InertUnpickler:
    """Read pickles one after the other from a file.

    Args:
        file: The file; it is read to the end of the pickle.
        load: Called with what a persistent id holds, returns the object.
        functions: Further names -> functions that may be called.
        constants: Further names -> what they stand for.
    """

    def __init__(
        self,
        file: BinaryIO,
        load: Load | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        self._file = file
        self._load = load
        callables = {name: _Callable(function) for name, function in (functions or {}).items()}
        self._names = _Names({**(constants or {}), **callables})

    @property
    def unknown_names(self) -> list[str]:
        """Return the names that became inert objects, in the order in which they came."""
        return self._names.unknown

    def read(self) -> Any:
        """Return the next object.

        Raises BadInput where the file is no pickle, cut short, or beyond all measure.
        """
        machine = _Machine(self._file, self._load, self._names)
        try:
            return machine.load()
        except BadInput:  # of what the file refers to
            raise
        except PickleError as error:
            raise BadInput(f"it is broken or no pickle ({error})") from None
        except EOFError:
            raise BadInput("it is broken or no pickle (cut short)") from None
        except (MemoryError, OverflowError, RecursionError) as error:
            raise BadInput(f"it asks for more than it can hold ({type(error).__name__})") from None
        except Exception as error:  # the stack machine meets what no pickle has
            raise BadInput(f"it is broken or no pickle ({type(error).__name__})") from None


_BASE: Any = pickle._Unpickler  # the one written in Python


class _Machine(_BASE):  # type: ignore[misc]
    """Python's own stack machine, with every step that calls or changes something made inert."""

    dispatch: ClassVar[dict[int, Any]] = dict(_BASE.dispatch)

    def __init__(self, file: BinaryIO, load: Load | None, names: _Names) -> None:
        super().__init__(file, fix_imports=False, encoding="latin1")
        self._resolve, self._inert_names = load, names
        self._copied = 0

    def find_class(self, module: str, name: str) -> Any:
        return self._inert_names.look_up(f"{module}.{name}")

    def get_extension(self, code: int) -> None:
        self.append(self._inert_names.look_up(f"copyreg.extension_{code}"))

    def persistent_load(self, pid: Any) -> Any:
        if self._resolve is None:
            raise PickleError("a reference to something outside")
        return self._resolve(pid)

    def count(self, items: Any) -> None:
        """Count what is copied; a file could copy the same container over and over."""
        self._copied += operator.length_hint(items, 1)
        if self._copied > MAX_COPIED_ITEMS:
            raise PickleError("more items than any checkpoint has")

    def call(self, function: Any, args: Any) -> Any:
        """Call a function of ours, or make an inert object."""
        if not isinstance(args, tuple):
            raise PickleError("arguments that are no tuple")
        for argument in args:
            if isinstance(argument, str | bytes | list | dict | set | frozenset | tuple):
                self.count(argument)
        if isinstance(function, _Callable):
            return function(*args)
        if isinstance(function, type) and issubclass(function, InertObject):
            return function(*args)
        return InertObject(function, *args)

    def load_reduce(self) -> None:
        args = self.stack.pop()
        self.stack[-1] = self.call(self.stack[-1], args)

    def load_newobj(self) -> None:
        args = self.stack.pop()
        self.stack[-1] = self.call(self.stack[-1], args)

    def load_newobj_ex(self) -> None:
        self.stack.pop()  # named arguments: of an inert object only
        self.load_newobj()

    def load_inst(self) -> None:
        module = self.readline()[:-1].decode("utf-8", "replace")
        name = self.readline()[:-1].decode("utf-8", "replace")
        args = tuple(self.pop_mark())
        value = self.call(self.find_class(module, name), args)
        self.append(value)

    def load_obj(self) -> None:
        function, *args = self.pop_mark()
        value = self.call(function, tuple(args))
        self.append(value)

    def load_build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, InertObject):
            target.state = state
        elif isinstance(target, _DType):
            if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "="):
                target.order = state[1]
        elif isinstance(target, _Array):
            target.value = _read_array(state)

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items((key, value))

    def load_setitems(self) -> None:
        self.set_items(self.pop_mark())

    def set_items(self, items: Iterable[Any]) -> None:
        target, pairs = self.stack[-1], list(items)
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if isinstance(target, dict):
                target[_as_key(key)] = value
            elif isinstance(target, InertObject):
                target.items.append((key, value))

    def load_append(self) -> None:
        value = self.stack.pop()
        self.extend_target([value])

    def load_appends(self) -> None:
        self.extend_target(self.pop_mark())

    def extend_target(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(items)
        elif isinstance(target, InertObject):
            target.items.extend(items)

    def load_additems(self) -> None:
        items = self.pop_mark()
        target = self.stack[-1]
        if isinstance(target, set):
            target.update(map(_as_key, items))

    def load_frozenset(self) -> None:
        items = self.pop_mark()  # which is what ``append`` appends to from then on
        self.append(frozenset(map(_as_key, items)))

    def load_dict(self) -> None:
        items = self.pop_mark()
        keys, values = items[::2], items[1::2]
        self.append({_as_key(k): v for k, v in zip(keys, values, strict=True)})

    dispatch |= {
        pickle.REDUCE[0]: load_reduce,
        pickle.NEWOBJ[0]: load_newobj,
        pickle.NEWOBJ_EX[0]: load_newobj_ex,
        pickle.INST[0]: load_inst,
        pickle.OBJ[0]: load_obj,
        pickle.BUILD[0]: load_build,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
        pickle.APPEND[0]: load_append,
        pickle.APPENDS[0]: load_appends,
        pickle.ADDITEMS[0]: load_additems,
        pickle.FROZENSET[0]: load_frozenset,
        pickle.DICT[0]: load_dict,
    }


def _as_key(key: Any, depth: int = 0) -> Any:
    """Return a key that can be hashed at once; for all else, one that stands for it."""
    if isinstance(key, str | int | float | bool | bytes | complex | type(None)):
        return key
    if isinstance(key, tuple) and depth < MAX_KEY_DEPTH and len(key) <= MAX_KEY_DEPTH:
        return tuple(_as_key(part, depth + 1) for part in key)
    if isinstance(key, InertObject | type):
        return key
    return f"<{type(key).__name__} {id(key)}>"


def _read_array(state: Any) -> NDArray[Any]:
    """Return an array from its pickled state (version, shape, type, order, bytes)."""
    try:
        _, shape, dtype, is_fortran, content = state
    except (TypeError, ValueError):
        raise PickleError("an array without a shape") from None
    if isinstance(content, str):  # as Python 2 wrote bytes
        content = content.encode("latin1")
    if not isinstance(dtype, _DType) or not isinstance(content, bytes | bytearray):
        raise PickleError("an array of no numbers")
    sides = tuple(operator.index(side) for side in shape)
    return _as_array(content, dtype.read(), sides, "F" if is_fortran else "C")


def _as_array(
    content: bytes | bytearray, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any
) -> NDArray[Any]:
    if len(content) > MAX_ARRAY_BYTES or any(side < 0 for side in shape):
        raise PickleError("an array beyond all measure")
    values = np.frombuffer(content, dtype)
    if values.size != int(np.prod(shape, dtype=object)):
        raise PickleError("an array of another size than its shape")
    return values.reshape(shape, order=order).copy()


def _scalar(dtype: Any, content: Any = b"") -> Any:
    if not isinstance(dtype, _DType) or not isinstance(content, bytes):
        raise PickleError("a number of no type")
    return _as_array(content, dtype.read(), (1,), "C")[0].item()


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any) -> Any:
    array = _Array()
    array.value = _read_array((1, shape, dtype, order == "F", bytes(content)))
    return array


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "utf-8", "ascii"):
        raise PickleError("bytes of no text")
    return text.encode("latin1" if encoding == "latin1" else "utf-8", "replace")


def _dict(items: Any = ()) -> dict[Any, Any]:
    pairs = items.items() if isinstance(items, dict) else items
    return {_as_key(key): value for key, value in pairs}


def _default_dict(factory: Any = None, items: Any = ()) -> dict[Any, Any]:
    return _dict(items)


def _path(*parts: Any) -> str:
    return "/".join(str(part) for part in parts if isinstance(part, str)).replace("//", "/")


def _reconstruct(kind: Any = None, *rest: Any) -> Any:
    """Return an object of a class as the oldest pickles make it."""
    return kind(*rest) if isinstance(kind, type) else InertObject(kind, *rest)


def _reconstruct_array(*args: Any) -> _Array:
    return _Array()


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _dict,
    "collections.defaultdict": _default_dict,
    "collections.Counter": _dict,
    "builtins.dict": _dict,
    "builtins.list": lambda items=(): list(items),
    "builtins.tuple": lambda items=(): tuple(items),
    "builtins.set": lambda items=(): set(map(_as_key, items)),
    "builtins.frozenset": lambda items=(): frozenset(map(_as_key, items)),
    "builtins.bytearray": lambda content=b"", *rest: bytes(content) if not rest else b"",
    "builtins.bytes": lambda content=b"", *rest: content if isinstance(content, bytes) else b"",
    "builtins.complex": lambda real=0.0, imag=0.0: complex(real, imag),
    "_codecs.encode": _encode,
    "copy_reg._reconstructor": _reconstruct,
    "copyreg._reconstructor": _reconstruct,
    "torch.Size": lambda items=(): tuple(items),
    "numpy.dtype": lambda code="f8", *rest: _DType(code),
    "numpy.core.multiarray.scalar": _scalar,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy.core.multiarray._reconstruct": _reconstruct_array,
    "numpy._core.multiarray._reconstruct": _reconstruct_array,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy._core.numeric._frombuffer": _from_buffer,
    **{
        f"{module}.{kind}": _path
        for module in ("pathlib", "pathlib._local")
        for kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path")
    },
}
for _name in list(_FUNCTIONS):  # as Python 2 wrote them
    if _name.startswith("builtins."):
        _FUNCTIONS[_name.replace("builtins.", "__builtin__.")] = _FUNCTIONS[_name]
_KNOWN: dict[str, Any] = {
    **{name: _Callable(function) for name, function in _FUNCTIONS.items()},
    "numpy.ndarray": "numpy.ndarray",  # an argument of the functions above
}


def as_plain(value: Any) -> Any:
    """Return an array that was read as such; all else as it is."""
    return value.value if isinstance(value, _Array) else value
