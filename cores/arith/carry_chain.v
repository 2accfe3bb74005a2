// Carry chain of the ECP5 fabric with one look-up table of four inputs in front of every bit.
// Every bit adds two terms: x, a function of a and b, and y, a function of b, c and d that is 0
// when c = d = 0. INIT is the truth table of x ^ y (bit {d,c,b,a}); its low four bits are then x.
module hwgen_carry_chain #(
    parameter WIDTH = 8,
    parameter [15:0] INIT = 16'h0ff0,
    parameter [15:0] LOW_INIT = 16'h0000, // carry out of bit 0, for CARRY_IN = 3
    parameter CARRY_IN = 0 // 0, 1: constant; 2: input ci; 3: ci, which is one of bit 0's a to d
) (
    input  [WIDTH-1:0] a,
    input  [WIDTH-1:0] b,
    input  [WIDTH-1:0] c,
    input  [WIDTH-1:0] d,
    input              ci,
    output [WIDTH-1:0] s
);
`ifdef SYNTHESIS
    localparam FEED = (CARRY_IN == 2) ? 1 : 0;
    localparam SLOTS = WIDTH + FEED;
    localparam PAIRS = (SLOTS + 1) / 2;
    wire [2*PAIRS-1:0] slot_a, slot_b, slot_c, slot_d, slot_s;
    wire [PAIRS:0] carry;
    localparam FOLD = (CARRY_IN == 3) ? 1 : 0;
    assign carry[0] = (CARRY_IN == 1 || FOLD) ? 1'b1 : 1'b0;
    generate
        if (FEED) begin : feed_slots
            assign slot_a = {a, ci};
            assign slot_b = {b, 1'b0};
            assign slot_c = {c, 1'b0};
            assign slot_d = {d, 1'b1};
            assign s = slot_s[WIDTH:1];
        end else begin : plain_slots
            assign slot_a = a;
            assign slot_b = b;
            assign slot_c = c;
            assign slot_d = d;
            assign s[WIDTH-1:1] = slot_s[WIDTH-1:1];
            // with a folded carry the table of bit 0 is the carry: its sum needs one more table
            assign s[0] = FOLD ? INIT[{d[0], c[0], b[0], a[0]}] ^ ci : slot_s[0];
        end
        genvar i;
        for (i = 0; i < PAIRS; i = i + 1) begin : pair
            CCU2C #(
                // the feeding slot (d = 1) never propagates: its carry out is a
                .INIT0((FEED && i == 0) ? 16'h000a : ((FOLD && i == 0) ? LOW_INIT : INIT)),
                .INIT1(INIT),
                .INJECT1_0("NO"),
                .INJECT1_1("NO")
            ) cell_ (
                .CIN(carry[i]),
                .A0(slot_a[2*i]), .B0(slot_b[2*i]), .C0(slot_c[2*i]), .D0(slot_d[2*i]),
                .A1(slot_a[2*i+1]), .B1(slot_b[2*i+1]), .C1(slot_c[2*i+1]), .D1(slot_d[2*i+1]),
                .S0(slot_s[2*i]), .S1(slot_s[2*i+1]),
                .COUT(carry[i+1])
            );
        end
    endgenerate
`else
    wire [WIDTH-1:0] propagate =
        ({WIDTH{INIT[ 0]}} & ~d & ~c & ~b & ~a) | ({WIDTH{INIT[ 1]}} & ~d & ~c & ~b &  a) |
        ({WIDTH{INIT[ 2]}} & ~d & ~c &  b & ~a) | ({WIDTH{INIT[ 3]}} & ~d & ~c &  b &  a) |
        ({WIDTH{INIT[ 4]}} & ~d &  c & ~b & ~a) | ({WIDTH{INIT[ 5]}} & ~d &  c & ~b &  a) |
        ({WIDTH{INIT[ 6]}} & ~d &  c &  b & ~a) | ({WIDTH{INIT[ 7]}} & ~d &  c &  b &  a) |
        ({WIDTH{INIT[ 8]}} &  d & ~c & ~b & ~a) | ({WIDTH{INIT[ 9]}} &  d & ~c & ~b &  a) |
        ({WIDTH{INIT[10]}} &  d & ~c &  b & ~a) | ({WIDTH{INIT[11]}} &  d & ~c &  b &  a) |
        ({WIDTH{INIT[12]}} &  d &  c & ~b & ~a) | ({WIDTH{INIT[13]}} &  d &  c & ~b &  a) |
        ({WIDTH{INIT[14]}} &  d &  c &  b & ~a) | ({WIDTH{INIT[15]}} &  d &  c &  b &  a);
    wire [WIDTH-1:0] x =
        ({WIDTH{INIT[0]}} & ~b & ~a) | ({WIDTH{INIT[1]}} & ~b & a) |
        ({WIDTH{INIT[2]}} &  b & ~a) | ({WIDTH{INIT[3]}} &  b & a);
    wire carry_in = (CARRY_IN >= 2) ? ci : ((CARRY_IN == 1) ? 1'b1 : 1'b0);
    wire unused_low_init = ^LOW_INIT; // only shapes the cells
    assign s = x + (x ^ propagate) + {{(WIDTH-1){1'b0}}, carry_in};
`endif
endmodule
