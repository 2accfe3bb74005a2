"""Packages for vendor tools: a core wrapped, described and tested the way each tool imports it."""

from hwgen.flow.packages.kinds import BUSES, KINDS
from hwgen.flow.packages.package import PackageResult, package

__all__ = ["BUSES", "KINDS", "PackageResult", "package"]
