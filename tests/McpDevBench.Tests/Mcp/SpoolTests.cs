using McpDevBench.Mcp;

namespace McpDevBench.Tests.Mcp;

/// <summary>Large bodies that wait until they are complete, and answers that wait for their clients.</summary>
public sealed class SpoolTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private bool _isLow;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_body_waits_in_a_file_without_a_name_and_comes_back_whole()
    {
        var body = Bytes(300_000);
        Assert.Equal(body, await ReadAsync(Bodies(), body));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_body_leaves_the_disk_s_reserve_alone_and_the_error_says_what_to_do()
    {
        _isLow = true;
        AssertNoRoom(await Assert.ThrowsAsync<RequestException>(() => ReadAsync(Bodies(), Bytes(300_000))));
        // One that arrives when the disk has room again is read.
        _isLow = false;
        Assert.Equal(300_000, (await ReadAsync(Bodies(), Bytes(300_000))).Length);
    }

    [Fact]
    public async Task A_body_for_which_no_file_can_be_made_is_refused_in_the_same_words() => AssertNoRoom(
        await Assert.ThrowsAsync<RequestException>(() => ReadAsync(new BodySpool(_folder["gone"], () => false), Bytes(300_000))));

    [Fact]
    public async Task An_answer_comes_back_in_order_and_gives_its_room_back()
    {
        var spool = Answers();
        var answer = Bytes(100_000);
        for (var i = 0; i < 600; i++)
        {
            using var file = spool.TryCreate();
            Assert.NotNull(file);
            Assert.True(file.TryAppend(answer.AsSpan(0, 40_000)));
            Assert.True(file.TryAppend(answer.AsSpan(40_000)));
            var read = new byte[answer.Length];
            var length = 0;
            while (await file.ReadAsync(read.AsMemory(length), TestContext.Current.CancellationToken) is > 0 and var count)
                length += count;
            Assert.Equal(answer, read);
            // What is appended later follows.
            Assert.True(file.TryAppend("more"u8));
            Assert.Equal(4, await file.ReadAsync(read, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void Without_room_an_answer_stays_where_it_is()
    {
        var spool = Answers();
        using var file = spool.TryCreate();
        _isLow = true;
        Assert.False(file!.TryAppend("x"u8));
        Assert.Null(spool.TryCreate());
        Assert.Null(new AnswerSpool(_folder["gone"], () => false).TryCreate());
    }

    [Fact]
    public void Answers_in_files_are_bounded_in_number()
    {
        var spool = Answers();
        var files = new List<AnswerSpool.SpooledAnswer>();
        while (files.Count <= 256 && spool.TryCreate() is { } file)
            files.Add(file);
        Assert.Equal(256, files.Count);
        files[0].Dispose();
        files[0].Dispose();
        files.Add(spool.TryCreate()!);
        Assert.Null(spool.TryCreate());
        files.ForEach(file => file.Dispose());
    }

    private static void AssertNoRoom(RequestException error)
    {
        Assert.Equal(ErrorCode.ResourceExhausted, error.Code);
        Assert.True(error.Retryable);
        Assert.Contains("no room on its disk", error.Message, StringComparison.Ordinal);
        Assert.Contains("64 KiB", error.Hint, StringComparison.Ordinal);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> ReadAsync(BodySpool spool, byte[] body)
    {
        using var memory = CallMemory.Begin(new CallBudgets(TimeProvider.System));
        return await spool.ReadAsync(body[..1000], new MemoryStream(body[1000..]), memory, TestContext.Current.CancellationToken);
    }

    private BodySpool Bodies() => new(_folder.Path, () => _isLow);

    private AnswerSpool Answers() => new(_folder.Path, () => _isLow);
}
