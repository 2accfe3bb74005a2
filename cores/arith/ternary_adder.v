// Sum of three operands x, y, z and two carries in, with one LUT6_2 a bit: the table's second
// output is the majority of this bit's operands, which the next bit takes in as its fourth.
// SUM and MAJORITY are truth tables of x ^ y ^ z and of their majority (bit {d,c,b,a}).
module hwgen_ternary_adder #(
    parameter WIDTH = 8,
    parameter [15:0] SUM = 16'h9696,
    parameter [15:0] MAJORITY = 16'he8e8,
    parameter CELL = 4 // bits of a carry cell: 4 (CARRY4) or 8 (CARRY8)
) (
    input  [WIDTH-1:0] a,
    input  [WIDTH-1:0] b,
    input  [WIDTH-1:0] c,
    input  [WIDTH-1:0] d,
    input              ci,
    input              second_ci,
    output [WIDTH-1:0] s
);
    genvar i;
`ifdef SYNTHESIS
    localparam CELLS = (WIDTH + CELL - 1) / CELL;
    wire [CELL*CELLS-1:0] propagate, saved, sums, carries;
    wire [CELL*CELLS:0] majority;
    assign s = sums[WIDTH-1:0];
    assign majority[0] = second_ci;
    assign saved = majority[CELL*CELLS-1:0];
    generate
        for (i = 0; i < CELL * CELLS; i = i + 1) begin : row
            if (i >= WIDTH) begin : unused
                assign propagate[i] = 1'b0;
                assign majority[i+1] = 1'b0;
            end else begin : tables
                LUT6_2 #(.INIT({~SUM, SUM, MAJORITY, MAJORITY})) cell_ (
                    .I0(a[i]), .I1(b[i]), .I2(c[i]), .I3(d[i]), .I4(majority[i]), .I5(1'b1),
                    .O5(majority[i+1]), .O6(propagate[i])
                );
            end
        end
        for (i = 0; i < CELLS; i = i + 1) begin : chain
            if (CELL == 8) begin : eight
                CARRY8 cell_ (
                    .CI(i == 0 ? ci : carries[8*i-(i>0)]), .CI_TOP(1'b0),
                    .DI(saved[8*i+7:8*i]), .S(propagate[8*i+7:8*i]),
                    .O(sums[8*i+7:8*i]), .CO(carries[8*i+7:8*i])
                );
            end else begin : four
                CARRY4 cell_ (
                    .CI(i == 0 ? 1'b0 : carries[4*i-(i>0)]), .CYINIT(i == 0 ? ci : 1'b0),
                    .DI(saved[4*i+3:4*i]), .S(propagate[4*i+3:4*i]),
                    .O(sums[4*i+3:4*i]), .CO(carries[4*i+3:4*i])
                );
            end
        end
    endgenerate
`else
    wire [WIDTH-1:0] sum;
    wire [WIDTH:0] saved;
    assign saved[0] = second_ci;
    generate
        for (i = 0; i < WIDTH; i = i + 1) begin : row
            assign sum[i] = SUM[{d[i], c[i], b[i], a[i]}];
            assign saved[i+1] = MAJORITY[{d[i], c[i], b[i], a[i]}];
        end
    endgenerate
    wire unused_top = saved[WIDTH] ^ (CELL == 4);
    assign s = sum + saved[WIDTH-1:0] + {{(WIDTH-1){1'b0}}, ci};
`endif
endmodule
