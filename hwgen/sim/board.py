"""A simulated board at pin level: the top that would be built, and a serial line to it."""

import ctypes
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from hwgen.sim.build import VERILATOR_DEFINES, verilator_runtime
from hwgen.sim.toolchain import cache_folder, compiler, verilator_root
from hwgen.tools.process import run_checked

__all__ = ["SimulatedBoard"]

# longer than the reset after power-on
_POWER_ON_SECONDS = 100e-6
_SHIM = Path(__file__).with_name("board.cpp")


class SimulatedBoard:
    """The compiled top of a board, as a transport: what is written goes to its serial pin.

    Time passes while reading only. A byte that is written while another one is being sent
    follows it without a pause.

    Parameters
    ----------
    verilog : str
        The top, a module ``top`` with the ports of `hwgen.cores.bridge.top.BoardTop`, without PLL.
    clock_hz : float
        Frequency of port ``clk``.
    baud : float
        The host's bit rate.
    button_active_low : bool
        Level of port ``button`` while it is released.
    optimize : int
        Level of the C++ compiler: 0 builds fastest, 2 runs fastest.

    Attributes
    ----------
    port : str
        ``"sim"``.
    patience : float
        Simulated seconds after which a silent board is given up.

    Raises
    ------
    HwgenError
        The Verilog does not compile.
    MissingToolError
        A compiler is missing.
    """

    port = "sim"
    patience = 0.02

    def __init__(self, verilog, clock_hz, baud, *, button_active_low=False, optimize=2):
        self._clock_hz = clock_hz
        self._released = int(button_active_low)
        self._library = ctypes.CDLL(str(_build(verilog, optimize)))
        self._library.board_create.restype = ctypes.c_void_p
        self._library.board_create.argtypes = (ctypes.c_double, ctypes.c_uint)
        for name in ("board_run", "board_clocks"):
            getattr(self._library, name).restype = ctypes.c_uint64
        self._board = ctypes.c_void_p(self._library.board_create(clock_hz / baud, self._released))
        self.read(_POWER_ON_SECONDS)

    def close(self):
        """End the simulation."""
        if getattr(self, "_board", None):
            self._library.board_destroy(self._board)
            self._board = None

    __del__ = close

    def write(self, data):
        """Queue bytes for the serial line."""
        self._library.board_send(self._board, bytes(data), ctypes.c_uint64(len(data)))

    def read(self, seconds):
        """Return the bytes that arrived, waiting for the first one so many simulated seconds.

        The wait begins when everything written has been sent; the result is empty after it.
        """
        clocks = ctypes.c_uint64(round(seconds * self._clock_hz))
        count = self._library.board_run(self._board, clocks)
        buffer = ctypes.create_string_buffer(count)
        self._library.board_receive(self._board, buffer, ctypes.c_uint64(count))
        return buffer.raw

    def hold_break(self, seconds):
        """Hold the line to the board low for so many simulated seconds."""
        self._library.board_break(self._board, ctypes.c_uint64(round(seconds * self._clock_hz)))

    def press(self, pressed=True):
        """Press or release the button."""
        self._library.board_button(self._board, self._released ^ int(pressed))

    @property
    def leds(self):
        """Levels of the LED pins, LED 0 in bit 0."""
        return self._library.board_leds(self._board)

    @property
    def clocks(self):
        """Clock cycles since power-on."""
        return self._library.board_clocks(self._board)


def _build(verilog, optimize):
    """Return the shared library for the text of a top, compiled now or earlier."""
    identity = hashlib.sha256(f"{optimize} {compiler()} {verilator_root()}".encode())
    for content in (_SHIM.read_bytes(), Path(__file__).read_bytes(), verilog.encode()):
        identity.update(hashlib.sha256(content).digest())
    folder = cache_folder()
    library = folder / f"board-{identity.hexdigest()[:24]}.so"
    if library.exists():
        return library
    work = Path(tempfile.mkdtemp(prefix=".board-", dir=folder))
    try:
        (work / "top.v").write_text(verilog)
        _compile(work, optimize)
        os.replace(work / "board.so", library)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return library


def _compile(work, optimize):
    root = verilator_root()
    include = root / "include"
    command = [root / "bin/verilator_bin", "--cc", "-O3", "--x-assign", "fast", "--no-timing"]
    command += ["-Wno-fatal", "-Wno-lint", "-Wno-style", "--prefix", "Vtop", "-Mdir", "."]
    run_checked(
        [*command, "--top-module", "top", "top.v"],
        cwd=work,
        what="compiling the board with Verilator",
        env={"VERILATOR_ROOT": str(root)},
    )
    shutil.copyfile(_SHIM, work / "board.cpp")
    sources = [*sorted(path.name for path in work.glob("Vtop*.cpp")), "board.cpp"]
    (work / "all.cpp").write_text("".join(f'#include "{name}"\n' for name in sources))
    command = [*compiler(), "-std=c++17", f"-O{optimize}", "-fPIC", "-shared", "-w"]
    command += ["-fvisibility=hidden", "-Wl,-Bsymbolic", f"-I{include}", f"-I{include}/vltstd"]
    command += [*VERILATOR_DEFINES, "-I.", "all.cpp", *verilator_runtime(root)]
    run_checked(
        [*command, "-pthread", "-o", "board.so"], cwd=work, what="compiling the simulated board"
    )
