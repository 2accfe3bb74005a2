// A board at pin level: clocks the compiled top and speaks 8N1 on its serial pins, in wall time
// of its own, so that the host's bit rate need not be the board's.

#include <cmath>
#include <cstdint>
#include <deque>

#include "Vtop.h"
#include "verilated.h"

namespace {

struct Board {
    VerilatedContext context;
    Vtop top{&context};
    double clocks_per_bit;
    uint64_t clock = 0;

    std::deque<uint8_t> outgoing;
    bool sending = false;
    double send_start = 0;
    uint8_t send_byte = 0;
    uint64_t break_until = 0;

    std::deque<uint8_t> incoming;
    bool receiving = false;
    double receive_start = 0;
    unsigned receive_bit = 0;
    uint8_t receive_byte = 0;

    explicit Board(double ratio) : clocks_per_bit(ratio) {}

    // The level that the host puts on the line now.
    bool host_line() {
        if (clock < break_until) return false;
        if (!sending) {
            if (outgoing.empty()) return true;
            send_byte = outgoing.front();
            outgoing.pop_front();
            sending = true;
            send_start = clock;
        }
        unsigned bit = static_cast<unsigned>((clock - send_start) / clocks_per_bit);
        if (bit >= 10) {
            // the next byte starts where this one ended, not on a clock of the board
            double end = send_start + 10 * clocks_per_bit;
            if (outgoing.empty()) {
                sending = false;
                return true;
            }
            send_byte = outgoing.front();
            outgoing.pop_front();
            send_start = end;
            bit = 0;
        }
        if (bit == 0) return false;
        return bit == 9 || (send_byte >> (bit - 1) & 1);
    }

    void listen(bool level) {
        if (!receiving) {
            if (level) return;
            receiving = true;
            receive_start = clock - 0.5;
            receive_bit = 0;
            return;
        }
        if (clock < receive_start + (receive_bit + 0.5) * clocks_per_bit) return;
        if (receive_bit >= 1 && receive_bit <= 8) {
            receive_byte = static_cast<uint8_t>(receive_byte >> 1 | (level ? 0x80 : 0));
        }
        if (receive_bit == 9) {
            incoming.push_back(receive_byte);
            receiving = false;
        }
        receive_bit++;
    }

    void tick() {
        top.uart_rx = host_line();
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
        clock++;
        listen(top.uart_tx);
    }
};

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT void *board_create(double clocks_per_bit, unsigned button) {
    auto *board = new Board(clocks_per_bit);
    board->top.button = button;
    board->top.uart_rx = 1;
    board->top.clk = 0;
    board->top.eval();
    return board;
}

EXPORT void board_destroy(void *handle) {
    auto *board = static_cast<Board *>(handle);
    board->top.final();
    delete board;
}

EXPORT void board_send(void *handle, const uint8_t *data, uint64_t count) {
    auto *board = static_cast<Board *>(handle);
    board->outgoing.insert(board->outgoing.end(), data, data + count);
}

// Run until a byte has arrived, or for so many clocks beyond the last byte sent.
EXPORT uint64_t board_run(void *handle, uint64_t clocks) {
    auto *board = static_cast<Board *>(handle);
    uint64_t quiet = 0;
    while (board->incoming.empty() && quiet < clocks) {
        board->tick();
        quiet = board->sending || board->clock < board->break_until ? 0 : quiet + 1;
    }
    return board->incoming.size();
}

EXPORT void board_receive(void *handle, uint8_t *data, uint64_t count) {
    auto *board = static_cast<Board *>(handle);
    for (uint64_t i = 0; i < count; i++) {
        data[i] = board->incoming.front();
        board->incoming.pop_front();
    }
}

// Hold the line low, as a cable that is pulled does.
EXPORT void board_break(void *handle, uint64_t clocks) {
    auto *board = static_cast<Board *>(handle);
    board->break_until = board->clock + clocks;
}

EXPORT void board_button(void *handle, unsigned level) {
    static_cast<Board *>(handle)->top.button = level;
}

EXPORT unsigned board_leds(void *handle) { return static_cast<Board *>(handle)->top.led; }

EXPORT uint64_t board_clocks(void *handle) { return static_cast<Board *>(handle)->clock; }
