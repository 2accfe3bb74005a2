"""Low-precision arithmetic hardware for FPGAs: generated, proved bit-exact, built to a bitstream."""

__version__ = "0.1.0"
