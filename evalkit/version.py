"""The version of this package; the same number stands in every signature."""

__all__ = ["__version__"]

__version__ = "0.1.0"
