// Simulation model of the UltraScale+ arithmetic block as synthesis here uses it: a product of
// signed operands, alone or added to C or to the last result, with or without its registers.
// The port list is that of the vendor's primitive (UG579); Yosys ships the ports without a
// behavior, and a model of the 7 series' block.

module DSP48E2 #(
    parameter integer ACASCREG = 1,
    parameter integer ADREG = 1,
    parameter integer ALUMODEREG = 1,
    parameter AMULTSEL = "A",
    parameter integer AREG = 1,
    parameter A_INPUT = "DIRECT",
    parameter integer BCASCREG = 1,
    parameter BMULTSEL = "B",
    parameter integer BREG = 1,
    parameter B_INPUT = "DIRECT",
    parameter integer CARRYINREG = 1,
    parameter integer CARRYINSELREG = 1,
    parameter integer CREG = 1,
    parameter integer DREG = 1,
    parameter integer INMODEREG = 1,
    parameter integer MREG = 1,
    parameter integer OPMODEREG = 1,
    parameter integer PREG = 1,
    parameter USE_MULT = "MULTIPLY",
    parameter USE_SIMD = "ONE48",
    parameter PREADDINSEL = "A"
) (
    input CLK,
    input CEA1, CEA2, CEAD, CEALUMODE, CEB1, CEB2, CEC, CECARRYIN, CECTRL, CED, CEINMODE, CEM, CEP,
    input RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE, RSTM, RSTP,
    input [29:0] A, ACIN,
    input [17:0] B, BCIN,
    input [47:0] C, PCIN,
    input [26:0] D,
    input CARRYIN, CARRYCASCIN, MULTSIGNIN,
    input [2:0] CARRYINSEL,
    input [4:0] INMODE,
    input [3:0] ALUMODE,
    input [8:0] OPMODE,
    output [47:0] P, PCOUT,
    output [29:0] ACOUT,
    output [17:0] BCOUT,
    output [3:0] CARRYOUT,
    output [7:0] XOROUT,
    output CARRYCASCOUT, MULTSIGNOUT, OVERFLOW, PATTERNBDETECT, PATTERNDETECT, UNDERFLOW
);
  reg signed [26:0] a1 = 0, a2 = 0;
  reg signed [17:0] b1 = 0, b2 = 0;
  reg signed [47:0] c1 = 0;
  reg signed [47:0] m1 = 0, p1 = 0;
  always @(posedge CLK) begin
    if (RSTA) a1 <= 0; else if (AREG == 2 ? CEA1 : CEA2) a1 <= A[26:0];
    if (RSTA) a2 <= 0; else if (CEA2) a2 <= a1;
    if (RSTB) b1 <= 0; else if (BREG == 2 ? CEB1 : CEB2) b1 <= B;
    if (RSTB) b2 <= 0; else if (CEB2) b2 <= b1;
    if (RSTC) c1 <= 0; else if (CEC) c1 <= C;
  end
  wire signed [26:0] a = AREG == 0 ? A[26:0] : (AREG == 1 ? a1 : a2);
  wire signed [17:0] b = BREG == 0 ? B : (BREG == 1 ? b1 : b2);
  wire signed [47:0] product = a * b;
  always @(posedge CLK) if (RSTM) m1 <= 0; else if (CEM) m1 <= product;
  wire [47:0] m = MREG == 0 ? product : m1;
  wire [47:0] c = CREG == 0 ? C : c1;
  // OPMODE: X and Y take the product (1, 1), or nothing; W takes C (3); Z takes P (2) or C (3)
  wire [47:0] xy = OPMODE[3:0] == 4'b0101 ? m : (OPMODE[3:2] == 2'b11 ? c : 48'b0);
  wire [47:0] w = OPMODE[8:7] == 2'b11 ? c : (OPMODE[8:7] == 2'b01 ? p1 : 48'b0);
  wire [47:0] z = OPMODE[6:4] == 3'b010 ? p1 : (OPMODE[6:4] == 3'b011 ? c : 48'b0);
  wire [47:0] others = w + xy + {47'b0, CARRYIN};
  wire [47:0] total = ALUMODE == 4'b0011 ? z - others : z + others;
  always @(posedge CLK) if (RSTP) p1 <= 0; else if (CEP) p1 <= total;
  assign P = PREG == 0 ? total : p1;
  assign PCOUT = P;
  assign {ACOUT, BCOUT, CARRYOUT, XOROUT} = 0;
  assign {CARRYCASCOUT, MULTSIGNOUT, OVERFLOW, PATTERNBDETECT, PATTERNDETECT, UNDERFLOW} = 0;
endmodule
