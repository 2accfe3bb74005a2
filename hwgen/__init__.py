"""Low-precision arithmetic hardware for FPGAs: generated, proved bit-exact, built."""

__version__ = "0.1.0"
