"""The end of a pipeline: its output register, and who may stop the pipeline."""

from amaranth.hdl import Cat, Mux, Signal

__all__ = ["connect_output"]


def connect_output(pipeline, port, fields, emerging):
    """Drive an output stream from a pipeline and define when the pipeline advances.

    In a small or slow pipeline all registers see the consumer's ready through one gate. Where
    that wire would be the slowest path, the output has two registers (a skid buffer), which take
    the results in turn: one more is under way when the consumer stops. Then the consumer's ready
    reaches a few bits of state only, and registers stop the pipeline and load the two.

    Parameters
    ----------
    pipeline : Pipeline
        Its ``enable`` must be a signal that nothing drives yet; it is defined here.
    port : interface
        Output stream.
    fields : dict of str to Value
        Payload fields in the pipeline's last stage.
    emerging : Value
        1 while the last stage holds a token for the output.

    Notes
    -----
    Ready to valid there is no combinational path, nor from valid to ready of the input.
    """
    m, enable = pipeline.m, pipeline.enable
    valid = Signal(name="o_valid")
    m.d.comb += port.valid.eq(valid)
    if pipeline.fits_broadcast():
        m.d.comb += enable.eq(~valid | port.ready)
        with m.If(enable):
            m.d.sync += valid.eq(emerging)
        for name, value in fields.items():
            held = Signal(len(Cat(value)), reset_less=True, name=f"o_{name}")
            with m.If(enable):
                m.d.sync += held.eq(value)
            m.d.comb += Cat(port.payload[name]).eq(held)
        return
    _connect_two(pipeline, port, fields, emerging, valid)


def _connect_two(pipeline, port, fields, emerging, valid):
    """Give tokens to two registers in turn; each loads by a register of its own."""
    m = pipeline.m
    full, read = Signal(name="skid_valid"), Signal(name="o_read")
    loads = [Signal(name="o_load_0", init=1), Signal(name="o_load_1")]
    waits = valid & ~port.ready
    next_valid = full | emerging | waits
    next_full = (full | emerging) & waits
    next_read = read ^ (valid & port.ready)
    # the register that is read, if none or both hold a token, is the next to be written
    next_write = next_read ^ (next_valid & ~next_full)
    m.d.comb += pipeline.enable.eq(~full)
    # written as one table each: conditions would become enables and resets, reached later
    m.d.sync += [
        valid.eq(next_valid),
        full.eq(next_full),
        read.eq(next_read),
        loads[0].eq(~next_write & ~next_full),
        loads[1].eq(next_write & ~next_full),
    ]
    for name, value in fields.items():
        width = len(Cat(value))
        held = [Signal(width, reset_less=True, name=f"o_{name}_{number}") for number in range(2)]
        for each, load in zip(held, loads, strict=True):
            with m.If(load):
                m.d.sync += each.eq(value)
        m.d.comb += Cat(port.payload[name]).eq(Mux(read, held[1], held[0]))
