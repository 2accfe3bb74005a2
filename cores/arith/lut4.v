// A row of look-up tables of four inputs, all with the same table.
// INIT is the truth table, bit {d,c,b,a}.
module hwgen_lut4 #(
    parameter WIDTH = 1,
    parameter [15:0] INIT = 16'h0000
) (
    input  [WIDTH-1:0] a,
    input  [WIDTH-1:0] b,
    input  [WIDTH-1:0] c,
    input  [WIDTH-1:0] d,
    output [WIDTH-1:0] z
);
    genvar i;
    generate
        for (i = 0; i < WIDTH; i = i + 1) begin : row
`ifdef SYNTHESIS
            LUT4 #(.INIT(INIT)) cell_ (.A(a[i]), .B(b[i]), .C(c[i]), .D(d[i]), .Z(z[i]));
`else
            assign z[i] = INIT[{d[i], c[i], b[i], a[i]}];
`endif
        end
    endgenerate
endmodule
