// Simulation model of the ECP5 hard multiplier as this project uses it: the product, with or
// without the input registers and the output register.
// The port list is that of the vendor's primitive; Yosys ships the ports without a behavior.

module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE",
    parameter REG_INPUTA_CE = "CE0",
    parameter REG_INPUTA_RST = "RST0",
    parameter REG_INPUTB_CLK = "NONE",
    parameter REG_INPUTB_CE = "CE0",
    parameter REG_INPUTB_RST = "RST0",
    parameter REG_OUTPUT_CLK = "NONE",
    parameter REG_OUTPUT_CE = "CE0",
    parameter REG_OUTPUT_RST = "RST0"
) (
    input CLK0, CE0, RST0,
    input A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17, B0, B1,
    B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B17, C0, C1, C2, C3, C4,
    C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17, SIGNEDA, SIGNEDB, SOURCEA,
    SOURCEB,
    output P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17, P18,
    P19, P20, P21, P22, P23, P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35
);
  wire [17:0] a = {
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0
  };
  wire [17:0] b = {
    B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0
  };
  wire signed [18:0] a_extended = {SIGNEDA & a[17], a};
  wire signed [18:0] b_extended = {SIGNEDB & b[17], b};
  reg signed [18:0] a_held, b_held;
  always @(posedge CLK0)
    if (RST0) begin
      a_held <= 0;
      b_held <= 0;
    end else if (CE0) begin
      a_held <= a_extended;
      b_held <= b_extended;
    end
  wire signed [18:0] a_used = REG_INPUTA_CLK == "NONE" ? a_extended : a_held;
  wire signed [18:0] b_used = REG_INPUTB_CLK == "NONE" ? b_extended : b_held;
  wire signed [37:0] direct = a_used * b_used;
  reg signed [37:0] held;
  always @(posedge CLK0) if (RST0) held <= 0; else if (CE0) held <= direct;
  wire signed [37:0] product = REG_OUTPUT_CLK == "NONE" ? direct : held;
  assign {
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
    P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
  } = product[35:0];
endmodule

// Simulation model of the ECP5 block RAM as inferred memories use it, without output registers: two
// ports of up to 18 bits, or port A that writes 36 bits and port B that reads 36 or less. A port of
// 18 or 36 bits takes its byte enables on the lowest address bits. The upper half of 36 bits goes
// by the data pins of port B, the lower one by those of port A.

