"""Packages for vendor tools: a core wrapped, described and tested the way each tool imports it."""
