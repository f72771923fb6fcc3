"""One NoneBot plugin per feature; each declares its commands and questions when it is loaded."""

import pkgutil


def names() -> tuple[str, ...]:
    """Dotted names of all plugins; leave one out of the list and its commands are gone."""
    return tuple(f"{__name__}.{found.name}" for found in pkgutil.iter_modules(__path__))
