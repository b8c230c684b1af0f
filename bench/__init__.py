"""Figures beside named peers on one machine; `python -m bench --area site`. Never part of the test suite."""
