using System.Text;
using McpDevBench.Execs;

namespace McpDevBench.Tests.Execs;

public sealed class OutputLogTests : IDisposable
{
    private const long Limit = 1 << 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_appended_is_read_in_order_and_without_gap()
    {
        using var log = Open();
        var expected = Fill(log, pieces: 200, length: 300);
        Assert.Equal(expected, ReadAll(log));
        Assert.Equal(0, log.DroppedBytes);
        var seqs = new List<long>();
        log.Read(-1, (in OutputRecord record, ReadOnlySpan<byte> _) =>
        {
            seqs.Add(record.Seq);
            return true;
        });
        Assert.Equal(Enumerable.Range(0, seqs.Count).Select(seq => (long)seq), seqs);
    }

    [Fact]
    public void Reading_goes_on_after_any_number()
    {
        using var log = Open();
        Fill(log, pieces: 1000, length: 500);
        for (var after = -1L; after < 1000; after += 37)
        {
            var first = -1L;
            log.Read(after, (in OutputRecord record, ReadOnlySpan<byte> _) =>
            {
                first = record.Seq;
                return false;
            });
            Assert.Equal(after + 1 < 1000 ? after + 1 : -1, first);
        }
    }

    [Fact]
    public void Beyond_the_limit_the_middle_goes_and_is_counted()
    {
        using var log = Open();
        for (var i = 0; i < 1000; i++)
            log.Append(1, i, Encoding.ASCII.GetBytes($"{i:D8}".PadRight(8192, '.')));
        Assert.True(log.DroppedBytes > 0);
        var text = ReadAll(log);
        Assert.StartsWith("00000000", text, StringComparison.Ordinal);
        Assert.Contains("00000999", text, StringComparison.Ordinal);
        Assert.Equal(1000L * 8192, text.Length + log.DroppedBytes);
        Assert.InRange(Directory.GetFiles(_folder["log"]).Sum(file => new FileInfo(file).Length), 1, Limit + (64 << 10));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(36)]
    [InlineData(38)]
    [InlineData(300)]
    public void A_log_that_was_cut_goes_on_from_its_last_whole_piece(int cut)
    {
        using (var log = Open())
            Fill(log, pieces: 50, length: 200);
        var file = Directory.GetFiles(_folder["log"]).Max()!;
        using (var stream = File.OpenWrite(file))
            stream.SetLength(stream.Length - cut);
        using var again = Open();
        var lost = 50 - again.NextSeq;
        Assert.Equal((cut + 236) / 237, lost);
        Assert.Equal(again.NextSeq * 200, again.EndOffset);
        again.Append(2, 1, "more"u8);
        Assert.EndsWith("more", ReadAll(again), StringComparison.Ordinal);
        using var third = Open();
        Assert.Equal(again.EndOffset, third.EndOffset);
        Assert.Equal(again.StdoutBytes, third.StdoutBytes);
        Assert.Equal(ReadAll(again), ReadAll(third));
    }

    [Fact]
    public void The_sums_survive_dropping_and_reopening()
    {
        using (var log = Open())
        {
            for (var i = 0; i < 600; i++)
                log.Append((byte)(1 + (i % 2)), i, new byte[i % 2 == 0 ? 4000 : 1000]);
        }
        using var again = Open();
        Assert.Equal(300 * 4000, again.StdoutBytes);
        Assert.Equal(300 * 1000, again.StderrBytes);
    }

    [Fact]
    public async Task Readers_see_whole_pieces_while_one_appends_and_the_middle_is_dropped()
    {
        using var log = Open();
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = Task.Run(() =>
        {
            var rounds = 0;
            while (!stop.IsCancellationRequested)
            {
                var last = -1L;
                log.Read(-1, (in OutputRecord record, ReadOnlySpan<byte> content) =>
                {
                    Assert.True(record.Seq > last);
                    last = record.Seq;
                    Assert.True(content.IndexOfAnyExcept((byte)record.Seq) < 0);
                    return true;
                });
                rounds++;
                begun.TrySetResult();
            }
            return rounds;
        }, TestContext.Current.CancellationToken);
        // On a busy machine everything could be appended before the reader's first round.
        await begun.Task.WaitAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < 2000; i++)
            log.Append(1, i, Enumerable.Repeat((byte)i, 4000).ToArray());
        await stop.CancelAsync();
        Assert.True(await reading > 0);
    }

    private OutputLog Open() => new(_folder["log"], Limit);

    private static string Fill(OutputLog log, int pieces, int length)
    {
        var all = new StringBuilder();
        for (var i = 0; i < pieces; i++)
        {
            var piece = $"{i}:".PadRight(length, (char)('a' + (i % 26)));
            all.Append(piece);
            log.Append((byte)(1 + (i % 2)), i, Encoding.ASCII.GetBytes(piece));
        }
        return all.ToString();
    }

    private static string ReadAll(OutputLog log)
    {
        var all = new StringBuilder();
        log.Read(-1, (in OutputRecord _, ReadOnlySpan<byte> content) =>
        {
            all.Append(Encoding.ASCII.GetString(content));
            return true;
        });
        return all.ToString();
    }
}
