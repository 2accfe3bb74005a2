// Full adders of the ECP5 fabric, each for three products of two bits: two to a carry chain of six
// slots, whose tables make the products. PRODUCT is the truth table of a product, bit {b,a}, which
// is 0 for a = b = 0. Adder n takes bits 3n to 3n + 2 and counts their products as {c[n], s[n]}.
module hwgen_full_adders #(
    parameter COUNT = 2,
    parameter [3:0] PRODUCT = 4'h8
) (
    input  [3*COUNT-1:0] a,
    input  [3*COUNT-1:0] b,
    output [COUNT-1:0]   s,
    output [COUNT-1:0]   c
);
    genvar i;
`ifdef SYNTHESIS
    localparam SLOTS = 3 * COUNT + COUNT % 2;
    // a slot whose d is 1 never propagates: its carry out is the product of a and b
    localparam [15:0] FEED = {12'h000, PRODUCT};
    localparam [15:0] ADD = {
        PRODUCT ^ {4{PRODUCT[3]}}, PRODUCT ^ {4{PRODUCT[2]}},
        PRODUCT ^ {4{PRODUCT[1]}}, PRODUCT
    };
    wire [SLOTS-1:0] slot_a, slot_b, slot_c, slot_d, slot_s;
    wire [SLOTS/2:0] carry;
    assign carry[0] = 1'b0;
    generate
        for (i = 0; i < COUNT; i = i + 1) begin : adder
            assign slot_a[3*i+2:3*i] = {1'b0, a[3*i+1], a[3*i]};
            assign slot_b[3*i+2:3*i] = {1'b0, b[3*i+1], b[3*i]};
            assign slot_c[3*i+2:3*i] = {1'b0, a[3*i+2], 1'b0};
            assign slot_d[3*i+2:3*i] = {1'b0, b[3*i+2], 1'b1};
            assign {c[i], s[i]} = slot_s[3*i+2:3*i+1];
        end
        if (COUNT % 2) begin : rest
            assign {slot_a[SLOTS-1], slot_b[SLOTS-1], slot_c[SLOTS-1], slot_d[SLOTS-1]} = 4'b0000;
        end
        for (i = 0; i < SLOTS / 2; i = i + 1) begin : pair
            // three pairs hold feed, add; carry, feed; add, carry
            CCU2C #(
                .INIT0(i % 3 == 0 ? FEED : (i % 3 == 1 ? 16'h0000 : ADD)),
                .INIT1(i % 3 == 0 ? ADD : (i % 3 == 1 ? FEED : 16'h0000)),
                .INJECT1_0("NO"),
                .INJECT1_1("NO")
            ) cell_ (
                .CIN(i % 3 == 0 ? 1'b0 : carry[i]),
                .A0(slot_a[2*i]), .B0(slot_b[2*i]), .C0(slot_c[2*i]), .D0(slot_d[2*i]),
                .A1(slot_a[2*i+1]), .B1(slot_b[2*i+1]), .C1(slot_c[2*i+1]), .D1(slot_d[2*i+1]),
                .S0(slot_s[2*i]), .S1(slot_s[2*i+1]),
                .COUT(carry[i+1])
            );
        end
    endgenerate
`else
    generate
        for (i = 0; i < COUNT; i = i + 1) begin : adder
            wire x = PRODUCT[{b[3*i], a[3*i]}];
            wire y = PRODUCT[{b[3*i+1], a[3*i+1]}];
            wire z = PRODUCT[{b[3*i+2], a[3*i+2]}];
            assign s[i] = x ^ y ^ z;
            assign c[i] = (x & y) | (x & z) | (y & z);
        end
    endgenerate
`endif
endmodule
