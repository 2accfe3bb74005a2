// Carry chain of a fabric with look-up tables of six inputs and two outputs (LUT6_2).
// Every bit adds two terms, x and y, functions of a to e: SUM is the truth table of x ^ y and
// X that of x (bit {e,d,c,b,a}). Where x is a itself, y may look at f as well.
module hwgen_carry_chain6 #(
    parameter WIDTH = 8,
    parameter [63:0] SUM = 64'h6666666666666666,
    parameter [31:0] X = 32'haaaaaaaa,
    parameter DIRECT = 1, // 1: x is a, which reaches the chain without a table
    parameter CELL = 4    // bits of a carry cell: 4 (CARRY4) or 8 (CARRY8)
) (
    input  [WIDTH-1:0] a,
    input  [WIDTH-1:0] b,
    input  [WIDTH-1:0] c,
    input  [WIDTH-1:0] d,
    input  [WIDTH-1:0] e,
    input  [WIDTH-1:0] f,
    input              ci,
    output [WIDTH-1:0] s
);
    genvar i;
`ifdef SYNTHESIS
    localparam CELLS = (WIDTH + CELL - 1) / CELL;
    wire [CELL*CELLS-1:0] propagate, generated, sums, carries;
    assign s = sums[WIDTH-1:0];
    generate
        for (i = 0; i < CELL * CELLS; i = i + 1) begin : row
            if (i >= WIDTH) begin : unused
                assign propagate[i] = 1'b0;
                assign generated[i] = 1'b0;
            end else if (DIRECT) begin : direct
                assign propagate[i] = SUM[{f[i], e[i], d[i], c[i], b[i], a[i]}];
                assign generated[i] = a[i];
            end else begin : tables
                LUT6_2 #(.INIT({SUM[31:0], X})) cell_ (
                    .I0(a[i]), .I1(b[i]), .I2(c[i]), .I3(d[i]), .I4(e[i]), .I5(1'b1),
                    .O5(generated[i]), .O6(propagate[i])
                );
            end
        end
        for (i = 0; i < CELLS; i = i + 1) begin : chain
            if (CELL == 8) begin : eight
                CARRY8 cell_ (
                    .CI(i == 0 ? ci : carries[8*i-(i>0)]), .CI_TOP(1'b0),
                    .DI(generated[8*i+7:8*i]), .S(propagate[8*i+7:8*i]),
                    .O(sums[8*i+7:8*i]), .CO(carries[8*i+7:8*i])
                );
            end else begin : four
                CARRY4 cell_ (
                    .CI(i == 0 ? 1'b0 : carries[4*i-(i>0)]), .CYINIT(i == 0 ? ci : 1'b0),
                    .DI(generated[4*i+3:4*i]), .S(propagate[4*i+3:4*i]),
                    .O(sums[4*i+3:4*i]), .CO(carries[4*i+3:4*i])
                );
            end
        end
    endgenerate
`else
    wire [WIDTH-1:0] propagate, x;
    generate
        for (i = 0; i < WIDTH; i = i + 1) begin : row
            assign propagate[i] = SUM[{f[i], e[i], d[i], c[i], b[i], a[i]}];
            assign x[i] = X[{e[i], d[i], c[i], b[i], a[i]}];
        end
    endgenerate
    wire unused_shape = (DIRECT == 1) ^ (CELL == 4); // only shapes the cells
    assign s = x + (x ^ propagate) + {{(WIDTH-1){1'b0}}, ci};
`endif
endmodule
