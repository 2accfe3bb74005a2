// Drives one core through its valid/ready streams at full speed and checks the stream rules.
// Compiled together with one simulator back end: "dut.h" is generated and declares
//   struct Dut { void eval(); uint8_t *clock, *reset; Port inputs[], outputs[]; Control controls[]; }
// Every port is reached by its bytes: both back ends keep values little-endian in whole words.

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

struct Port {
    uint8_t *payload;
    size_t bytes;
    unsigned top_bits;      // of the last byte; 0: all eight
    uint8_t *valid;
    uint8_t *ready;
};

struct Control {
    uint8_t *value;
    size_t bytes;
};

}  // namespace

#include "dut.h"

// Shared with Python (hwgen/sim/model.py declares the same two structures for ctypes).
struct StreamJob {
    uint8_t *data;      // tokens, each `bytes` long
    uint64_t tokens;    // input: tokens to send; output: room for tokens
    uint64_t done;      // tokens transferred
    uint64_t *cycles;   // input: cycle of acceptance; output: cycle of first valid; may be null
    uint64_t stall;     // chance in 256 that a pause starts in a cycle
};

struct Job {
    StreamJob *inputs;
    StreamJob *outputs;
    uint64_t seed;
    uint64_t quiet_limit;   // cycles without any transfer, nobody paused, until the core is idle
    uint64_t cycle_limit;   // stop after so many cycles; 0: no limit
    uint64_t patient;       // outputs: be ready only for a token that was valid the cycle before
    uint64_t probe;         // chance in 256 to look for combinational paths in a cycle
    uint64_t eager;         // return once all tokens are sent and all outputs have theirs
    uint64_t cycles;        // result: cycles simulated
    uint64_t status;        // result: one of Status
    uint64_t stream;        // result: index of the stream that broke a rule
    uint64_t token;         // result: token at which it did
};

namespace {

enum Status : uint64_t {
    FINISHED = 0,
    STOPPED = 1,
    HUNG = 2,
    SURPLUS = 3,
    VALID_DROPPED = 4,
    PAYLOAD_CHANGED = 5,
    VALID_WITHOUT_INPUT = 6,
    VALID_FOLLOWS_READY = 7,
    READY_FOLLOWS_VALID = 8,
};

constexpr unsigned INPUTS = Dut::INPUTS;
constexpr unsigned OUTPUTS = Dut::OUTPUTS;

struct Random {
    uint64_t state;
    uint64_t next() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state * 0x2545F4914F6CDD1DULL;
    }
    bool chance(uint64_t in_256) { return (next() >> 56) < in_256; }
};

// Decides cycle by cycle whether a side pauses: single cycles and runs of up to eight.
struct Pause {
    uint64_t left = 0;
    bool now(Random &random, uint64_t stall) {
        if (left) return left--, true;
        if (!stall || !random.chance(stall)) return false;
        left = random.chance(64) ? random.next() >> 61 : 0;
        return true;
    }
};

// What lies on the wires between tokens is nobody's business: the core must not look at it.
void scramble(const Port &port, Random &random) {
    for (size_t at = 0; at < port.bytes; at += 8) {
        const uint64_t noise = random.next();
        std::memcpy(port.payload + at, &noise, port.bytes - at < 8 ? port.bytes - at : 8);
    }
    if (port.top_bits) port.payload[port.bytes - 1] &= (1 << port.top_bits) - 1;
}

struct Model {
    Dut dut;
    bool offered = false;   // an input was offered since the last reset
    unsigned early = OUTPUTS;  // output that was valid before that; OUTPUTS: none
    bool held[OUTPUTS] = {};  // the output was valid and not ready in the last cycle
    std::vector<uint8_t> payloads[OUTPUTS];

    Model() {
        for (unsigned each = 0; each < OUTPUTS; each++) payloads[each].resize(dut.outputs[each].bytes);
        reset(2);
    }

    void tick() {
        *dut.clock = 1;
        dut.eval();
        *dut.clock = 0;
    }

    void reset(uint64_t cycles) {
        for (auto &port : dut.inputs) *port.valid = 0;
        for (auto &port : dut.outputs) *port.ready = 0;
        *dut.clock = 0;
        *dut.reset = 1;
        for (uint64_t cycle = 0; cycle < cycles; cycle++) {
            dut.eval();
            tick();
        }
        *dut.reset = 0;
        offered = false;
        early = OUTPUTS;
        for (unsigned cycle = 0; cycle < 2; cycle++) {
            dut.eval();
            for (unsigned each = 0; each < OUTPUTS; each++)
                if (*dut.outputs[each].valid && early == OUTPUTS) early = each;
            tick();
        }
        dut.eval();
        for (auto &each : held) each = false;
    }
};

uint64_t broken(Job &job, Status status, unsigned stream, uint64_t token) {
    job.stream = stream;
    job.token = token;
    return status;
}

uint64_t check_held(Model &model, Job &job) {
    for (unsigned each = 0; each < OUTPUTS; each++) {
        const Port &port = model.dut.outputs[each];
        const uint64_t token = job.outputs[each].done;
        if (*port.valid && !model.offered) return broken(job, VALID_WITHOUT_INPUT, each, token);
        if (!model.held[each]) continue;
        if (!*port.valid) return broken(job, VALID_DROPPED, each, token);
        if (std::memcmp(port.payload, model.payloads[each].data(), port.bytes))
            return broken(job, PAYLOAD_CHANGED, each, token);
    }
    return FINISHED;
}

