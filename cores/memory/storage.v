// Words of a simulated memory channel. Unlike a memory of Amaranth it has no contents at first,
// which would be a line of Verilog a word.
module hwgen_storage #(
    parameter WIDTH = 64,
    parameter ADDRESS_BITS = 10
) (
    input clk,
    input write,
    input [ADDRESS_BITS-1:0] write_address,
    input [WIDTH-1:0] write_data,
    input read,
    input [ADDRESS_BITS-1:0] read_address,
    output reg [WIDTH-1:0] read_data
);
    reg [WIDTH-1:0] words [0:(1<<ADDRESS_BITS)-1];
    always @(posedge clk) begin
        if (write) words[write_address] <= write_data;
        if (read) read_data <= words[read_address];
    end
endmodule
