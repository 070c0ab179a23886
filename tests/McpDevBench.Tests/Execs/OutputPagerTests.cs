using System.Text;
using McpDevBench.Execs;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Execs;

/// <summary>What clients read of a log: pages, lines, head and tail.</summary>
public sealed class OutputPagerTests : IDisposable
{
    private const long Limit = 1 << 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pages_together_are_the_whole()
    {
        using var log = Open();
        var expected = Fill(log, pieces: 300, length: 777);
        var text = new StringBuilder();
        var after = -1L;
        while (OutputPager.Page(log, Request() with { AfterSeq = after, MaxBytes = 5000 }) is { Messages.Count: > 0 } page)
        {
            Assert.InRange(page.Messages.Sum(message => message.Data.Length), 1, 5000);
            text.AppendJoin("", page.Messages.Select(message => message.Data));
            after = page.NextSeq;
            Assert.Equal(expected.Length - text.Length, page.Remaining);
        }
        Assert.Equal(expected, text.ToString());
    }

    [Fact]
    public void Pieces_of_one_stream_that_follow_each_other_are_one_message()
    {
        using var log = Open();
        foreach (var (stream, piece) in ((byte, string)[])[(1, "a"), (1, "b"), (2, "c"), (1, "d"), (1, "e")])
            log.Append(stream, 0, Encoding.ASCII.GetBytes(piece));
        var page = OutputPager.Page(log, Request());
        Assert.Equal(
            ["0 stdout ab", "2 stderr c", "3 stdout de"],
            page.Messages.Select(message => $"{message.Seq} {message.Stream} {message.Data}"));
        Assert.Equal(4, page.NextSeq);
        var pieces = OutputPager.Page(log, Request() with { Separate = true }).Messages;
        Assert.Equal([0, 1, 2, 3, 4], pieces.Select(message => (int)message.Seq));
    }

    [Fact]
    public void A_page_counts_characters_that_are_escaped_as_what_they_are_in_the_answer()
    {
        using var log = Open();
        for (var i = 0; i < 100; i++)
            log.Append(1, 0, new byte[1000]);
        Assert.Equal(10_000, OutputPager.Page(log, Request() with { MaxBytes = 60_000 }).Messages.Sum(message => message.Data.Length));
        var summary = OutputPager.HeadAndTail(log, 6000);
        Assert.InRange(JsonSize.Charge(summary.Stdout), 1000, (6000 / 4 * 5) + 200);
    }

    [Fact]
    public void What_was_dropped_is_told_in_the_page_that_misses_it_and_in_no_other()
    {
        using var log = Open();
        for (var i = 0; i < 1000; i++)
            log.Append(1, i, new byte[4096]);
        var (dropped, bytes, after) = (new List<long>(), 0L, -1L);
        while (OutputPager.Page(log, Request() with { AfterSeq = after, MaxBytes = 16_384, Base64 = true }) is { Messages.Count: > 0 } page)
        {
            if (page.Dropped > 0)
                dropped.Add(page.Dropped);
            bytes += page.Messages.Sum(message => Convert.FromBase64String(message.Data).Length);
            after = page.NextSeq;
            Assert.Equal((1000 * 4096) - bytes - log.DroppedBytes, page.Remaining);
        }
        Assert.Equal([log.DroppedBytes], dropped);
    }

    [Fact]
    public void Tail_and_grep_give_lines()
    {
        using var log = Open();
        log.Append(1, 0, "one\ntwo\nthr"u8);
        log.Append(2, 0, "error: bad\n"u8);
        log.Append(1, 0, "ee\nfour"u8);
        Assert.Equal("three\nfour", Lines(log, Request() with { TailLines = 2, Stream = "stdout" }));
        Assert.Equal("error: bad\n", Lines(log, Request() with { Grep = "^err" }));
        Assert.Throws<RequestException>(() => Lines(log, Request() with { Grep = "(" }));
    }

    [Fact]
    public void A_line_that_began_before_after_seq_is_matched_and_shown_whole_once()
    {
        using var log = Open();
        log.Append(1, 0, "listen"u8);
        var request = Request() with { Grep = "^listening on" };
        Assert.Equal("", Lines(log, request, ended: false));
        log.Append(2, 0, "warning\n"u8);
        log.Append(1, 0, "ing on 80\n"u8);
        Assert.Equal("listening on 80\n", Lines(log, request with { AfterSeq = 0 }, ended: false));
        Assert.Equal("", Lines(log, request with { AfterSeq = 2 }, ended: false));
    }

    [Fact]
    public void A_prompt_matches_before_its_line_ends()
    {
        using var log = Open();
        log.Append(1, 0, "hello\n>>> "u8);
        var scanner = new LineScanner(Request() with { Grep = ">>> $", Until = PollUntil.Match });
        scanner.Advance(log);
        Assert.True(scanner.HasMatch);
        Assert.Equal(">>> ", Assert.Single(scanner.ToSlice(log, ended: false).Messages).Data);
    }

