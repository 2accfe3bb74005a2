// Product of two operands in the hard multiplier of the ECP5 fabric, with its output register
// and, if wanted, its input registers.
module hwgen_multiplier #(
    parameter A_WIDTH = 8,
    parameter B_WIDTH = 8,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1,
    parameter INPUT_REGISTERS = 0
) (
    input                        clk,
    input                        enable,
    input  [A_WIDTH-1:0]         a,
    input  [B_WIDTH-1:0]         b,
    output [A_WIDTH+B_WIDTH-1:0] p
);
`ifdef SYNTHESIS
    wire [17:0] full_a = {{(18-A_WIDTH){(A_SIGNED != 0) ? a[A_WIDTH-1] : 1'b0}}, a};
    wire [17:0] full_b = {{(18-B_WIDTH){(B_SIGNED != 0) ? b[B_WIDTH-1] : 1'b0}}, b};
    wire [35:0] product;
    assign p = product[A_WIDTH+B_WIDTH-1:0];
    localparam INPUT_CLOCK = (INPUT_REGISTERS != 0) ? "CLK0" : "NONE";
    MULT18X18D #(
        .REG_INPUTA_CLK(INPUT_CLOCK),
        .REG_INPUTA_CE("CE0"),
        .REG_INPUTA_RST("RST0"),
        .REG_INPUTB_CLK(INPUT_CLOCK),
        .REG_INPUTB_CE("CE0"),
        .REG_INPUTB_RST("RST0"),
        .REG_OUTPUT_CLK("CLK0"),
        .REG_OUTPUT_CE("CE0"),
        .REG_OUTPUT_RST("RST0")
    ) cell_ (
        .CLK0(clk), .CE0(enable), .RST0(1'b0),
        .SIGNEDA((A_SIGNED != 0) ? 1'b1 : 1'b0), .SIGNEDB((B_SIGNED != 0) ? 1'b1 : 1'b0),
        .SOURCEA(1'b0), .SOURCEB(1'b0),
        .A0(full_a[0]), .A1(full_a[1]), .A2(full_a[2]), .A3(full_a[3]), .A4(full_a[4]),
        .A5(full_a[5]), .A6(full_a[6]), .A7(full_a[7]), .A8(full_a[8]), .A9(full_a[9]),
        .A10(full_a[10]), .A11(full_a[11]), .A12(full_a[12]), .A13(full_a[13]),
        .A14(full_a[14]), .A15(full_a[15]), .A16(full_a[16]), .A17(full_a[17]),
        .B0(full_b[0]), .B1(full_b[1]), .B2(full_b[2]), .B3(full_b[3]), .B4(full_b[4]),
        .B5(full_b[5]), .B6(full_b[6]), .B7(full_b[7]), .B8(full_b[8]), .B9(full_b[9]),
        .B10(full_b[10]), .B11(full_b[11]), .B12(full_b[12]), .B13(full_b[13]),
        .B14(full_b[14]), .B15(full_b[15]), .B16(full_b[16]), .B17(full_b[17]),
        .C0(1'b0), .C1(1'b0), .C2(1'b0), .C3(1'b0), .C4(1'b0), .C5(1'b0), .C6(1'b0), .C7(1'b0),
        .C8(1'b0), .C9(1'b0), .C10(1'b0), .C11(1'b0), .C12(1'b0), .C13(1'b0), .C14(1'b0),
        .C15(1'b0), .C16(1'b0), .C17(1'b0),
        .P0(product[0]), .P1(product[1]), .P2(product[2]), .P3(product[3]), .P4(product[4]),
        .P5(product[5]), .P6(product[6]), .P7(product[7]), .P8(product[8]), .P9(product[9]),
        .P10(product[10]), .P11(product[11]), .P12(product[12]), .P13(product[13]),
        .P14(product[14]), .P15(product[15]), .P16(product[16]), .P17(product[17]),
        .P18(product[18]), .P19(product[19]), .P20(product[20]), .P21(product[21]),
        .P22(product[22]), .P23(product[23]), .P24(product[24]), .P25(product[25]),
        .P26(product[26]), .P27(product[27]), .P28(product[28]), .P29(product[29]),
        .P30(product[30]), .P31(product[31]), .P32(product[32]), .P33(product[33]),
        .P34(product[34]), .P35(product[35])
    );
`else
    wire signed [A_WIDTH:0] wide_a = {(A_SIGNED != 0) ? a[A_WIDTH-1] : 1'b0, a};
    wire signed [B_WIDTH:0] wide_b = {(B_SIGNED != 0) ? b[B_WIDTH-1] : 1'b0, b};
    reg signed [A_WIDTH:0] held_a;
    reg signed [B_WIDTH:0] held_b;
    always @(posedge clk) if (enable) begin
        held_a <= wide_a;
        held_b <= wide_b;
    end
    reg [A_WIDTH+B_WIDTH+1:0] product;
    always @(posedge clk)
        if (enable) product <= (INPUT_REGISTERS != 0) ? held_a * held_b : wide_a * wide_b;
    wire unused_top = ^product[A_WIDTH+B_WIDTH+1:A_WIDTH+B_WIDTH];
    assign p = product[A_WIDTH+B_WIDTH-1:0];
`endif
endmodule
