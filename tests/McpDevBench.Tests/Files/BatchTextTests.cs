using McpDevBench.AgentProtocol;
using McpDevBench.Files;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Files;

/// <summary>What a batch reads fits the answer, and each read reports where the rest is.</summary>
public sealed class BatchTextTests
{
    [Fact]
    public async Task All_reads_of_a_batch_together_stay_within_the_bound()
    {
        var results = await Read([.. Enumerable.Repeat((byte)'x', 10_000)], [.. Enumerable.Repeat((byte)'y', 100_000)], "z"u8.ToArray());
        Assert.Equal([10_000, 6_384, 0], results.Select(result => result.Content!.Length));
        Assert.Equal(
            [null, new(93_616, "Read on with fs_read and offset=6384"), new TruncatedResult(1, "Read it with fs_read")],
            results.Select(result => result.Truncated));
        Assert.EndsWith("y\n[93616 bytes left out: Read on with fs_read and offset=6384]", results[1].Render(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_splits_no_character_and_base64_counts_as_it_is_shown()
    {
        var text = (await Read([.. Enumerable.Repeat("é"u8.ToArray(), 10_000).Prepend("x"u8.ToArray()).SelectMany(bytes => bytes)]))[0];
        Assert.Equal(("utf8", 8_192, 20_001 - 16_383L), (text.Encoding, text.Content!.Length, text.Truncated!.Bytes));
        var binary = (await Read([.. Enumerable.Repeat((byte)0, 100_000)]))[0];
        Assert.Equal(("base64", FileReading.DefaultBytes), (binary.Encoding, binary.Content!.Length));
        Assert.Equal("Read on with fs_read and offset=12288", binary.Truncated!.Hint);
        var begun = await BatchText.OfAsync("grün"u8[..3].ToArray(), Entry(5), 100, TestContext.Current.CancellationToken);
        Assert.Equal(("gr", "utf8", 3), (begun.Content, begun.Encoding, begun.LeftOut));
    }

    [Fact]
    public async Task A_read_has_the_forms_of_fs_read()
    {
        var results = await Read(
            [.. "Gr"u8, 0xFC, 0xDF, (byte)'e'], [0x93, (byte)'x', 0x94], [0xFF, 0xFE, .. "h\0i\0"u8], SampleImages.Png(), [0, 1]);
        Assert.Equal(
            [("Grüße", "latin1"), ("“x”", "windows-1252"), ("hi", "utf16le"), ("", "image"), ("AAE=", "base64")],
            results.Select(result => (result.Content, result.Encoding)));
        Assert.Equal(new TruncatedResult(SampleImages.Png().Length, "An image (image/png): fs_read shows it"), results[3].Truncated);
        Assert.All([0, 1, 2, 4], i => Assert.Null(results[i].Truncated));
    }

    [Fact]
    public async Task A_copied_directory_has_the_bytes_and_the_entries_of_what_was_copied()
    {
        var directory = Stat(4096) with { Kind = FileKind.Directory };
        var results = await Outcomes(
            (new() { Op = "copy", Path = "src", Target = "to" }, new(directory, [], 0) { Entries = 3, Bytes = 1_234 }),
            (new() { Op = "mkdir", Path = "made" }, new(directory, [], 0)),
            (new() { Op = "copy", Path = "f", Target = "g" }, new(Stat(7), [], 0) { Entries = 1, Bytes = 7 }));
        Assert.Equal([(1_234L, 3L), (null, null), (7L, null)], results.Select(result => (result.Size, result.Entries)));
        Assert.StartsWith(
            "copy /workspace/src -> /workspace/to, 3 entries, 1234 bytes, etag", results[0].Render(), StringComparison.Ordinal);
        Assert.StartsWith("mkdir /workspace/made, etag", results[1].Render(), StringComparison.Ordinal);
    }

    private static FileStat Stat(long size) => new([0x66], FileKind.File, size, 0, 0, 0, 0, 0, []);

    private static FileEntry Entry(long size) => FileEntries.Of(Stat(size));

    private static Task<List<BatchResult>> Read(params byte[][] files) => Outcomes(
    [
        .. files.Select(content => (
            new BatchOperation { Op = "read", Path = "f" }, new BatchStepResult(Stat(content.Length), content, 0))),
    ]);

    private static async Task<List<BatchResult>> Outcomes(params (BatchOperation Operation, BatchStepResult Result)[] steps)
    {
        var response = new BatchResponse(-1, AgentStatus.Ok, "", [.. steps.Select(step => step.Result)]);
        var outcomes = await FileBatches.OutcomesAsync(
            [.. steps.Select(step => step.Operation)], response, TestContext.Current.CancellationToken);
        return [.. outcomes.Select(BatchResult.Of)];
    }
}
