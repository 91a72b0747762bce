"""Selective support programmes for small innovative firms: standards as code, assessment, checkable rounds."""

__version__ = "0.1.0"
