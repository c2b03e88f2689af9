"""Keep every interpreter of this environment private: no telemetry, no error reports, servers on loopback.

`signpost_private.pth` calls :func:`apply` when an interpreter of `.venv` starts, because Rasa reads no `.env` file and plain
`rasa shell` or `rasa run` must be as private as `signpost serve`. It therefore imports the standard library alone.
"""

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable
from types import ModuleType

LOOPBACK = "127.0.0.1"

ENVIRONMENT = {
    # Turns off both Segment and Sentry: Rasa starts error reporting whenever telemetry is on.
    "RASA_TELEMETRY_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Rasa pins SQLAlchemy 1.4 and its own code is not written in 2.0 style.
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}


def _default_interface(module: ModuleType) -> None:
    """`rasa run` and `rasa shell` take their default address from here; `-i` still chooses another."""
    module.DEFAULT_SERVER_INTERFACE = LOOPBACK  # type: ignore[attr-defined]


def _interactive_on_loopback(module: ModuleType) -> None:
    """`rasa interactive` names 0.0.0.0 in its source and offers no flag."""

    class LoopbackSanic(module.Sanic):  # type: ignore[name-defined,misc]
        def run(self, host: str | None = None, *args: object, **options: object) -> None:
            super().run(LOOPBACK, *args, **options)

    module.Sanic = LoopbackSanic  # type: ignore[attr-defined]


def _no_global_file(module: ModuleType) -> None:
    """Rasa writes a random id into the home folder even with telemetry off."""
    module.write_global_config_value = lambda *_, **__: False  # type: ignore[attr-defined]


_AFTER_IMPORT: dict[str, Callable[[ModuleType], None]] = {
    "rasa.core.constants": _default_interface,
    "rasa.utils.common": _no_global_file,
    "rasa.core.training.interactive": _interactive_on_loopback,
}


class _Loader(importlib.abc.Loader):
    def __init__(self, inner: importlib.abc.Loader, change: Callable[[ModuleType], None]) -> None:
        self._inner, self._change = inner, change

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._change(module)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: object = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        change = _AFTER_IMPORT.get(name)
        if change is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, change)
        return spec


def apply() -> None:
    """Set the variables above and bring Rasa's servers to loopback, once for this interpreter."""
    os.environ.update(ENVIRONMENT)
    os.environ.setdefault("SANIC_HOST", LOOPBACK)  # rasa_sdk's action server
    # One message is small: a second BLAS thread spins more than it helps (63 against 25 ms of processor time a turn).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
