// "!" of a vector, as a reduction: linters expect one bit behind "!".
(* techmap_celltype = "$logic_not" *)
module hwgen_logic_not (A, Y);
    parameter A_SIGNED = 0;
    parameter A_WIDTH = 1;
    parameter Y_WIDTH = 1;
    input [A_WIDTH-1:0] A;
    output [Y_WIDTH-1:0] Y;
    wire _TECHMAP_FAIL_ = A_WIDTH == 1;
    assign Y = ~|A;
endmodule