    [Theory]
    [InlineData("hello\n\r(gdb) ", @"^\(gdb\) $", "\r(gdb) ")]
    [InlineData(" 50 %\r100 %\r\n", "^100 %$", " 50 %\r100 %\r\n")]
    [InlineData(" 50 %\r100 %\r\n", "^ 50 %\r100 %$", " 50 %\r100 %\r\n")]
    public void A_line_is_matched_from_its_last_carriage_return_on_too(string output, string pattern, string line)
    {
        using var log = Open();
        log.Append(1, 0, Encoding.ASCII.GetBytes(output));
        var scanner = new LineScanner(Request() with { Grep = pattern, Until = PollUntil.Match });
        scanner.Advance(log);
        Assert.True(scanner.HasMatch);
        Assert.Equal(line, Assert.Single(scanner.ToSlice(log, ended: false).Messages).Data);
    }

    [Fact]
    public void Matches_that_do_not_fit_are_read_on_after_next_seq()
    {
        using var log = Open();
        for (var i = 0; i < 1000; i++)
            log.Append(1, i, Encoding.ASCII.GetBytes(i % 2 == 0 ? $"match {i:D4}\n" : "other\n"));
        var (all, after, rounds) = (new StringBuilder(), -1L, 0);
        while (after < log.NextSeq - 1)
        {
            var scanner = new LineScanner(Request() with { Grep = "^match", MaxBytes = 1000, AfterSeq = after });
            scanner.Advance(log);
            var slice = scanner.ToSlice(log, ended: true);
            all.AppendJoin("", slice.Messages.Select(message => message.Data));
            Assert.Equal(slice.NextSeq < log.NextSeq - 1, slice.Remaining > 0);
            (after, rounds) = (slice.NextSeq, rounds + 1);
        }
        Assert.Equal(string.Concat(Enumerable.Range(0, 500).Select(i => $"match {i * 2:D4}\n")), all.ToString());
        Assert.InRange(rounds, 5, 7);
    }

    [Theory]
    [InlineData("^err", -1, "error: bad\n", 3)]
    [InlineData("^nothing", -1, "", 4)]
    [InlineData("^nothing", 1, "", 2)]
    [InlineData("", -1, "one\ntwo\nerror: bad\nunfinished", 0)]
    public void Lines_that_grep_does_not_match_are_counted(string pattern, int after, string matched, int unmatched)
    {
        using var log = Open();
        foreach (var line in new[] { "one\n", "two\n", "error: bad\n", "unfinished" })
            log.Append(1, 0, Encoding.ASCII.GetBytes(line));
        var scanner = new LineScanner(Request() with { Grep = pattern, AfterSeq = after });
        scanner.Advance(log);
        var slice = scanner.ToSlice(log, ended: true);
        Assert.Equal((matched, unmatched), (string.Concat(slice.Messages.Select(message => message.Data)), (int)slice.Unmatched));
        var note = OutputOptions.Unmatched(slice, after);
        Assert.Equal(
            unmatched > 0, note?.Contains($"left out: read them with after_seq={after} without grep.", StringComparison.Ordinal) == true);
        Assert.Equal(matched.Length == 0, note?.StartsWith($"No line matched grep; {unmatched} lines ", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Lines_of_a_tail_that_do_not_fit_are_counted()
    {
        using var log = Open();
        for (var i = 0; i < 100; i++)
            log.Append(1, i, Encoding.ASCII.GetBytes($"line {i:D4}\n"));
        var scanner = new LineScanner(Request() with { TailLines = 20, MaxBytes = 100 });
        scanner.Advance(log);
        var slice = scanner.ToSlice(log, ended: true);
        Assert.Equal(100, slice.Messages.Sum(message => message.Data.Length));
        Assert.Equal(10 * 10, slice.Skipped);
    }

    [Fact]
    public void A_long_output_is_shown_by_its_beginning_and_its_end()
    {
        using var log = Open();
        for (var i = 0; i < 500; i++)
            log.Append(1, i, Encoding.ASCII.GetBytes($"line {i:D5}\n"));
        log.Append(2, 0, "warning"u8);
        var (stdout, stderr, nextSeq, omitted, headSeq) = OutputPager.HeadAndTail(log, 1000);
        Assert.StartsWith("line 00000", stdout, StringComparison.Ordinal);
        Assert.EndsWith("line 00499\n", stdout, StringComparison.Ordinal);
        Assert.Contains($"{omitted} bytes left out", stdout, StringComparison.Ordinal);
        Assert.Equal("warning", stderr);
        Assert.Equal(500, nextSeq);
        Assert.Equal((500 * 11) + 7 - 1000, omitted);
        // The next piece is the first that is not whole there.
        Assert.Contains($"line {headSeq:D5}\n", stdout, StringComparison.Ordinal);
        Assert.DoesNotContain($"line {headSeq + 1:D5}\n", stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_dropped_from_the_log_counts_as_left_out_in_the_text_too()
    {
        using var log = Open();
        for (var i = 0; i < 1000; i++)
            log.Append(1, i, Enumerable.Repeat((byte)'x', 4096).ToArray());
        var (stdout, _, _, omitted, _) = OutputPager.HeadAndTail(log, 100);
        Assert.Equal((1000 * 4096) - 100, omitted);
        Assert.Contains($"{omitted} bytes left out", stdout, StringComparison.Ordinal);
    }

    private static string Lines(OutputLog log, PollRequest request, bool ended = true)
    {
        var scanner = new LineScanner(request);
        scanner.Advance(log);
        return string.Concat(scanner.ToSlice(log, ended).Messages.Select(message => message.Data));
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
}
