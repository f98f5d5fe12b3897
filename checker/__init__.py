"""Checks designs: how a design is written, proved and reported."""

__version__ = "0.1.0"
