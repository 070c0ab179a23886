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
            }
            return rounds;
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 2000; i++)
            log.Append(1, i, Enumerable.Repeat((byte)i, 4000).ToArray());
        await stop.CancelAsync();
        Assert.True(await reading > 0);
    }

    [Fact]
    public void A_character_that_two_pieces_share_is_shown_whole()
    {
        using var log = Open();
        var euro = Encoding.UTF8.GetBytes("€");
        log.Append(1, 0, [.. "a"u8, .. euro[..1]]);
        var held = OutputPager.Page(log, Request(), growing: true);
        Assert.Empty(held.Messages);
        log.Append(2, 0, "err"u8);
        log.Append(1, 0, [.. euro[1..], .. "b"u8]);
        var (messages, nextSeq, _) = OutputPager.Page(log, Request(), growing: true);
        Assert.Equal(["a€", "err", "b"], messages.Select(message => message.Data));
        Assert.Equal(2, nextSeq);
        Assert.Equal(["b"], OutputPager.Page(log, Request() with { AfterSeq = 1 }, growing: true).Messages.Select(message => message.Data));
    }

    [Fact]
    public void Half_a_character_at_the_end_of_a_finished_command_is_shown_as_replacement()
    {
        using var log = Open();
        log.Append(1, 0, [(byte)'a', 0xE2]);
        Assert.Equal("a\uFFFD", Assert.Single(OutputPager.Page(log, Request(), growing: false).Messages).Data);
    }

    [Fact]
    public void Pages_together_are_the_whole()
    {
        using var log = Open();
        var expected = Fill(log, pieces: 300, length: 777);
        var text = new StringBuilder();
        var after = -1L;
        while (OutputPager.Page(log, Request() with { AfterSeq = after, MaxBytes = 5000 }, growing: false) is { Messages.Count: > 0 } page)
        {
            Assert.InRange(page.Messages.Sum(message => message.Data.Length), 1, 5000);
            page.Messages.ForEach(message => text.Append(message.Data));
            after = page.NextSeq;
            Assert.Equal(expected.Length - text.Length, page.Remaining);
        }
        Assert.Equal(expected, text.ToString());
    }

    [Fact]
    public void Tail_and_grep_give_lines()
    {
        using var log = Open();
        log.Append(1, 0, "one\ntwo\nthr"u8);
        log.Append(2, 0, "error: bad\n"u8);
        log.Append(1, 0, "ee\nfour"u8);
        Assert.Equal(["three\n", "four"], OutputPager.Page(log, Request() with { TailLines = 2, Stream = "stdout" }, growing: false).Messages.Select(message => message.Data));
        Assert.Equal(["error: bad\n"], OutputPager.Page(log, Request() with { Grep = "^err" }, growing: false).Messages.Select(message => message.Data));
        Assert.Throws<RefusalException>(() => OutputPager.Page(log, Request() with { Grep = "(" }, growing: false));
    }

    [Fact]
    public void A_long_output_is_shown_by_its_beginning_and_its_end()
    {
        using var log = Open();
        for (var i = 0; i < 500; i++)
            log.Append(1, i, Encoding.ASCII.GetBytes($"line {i:D5}\n"));
        log.Append(2, 0, "warning"u8);
        var (stdout, stderr, nextSeq, omitted) = OutputPager.HeadAndTail(log, 1000);
        Assert.StartsWith("line 00000", stdout, StringComparison.Ordinal);
        Assert.EndsWith("line 00499\n", stdout, StringComparison.Ordinal);
        Assert.Contains($"{omitted} bytes left out", stdout, StringComparison.Ordinal);
        Assert.Equal("warning", stderr);
        Assert.Equal(500, nextSeq);
        Assert.Equal((500 * 11) + 7 - 1000, omitted);
    }

    [Fact]
    public void What_was_dropped_from_the_log_counts_as_left_out_in_the_text_too()
    {
        using var log = Open();
        for (var i = 0; i < 1000; i++)
            log.Append(1, i, new byte[4096]);
        var (stdout, _, _, omitted) = OutputPager.HeadAndTail(log, 100);
        Assert.Equal((1000 * 4096) - 100, omitted);
        Assert.Contains($"{omitted} bytes left out", stdout, StringComparison.Ordinal);
    }

    private static PollRequest Request() => new() { ExecId = "", MaxBytes = 1 << 20 };

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
