"""The entries: one module a core, called like the core with underscores, holding ``CORE``."""
