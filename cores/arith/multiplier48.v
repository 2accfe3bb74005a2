// Product of two operands in a DSP48 with its output register; synthesis infers the cell.
module hwgen_multiplier48 #(
    parameter A_WIDTH = 8,
    parameter B_WIDTH = 8,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1
) (
    input                        clk,
    input                        enable,
    input  [A_WIDTH-1:0]         a,
    input  [B_WIDTH-1:0]         b,
    output [A_WIDTH+B_WIDTH-1:0] p
);
    wire signed [A_WIDTH:0] wide_a = {(A_SIGNED != 0) ? a[A_WIDTH-1] : 1'b0, a};
    wire signed [B_WIDTH:0] wide_b = {(B_SIGNED != 0) ? b[B_WIDTH-1] : 1'b0, b};
    (* use_dsp = "yes" *) reg [A_WIDTH+B_WIDTH+1:0] product;
    always @(posedge clk) if (enable) product <= wide_a * wide_b;
    wire unused_top = ^product[A_WIDTH+B_WIDTH+1:A_WIDTH+B_WIDTH];
    assign p = product[A_WIDTH+B_WIDTH-1:0];
endmodule
