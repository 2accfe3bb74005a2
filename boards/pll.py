"""Which divider settings bring an on-chip PLL nearest to a frequency; pure integer search.

Limits: ECP5 from Lattice FPGA-DS-02012 (sysCLOCK PLL timing) and FPGA-TN-02200; iCE40 from
FPGA-DS-02008 (PLL timing) and FPGA-TN-02052.
"""

from dataclasses import dataclass
from fractions import Fraction

from hwgen.errors import UsageError

__all__ = ["Ecp5Pll", "Ice40Pll", "choose", "choose_ecp5", "choose_ice40"]

MHZ = 1_000_000
# farther away than this is another frequency than the one asked for
TOLERANCE = Fraction(1, 100)


@dataclass(frozen=True)
class Ecp5Pll:
    """Settings of an EHXPLLL: output CLKOP closes the loop, output CLKOS is the design's clock.

    VCO = input / ``input_divider`` * ``feedback_divider`` * ``loop_divider``;
    output = VCO / ``output_divider``.
    """

    input_hz: int
    input_divider: int
    feedback_divider: int
    loop_divider: int
    output_divider: int

    @property
    def detector_hz(self):
        """Frequency at the phase detector."""
        return Fraction(self.input_hz, self.input_divider)

    @property
    def vco_hz(self):
        """Frequency of the oscillator inside."""
        return self.detector_hz * self.feedback_divider * self.loop_divider

    @property
    def output_hz(self):
        """Frequency of the design's clock, exactly."""
        return self.vco_hz / self.output_divider

    def build(self, m, pin, oscillator, clock, locked):
        """Put the primitive into Amaranth module ``m``; drive all signals but ``pin``."""
        from amaranth.hdl import Const, Instance, Signal

        loop = Signal()
        m.d.comb += oscillator.eq(pin)
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{self.input_hz / MHZ:.6f}",
            a_FREQUENCY_PIN_CLKOS=f"{float(self.output_hz) / MHZ:.6f}",
            # loop filter settings that suit every divider: FPGA-TN-02200, and prjtrellis
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            p_OUTDIVIDER_MUXA="DIVA",
            p_OUTDIVIDER_MUXB="DIVB",
            p_CLKI_DIV=self.input_divider,
            p_CLKFB_DIV=self.feedback_divider,
            p_FEEDBK_PATH="CLKOP",
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_DIV=self.loop_divider,
            p_CLKOP_CPHASE=self.loop_divider - 1,
            p_CLKOP_FPHASE=0,
            p_CLKOS_ENABLE="ENABLED",
            p_CLKOS_DIV=self.output_divider,
            p_CLKOS_CPHASE=self.output_divider - 1,
            p_CLKOS_FPHASE=0,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            i_CLKI=pin,
            i_CLKFB=loop,
            o_CLKOP=loop,
            o_CLKOS=clock,
            o_LOCK=locked,
        )


@dataclass(frozen=True)
class Ice40Pll:
    """Settings of an SB_PLL40_2_PAD with the simple feedback path.

    VCO = input / (``divr`` + 1) * (``divf`` + 1); output = VCO / 2 ** ``divq``.
    """

    input_hz: int
    divr: int
    divf: int
    divq: int

    @property
    def detector_hz(self):
        """Frequency at the phase detector."""
        return Fraction(self.input_hz, self.divr + 1)

    @property
    def vco_hz(self):
        """Frequency of the oscillator inside."""
        return self.detector_hz * (self.divf + 1)

    @property
    def output_hz(self):
        """Frequency of the design's clock, exactly."""
        return self.vco_hz / 2**self.divq

    @property
    def filter_range(self):
        """Loop filter setting for the phase detector's frequency (FPGA-TN-02052)."""
        bounds = (17, 26, 44, 66, 101)
        return 1 + sum(self.detector_hz >= bound * MHZ for bound in bounds)

    def build(self, m, pin, oscillator, clock, locked):
        """Put the primitive into Amaranth module ``m``; drive all signals but ``pin``.

        A pin that belongs to a PLL can drive nothing else, so the oscillator's clock, too, comes
        from the PLL, which hands it through.
        """
        from amaranth.hdl import Const, Instance

        m.submodules.pll = Instance(
            "SB_PLL40_2_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_PLLOUT_SELECT_PORTB="GENCLK",
            p_DIVR=Const(self.divr, 4),
            p_DIVF=Const(self.divf, 7),
            p_DIVQ=Const(self.divq, 3),
            p_FILTER_RANGE=Const(self.filter_range, 3),
            i_PACKAGEPIN=pin,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBALA=oscillator,
            o_PLLOUTGLOBALB=clock,
            o_LOCK=locked,
        )


