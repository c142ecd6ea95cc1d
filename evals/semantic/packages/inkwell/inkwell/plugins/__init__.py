"""What is loaded beside the core: every module here."""

import importlib
import pkgutil


def load_plugins() -> list[str]:
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    for name in names:
        importlib.import_module(f"{__name__}.{name}")
    return names
