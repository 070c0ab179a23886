using McpDevBench.AgentProtocol;
using McpDevBench.Files;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Files;

/// <summary>What a batch reads fits the answer, and each read reports where the rest is.</summary>
public sealed class BatchTextTests
{
    [Fact]
    public void All_reads_of_a_batch_together_stay_within_the_bound()
    {
        var results = Read([.. Enumerable.Repeat((byte)'x', 10_000)], [.. Enumerable.Repeat((byte)'y', 100_000)], "z"u8.ToArray());
        Assert.Equal([10_000, 6_384, 0], results.Select(result => result.Content!.Length));
        Assert.Equal(
            [null, new(93_616, "Read on with fs_read and offset=6384"), new TruncatedResult(1, "Read it with fs_read")],
            results.Select(result => result.Truncated));
        Assert.EndsWith("y\n[93616 bytes left out: Read on with fs_read and offset=6384]", results[1].Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_splits_no_character_and_base64_counts_as_it_is_shown()
    {
        var text = Read([.. Enumerable.Repeat("é"u8.ToArray(), 10_000).Prepend("x"u8.ToArray()).SelectMany(bytes => bytes)])[0];
        Assert.Equal(("utf8", 8_192, 20_001 - 16_383L), (text.Encoding, text.Content!.Length, text.Truncated!.Bytes));
        var binary = Read([.. Enumerable.Repeat((byte)0xFF, 100_000)])[0];
        Assert.Equal(("base64", FileReading.DefaultBytes), (binary.Encoding, binary.Content!.Length));
        Assert.Equal("Read on with fs_read and offset=12288", binary.Truncated!.Hint);
        var begun = BatchText.Of("grün"u8[..3], 5, 100);
        Assert.Equal(("gr", "utf8", 3), (begun.Content, begun.Encoding, begun.LeftOut));
    }

    private static List<BatchResult> Read(params byte[][] files)
    {
        List<BatchOperation> operations = [.. files.Select(_ => new BatchOperation { Op = "read", Path = "f" })];
        var response = new BatchResponse(-1, AgentStatus.Ok, "", [.. files.Select(content => new BatchStepResult(null, content, 0))]);
        return [.. FileBatches.Outcomes(operations, response).Select(BatchResult.Of)];
    }
}