def choose_ecp5(input_hz, wanted_hz):
    """Return the `Ecp5Pll` nearest to ``wanted_hz``, or None if the input is out of range.

    Input 8 to 400 MHz, phase detector 10 to 400 MHz, VCO 400 to 800 MHz, outputs 3.125 to
    400 MHz, dividers 1 to 128. Among equals, the fastest phase detector, then the slowest VCO.
    """
    candidates = []
    if not 8 * MHZ <= input_hz <= 400 * MHZ:
        return None
    for input_divider in range(1, min(128, input_hz // (10 * MHZ)) + 1):
        detector = Fraction(input_hz, input_divider)
        first = -(-400 * MHZ // detector)
        for multiplier in range(first, int(800 * MHZ // detector) + 1):
            split = _split(multiplier, detector)
            vco = detector * multiplier
            for output_divider in _near(vco / Fraction(wanted_hz), 128):
                output = vco / output_divider
                if split and Fraction(3125, 1000) * MHZ <= output <= 400 * MHZ:
                    setting = Ecp5Pll(input_hz, input_divider, *split, output_divider)
                    candidates.append((abs(output - wanted_hz), input_divider, vco, setting))
    return min(candidates, key=lambda each: each[:3])[3] if candidates else None


def _split(multiplier, detector):
    """Factor ``multiplier`` into feedback and loop dividers, with the slowest legal loop clock."""
    for loop in range(128, 0, -1):
        feedback, rest = divmod(multiplier, loop)
        if rest == 0 and feedback <= 128 and 3125 * 1000 <= detector * feedback <= 400 * MHZ:
            return feedback, loop
    return None


def _near(ratio, limit):
    """Return the whole dividers on either side of ``ratio``, within 1 to ``limit``."""
    return sorted({min(max(int(ratio) + step, 1), limit) for step in (0, 1)})


def choose_ice40(input_hz, wanted_hz):
    """Return the `Ice40Pll` nearest to ``wanted_hz``, or None if the input is out of range.

    Input and phase detector 10 to 133 MHz, VCO 533 to 1066 MHz, output 16 to 275 MHz, DIVR 0 to
    15, DIVF 0 to 127, DIVQ 1 to 6. Among equals, the fastest phase detector, then the slowest VCO.
    """
    candidates = []
    for divr in range(16):
        if not 10 * MHZ <= Fraction(input_hz, divr + 1) <= 133 * MHZ:
            continue
        for divf in range(128):
            for divq in range(1, 7):
                setting = Ice40Pll(input_hz, divr, divf, divq)
                if not 533 * MHZ <= setting.vco_hz <= 1066 * MHZ:
                    continue
                if 16 * MHZ <= setting.output_hz <= 275 * MHZ:
                    miss = abs(setting.output_hz - wanted_hz)
                    candidates.append((miss, divr, setting.vco_hz, setting))
    return min(candidates, key=lambda each: each[:3])[3] if candidates else None


def choose(target, input_hz, wanted_hz):
    """Return the nearest PLL setting of fabric ``target``.

    Raises
    ------
    UsageError
        If no setting comes within one percent of ``wanted_hz``.
    """
    setting = {"ecp5": choose_ecp5, "ice40": choose_ice40}[target](input_hz, wanted_hz)
    if setting is None or abs(setting.output_hz - wanted_hz) > TOLERANCE * Fraction(wanted_hz):
        near = "none" if setting is None else f"{float(setting.output_hz) / MHZ:g} MHz"
        raise UsageError(
            f"freq must be a clock that the {target} PLL can make from {input_hz / MHZ:g} MHz,"
            f" not {wanted_hz / MHZ:g} MHz; the nearest is {near}"
        )
    return setting
