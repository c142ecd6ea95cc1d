"""A tiny router: functions announce the path that they answer."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

Answer = dict[str, Any]


class Router:
    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Callable[..., Answer]] = {}

    def get(self, path: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        return self._announce("GET", path)

    def post(self, path: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        return self._announce("POST", path)

    def _announce(self, method: str, path: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        def keep(function: Callable[..., Answer]) -> Callable[..., Answer]:
            if (method, path) in self.routes:
                raise ValueError(f"{method} {path} is answered twice")
            self.routes[method, path] = function
            return function

        return keep

    def answer(self, method: str, path: str, **given: Any) -> Answer:
        if (method, path) not in self.routes:
            return {"status": 404}
        return {"status": 200, **self.routes[method, path](**given)}


router = Router()


def load_handlers() -> Router:
    from . import handlers

    for module in iter_modules(handlers.__path__):
        import_module(f"{handlers.__name__}.{module.name}")
    return router
