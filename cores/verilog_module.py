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

    @property
    def stub(self):
        """The module without its contents."""
        return f"{self.head}\nendmodule\n"

    def read_text(self):
        """Return the module as text."""
        return f"{self.head}\n{self.body}endmodule\n"
