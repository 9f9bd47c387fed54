"""The package's version; the wheel has it from here."""

__version__ = "0.1.0"
