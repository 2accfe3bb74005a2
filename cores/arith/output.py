"""The end of a pipeline: its output register, and who may stop the pipeline."""

from amaranth.hdl import Cat, Mux, Signal

__all__ = ["connect_output"]


def connect_output(pipeline, port, fields, emerging):
    """Drive an output stream from a pipeline and define when the pipeline advances.

    In a small or slow pipeline all registers see the consumer's ready through one gate. Where
    that wire would be the slowest path, a second output register (a skid buffer) takes the
    result that is under way when the consumer stops, and the pipeline is stopped by a register.

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
    full = Signal(name="skid_valid")
    taken = Signal(name="o_taken")
    m.d.comb += [enable.eq(~full), taken.eq(~valid | port.ready)]
    # written as one table each: conditions would become enables and resets, reached later
    waits = valid & ~port.ready
    m.d.sync += [valid.eq(full | emerging | waits), full.eq((full | emerging) & waits)]
    for name, value in fields.items():
        width = len(Cat(value))
        held = Signal(width, reset_less=True, name=f"o_{name}")
        skid = Signal(width, reset_less=True, name=f"skid_{name}")
        with m.If(~full):
            m.d.sync += skid.eq(value)
        with m.If(taken):
            m.d.sync += held.eq(Mux(full, skid, value))
        m.d.comb += Cat(port.payload[name]).eq(held)