// Flips one handshake input at a time, with the clock standing still, and restores it.
uint64_t check_combinational(Model &model, Job &job) {
    Dut &dut = model.dut;
    uint64_t status = FINISHED;
    for (unsigned each = 0; each < OUTPUTS && !status; each++) {
        const Port &port = dut.outputs[each];
        const uint8_t valid = *port.valid;
        std::memcpy(model.payloads[each].data(), port.payload, port.bytes);
        *port.ready ^= 1;
        dut.eval();
        if (*port.valid != valid ||
            (valid && std::memcmp(port.payload, model.payloads[each].data(), port.bytes)))
            status = broken(job, VALID_FOLLOWS_READY, each, job.outputs[each].done);
        *port.ready ^= 1;
        dut.eval();
    }
    for (unsigned each = 0; each < INPUTS && !status; each++) {
        const Port &port = dut.inputs[each];
        const uint8_t ready = *port.ready;
        *port.valid ^= 1;
        dut.eval();
        if (*port.ready != ready)
            status = broken(job, READY_FOLLOWS_VALID, each, job.inputs[each].done);
        *port.valid ^= 1;
        dut.eval();
    }
    return status;
}

uint64_t simulate(Model &model, Job &job) {
    Dut &dut = model.dut;
    Random random{job.seed * 2 + 1};
    Pause input_pauses[INPUTS], output_pauses[OUTPUTS];
    bool presented[INPUTS] = {};
    bool seen[OUTPUTS] = {};
    uint64_t quiet = 0;

    job.cycles = 0;
    if (model.early != OUTPUTS) return broken(job, VALID_WITHOUT_INPUT, model.early, 0);
    for (; !job.cycle_limit || job.cycles < job.cycle_limit; job.cycles++) {
        bool all_sent = true, paused = false, moved = false;
        for (unsigned each = 0; each < INPUTS; each++) {
            StreamJob &stream = job.inputs[each];
            const Port &port = dut.inputs[each];
            if (stream.done == stream.tokens) {
                *port.valid = 0;
                scramble(port, random);
                continue;
            }
            all_sent = false;
            if (!presented[each]) {
                presented[each] = !input_pauses[each].now(random, stream.stall);
                if (presented[each]) {
                    std::memcpy(port.payload, stream.data + stream.done * port.bytes, port.bytes);
                    model.offered = true;
                } else {
                    scramble(port, random);
                }
                *port.valid = presented[each];
            }
            paused |= !presented[each];
        }
        for (unsigned each = 0; each < OUTPUTS; each++) {
            const bool pause = output_pauses[each].now(random, job.outputs[each].stall);
            *dut.outputs[each].ready = !pause && (!job.patient || model.held[each]);
            paused |= pause;
        }
        dut.eval();

        if (uint64_t status = check_held(model, job)) return status;
        if (job.probe && random.chance(job.probe))
            if (uint64_t status = check_combinational(model, job)) return status;

        for (unsigned each = 0; each < OUTPUTS; each++) {
            StreamJob &stream = job.outputs[each];
            const Port &port = dut.outputs[each];
            model.held[each] = *port.valid && !*port.ready;
            if (!*port.valid) continue;
            if (stream.done == stream.tokens) return broken(job, SURPLUS, each, stream.done);
            if (!seen[each] && stream.cycles) stream.cycles[stream.done] = job.cycles;
            seen[each] = model.held[each];
            if (model.held[each]) {
                std::memcpy(model.payloads[each].data(), port.payload, port.bytes);
            } else {
                std::memcpy(stream.data + stream.done++ * port.bytes, port.payload, port.bytes);
                moved = true;
            }
        }
        for (unsigned each = 0; each < INPUTS; each++) {
            StreamJob &stream = job.inputs[each];
            if (!presented[each] || !*dut.inputs[each].ready) continue;
            if (stream.cycles) stream.cycles[stream.done] = job.cycles;
            stream.done++;
            presented[each] = false;
            moved = true;
        }
        model.tick();

        if (job.eager && all_sent && moved) {
            bool complete = true;
            for (unsigned each = 0; each < OUTPUTS; each++)
                complete &= job.outputs[each].done == job.outputs[each].tokens;
            if (complete) {
                job.cycles++;
                return FINISHED;
            }
        }
        if (moved) quiet = 0;
        else if (!paused && ++quiet >= job.quiet_limit) return all_sent ? FINISHED : HUNG;
    }
    return STOPPED;
}

}  // namespace

#define HWGEN_EXPORT extern "C" __attribute__((visibility("default")))

HWGEN_EXPORT void *hwgen_create() { return new Model(); }
HWGEN_EXPORT void hwgen_destroy(void *model) { delete static_cast<Model *>(model); }
HWGEN_EXPORT void hwgen_reset(void *model, uint64_t cycles) { static_cast<Model *>(model)->reset(cycles); }
HWGEN_EXPORT void hwgen_run(void *model, Job *job) { job->status = simulate(*static_cast<Model *>(model), *job); }
HWGEN_EXPORT void hwgen_control(void *model, uint64_t index, uint64_t value) {
    const Control &control = static_cast<Model *>(model)->dut.controls[index];
    std::memcpy(control.value, &value, control.bytes);
}
