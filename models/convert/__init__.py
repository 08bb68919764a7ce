"""Converters from the published weight files to what the page ships. NumPy only, no PyTorch."""
