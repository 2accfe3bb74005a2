// A copy of the enable for one part of an array. Equal registers are not merged: each drives a
// part of the flip-flops only.
module hwgen_enable (
    input  clk,
    input  d,
    output q
);
    reg held = 1'b0;
    (* keep *) always @(posedge clk) held <= d;
    assign q = held;
endmodule
