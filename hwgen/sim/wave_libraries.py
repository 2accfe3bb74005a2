"""FST waveforms without development packages: just enough of ``lz4.h`` and ``zlib.h``.

Verilator's FST writer compresses with LZ4 and zlib, whose headers a machine with a C++ compiler may
lack. Both formats can store data as it is (LZ4 block format: literals only; RFC 1951, section
3.2.4: stored blocks), which every reader understands.
"""

from pathlib import Path

__all__ = ["provide_wave_libraries"]

_LZ4 = """\
#pragma once
#include <cstring>
static inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }
static inline int LZ4_compress_default(const char *from, char *to, int size, int room) {
    (void)room;
    char *end = to;
    *end++ = static_cast<char>((size < 15 ? size : 15) << 4);
    if (size >= 15) {
        int rest = size - 15;
        for (; rest >= 255; rest -= 255) *end++ = static_cast<char>(255);
        *end++ = static_cast<char>(rest);
    }
    std::memcpy(end, from, size);
    return static_cast<int>(end - to) + size;
}
"""

_ZLIB = """\
#pragma once
#include <cstdint>
#include <cstring>
typedef unsigned char Bytef;
typedef unsigned long uLong;
typedef unsigned long uLongf;
enum { Z_OK = 0 };
static inline uLong compressBound(uLong size) { return size + 5 * (size / 65535 + 1) + 6; }
static inline int compress2(Bytef *to, uLongf *room, const Bytef *from, uLong size, int) {
    Bytef *end = to;
    *end++ = 0x78;
    *end++ = 0x01;
    uLong left = size;
    do {
        const uLong part = left < 65535 ? left : 65535;
        left -= part;
        *end++ = left == 0;
        *end++ = part & 255;
        *end++ = part >> 8;
        *end++ = ~part & 255;
        *end++ = (~part >> 8) & 255;
        std::memcpy(end, from + (size - left - part), part);
        end += part;
    } while (left);
    uint32_t low = 1, high = 0;
    for (uLong each = 0; each < size; each++) {
        low = (low + from[each]) % 65521;
        high = (high + low) % 65521;
    }
    for (uint32_t sum = high << 16 | low, shift = 32; shift; shift -= 8)
        *end++ = (sum >> (shift - 8)) & 255;
    *room = static_cast<uLongf>(end - to);
    return Z_OK;
}
"""


def provide_wave_libraries(folder):
    """Write both headers, and empty libraries to link with, into the folder of a build.

    The build must look there first, for headers (``-I.``) and libraries (``-L.``).
    """
    Path(folder, "lz4.h").write_text(_LZ4)
    Path(folder, "zlib.h").write_text(_ZLIB)
    for name in ("liblz4.a", "libz.a"):
        Path(folder, name).write_bytes(b"!<arch>\n")
