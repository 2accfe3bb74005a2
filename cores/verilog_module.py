"""Modules that a core writes as Verilog text, because they are too large for an elaboration."""

from dataclasses import dataclass

__all__ = ["VerilogModule"]


@dataclass(frozen=True)
class VerilogModule:
    """A module, in a core's ``verilog_libraries``.

    Parameters
    ----------
    name : str
        Of the module; modules with the same name are the same.
    head : str
        From ``module`` to the end of the port list.
    body : str
        Everything up to ``endmodule``.
    """

    name: str
    head: str
    body: str

    @classmethod
    def of_bits(cls, name, inputs, outputs, lines):
        """Return a module of lines with ``inputs`` bits ``x`` and ``outputs`` bits ``y``."""
        head = f"module {name} (input [{inputs - 1}:0] x, output [{outputs - 1}:0] y);"
        return cls(name, head, "\n".join([*lines, ""]))

    @property
    def stub(self):
        """The module without its contents."""
        return f"{self.head}\nendmodule\n"

    def read_text(self):
        """Return the module as text."""
        return f"{self.head}\n{self.body}endmodule\n"