module DP16KD #(
    parameter [319:0] INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0,
    parameter [319:0] INITVAL_04 = 0, INITVAL_05 = 0, INITVAL_06 = 0, INITVAL_07 = 0,
    parameter [319:0] INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0,
    parameter [319:0] INITVAL_0C = 0, INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0,
    parameter [319:0] INITVAL_10 = 0, INITVAL_11 = 0, INITVAL_12 = 0, INITVAL_13 = 0,
    parameter [319:0] INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0,
    parameter [319:0] INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0, INITVAL_1B = 0,
    parameter [319:0] INITVAL_1C = 0, INITVAL_1D = 0, INITVAL_1E = 0, INITVAL_1F = 0,
    parameter [319:0] INITVAL_20 = 0, INITVAL_21 = 0, INITVAL_22 = 0, INITVAL_23 = 0,
    parameter [319:0] INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0,
    parameter [319:0] INITVAL_28 = 0, INITVAL_29 = 0, INITVAL_2A = 0, INITVAL_2B = 0,
    parameter [319:0] INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0,
    parameter [319:0] INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33 = 0,
    parameter [319:0] INITVAL_34 = 0, INITVAL_35 = 0, INITVAL_36 = 0, INITVAL_37 = 0,
    parameter [319:0] INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0,
    parameter [319:0] INITVAL_3C = 0, INITVAL_3D = 0, INITVAL_3E = 0, INITVAL_3F = 0,
    parameter DATA_WIDTH_A = 18,
    parameter DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG",
    parameter REGMODE_B = "NOREG",
    parameter RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000",
    parameter CSDECODE_B = "0b000",
    parameter WRITEMODE_A = "NORMAL",
    parameter WRITEMODE_B = "NORMAL",
    parameter CLKAMUX = "CLKA",
    parameter CLKBMUX = "CLKB",
    parameter GSR = "AUTO"
) (
    input CLKA, CEA, OCEA, WEA, RSTA, CSA0, CSA1, CSA2, ADA13, ADA12, ADA11, ADA10, ADA9, ADA8,
    ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0, DIA17, DIA16, DIA15, DIA14, DIA13, DIA12,
    DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
    DOA4, DOA3, DOA2, DOA1, DOA0,
    input CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2, ADB13, ADB12, ADB11, ADB10, ADB9, ADB8,
    ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0, DIB17, DIB16, DIB15, DIB14, DIB13, DIB12,
    DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
    DOB4, DOB3, DOB2, DOB1, DOB0
);
  localparam [20479:0] INITIAL = {INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B,
    INITVAL_3A, INITVAL_39, INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34,
    INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D,
    INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26,
    INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F,
    INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
    INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11,
    INITVAL_10, INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A,
    INITVAL_09, INITVAL_08, INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03,
    INITVAL_02, INITVAL_01, INITVAL_00};
  // nine bits a word: eight bits of data, and one that only ports of 9 and 18 bits reach
  reg [8:0] memory[0:2047];
  integer i;
  initial
    for (i = 0; i < 1024; i = i + 1) begin
      memory[2*i] = INITIAL[20*i+:9];
      memory[2*i+1] = INITIAL[20*i+9+:9];
    end
  generate
    if ((DATA_WIDTH_A > 18 && DATA_WIDTH_A != 36) || (DATA_WIDTH_B > 18 && DATA_WIDTH_B != 36)
        || (DATA_WIDTH_B == 36 && DATA_WIDTH_A != 36) || REGMODE_A != "NOREG" || REGMODE_B != "NOREG"
        || CLKAMUX != "CLKA" || CLKBMUX != "CLKB") begin : unknown
      DP16KD_MODE_WITHOUT_A_MODEL cell_ ();
    end
  endgenerate
  wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3,
    ADA2, ADA1, ADA0};
  wire [17:0] data_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8,
    DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  reg [17:0] read_a = 0;
  wire [10:0] low_a = {address_a[13:4], DATA_WIDTH_A == 18 ? 1'b0 : address_a[3]};
  wire [10:0] high_a = {address_a[13:4], 1'b1};
  wire [17:0] held_a = {memory[high_a], memory[low_a]};
  // place of a narrow word among the nine bits, and its bits
  wire [3:0] place_a = DATA_WIDTH_A >= 9 ? 4'd0 : DATA_WIDTH_A == 4 ? {1'b0, address_a[2], 2'b0}
      : DATA_WIDTH_A == 2 ? {1'b0, address_a[2:1], 1'b0} : {1'b0, address_a[2:0]};
  wire [17:0] bits_a = DATA_WIDTH_A == 18
      ? {{9{address_a[1]}}, {9{address_a[0]}}} : ((18'd1 << DATA_WIDTH_A) - 18'd1) << place_a;
  wire [17:0] written_a = (held_a & ~bits_a) | ((data_a << place_a) & bits_a);
  always @(posedge CLKA)
    if (CEA) begin
      if (RSTA) read_a <= 0;
      else if (!WEA || WRITEMODE_A == "READBEFOREWRITE") read_a <= held_a >> place_a;
      else if (WRITEMODE_A == "WRITETHROUGH") read_a <= written_a >> place_a;
      if (WEA && DATA_WIDTH_A == 36) begin
        if (address_a[0]) memory[{address_a[13:5], 2'd0}] <= data_a[8:0];
        if (address_a[1]) memory[{address_a[13:5], 2'd1}] <= data_a[17:9];
        if (address_a[2]) memory[{address_a[13:5], 2'd2}] <= data_b[8:0];
        if (address_a[3]) memory[{address_a[13:5], 2'd3}] <= data_b[17:9];
      end else if (WEA) memory[low_a] <= written_a[8:0];
      if (WEA && DATA_WIDTH_A == 18) memory[high_a] <= written_a[17:9];
    end
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
    DOA4, DOA3, DOA2, DOA1, DOA0} = DATA_WIDTH_B == 36 ? lower : read_a;
  wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3,
    ADB2, ADB1, ADB0};
  wire [17:0] data_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8,
    DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
  reg [17:0] read_b = 0;
  // the lower half of a word of 36 bits
  reg [17:0] lower = 0;
  always @(posedge CLKB)
    if (CEB) begin
      if (RSTB) lower <= 0;
      else lower <= {memory[{address_b[13:5], 2'd1}], memory[{address_b[13:5], 2'd0}]};
    end
  wire [10:0] low_b = DATA_WIDTH_B == 36 ? {address_b[13:5], 2'd2}
      : {address_b[13:4], DATA_WIDTH_B == 18 ? 1'b0 : address_b[3]};
  wire [10:0] high_b = {DATA_WIDTH_B == 36 ? {address_b[13:5], 1'b1} : address_b[13:4], 1'b1};
  wire [17:0] held_b = {memory[high_b], memory[low_b]};
  // place of a narrow word among the nine bits, and its bits
  wire [3:0] place_b = DATA_WIDTH_B >= 9 ? 4'd0 : DATA_WIDTH_B == 4 ? {1'b0, address_b[2], 2'b0}
      : DATA_WIDTH_B == 2 ? {1'b0, address_b[2:1], 1'b0} : {1'b0, address_b[2:0]};
  wire [17:0] bits_b = DATA_WIDTH_B == 18
      ? {{9{address_b[1]}}, {9{address_b[0]}}} : ((18'd1 << DATA_WIDTH_B) - 18'd1) << place_b;
  wire [17:0] written_b = (held_b & ~bits_b) | ((data_b << place_b) & bits_b);
  always @(posedge CLKB)
    if (CEB) begin
      if (RSTB) read_b <= 0;
      else if (!WEB || WRITEMODE_B == "READBEFOREWRITE") read_b <= held_b >> place_b;
      else if (WRITEMODE_B == "WRITETHROUGH") read_b <= written_b >> place_b;
      if (WEB) memory[low_b] <= written_b[8:0];
      if (WEB && DATA_WIDTH_B == 18) memory[high_b] <= written_b[17:9];
    end
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
    DOB4, DOB3, DOB2, DOB1, DOB0} = read_b;
endmodule
