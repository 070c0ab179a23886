using System.Text;
using McpDevBench.Execs;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Execs;

/// <summary>A line is one line, however long it is: whole where it fits, otherwise cut with true numbers.</summary>
public sealed class LongLineTests : IDisposable
{
    private const int Max = 262_144;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(128_914)]
    [InlineData(Max - 1)]
    public void The_last_line_is_whole_up_to_max_bytes(int length)
    {
        using var log = Open();
        Write(log, $"first\n{new string('x', length)}\n");
        var slice = Slice(log, Request() with { TailLines = 1 });
        Assert.Equal(new string('x', length) + "\n", Assert.Single(slice.Messages).Data);
        Assert.Null(OutputOptions.LeftOut(new OutputPage(null!, slice, Complete: true)));
    }

    [Theory]
    [InlineData(100_000, 16_384)]
    [InlineData(300_000, Max)]
    [InlineData(5_000_000, Max)]
    public void A_longer_one_is_cut_with_true_numbers_and_a_place_to_read_it_from(int length, int maxBytes)
    {
        using var log = Open();
        var line = string.Concat(Enumerable.Range(0, length / 10).Select(i => $"{i:D9},")) + "\n";
        Write(log, "first\n" + line);
        var slice = Slice(log, Request() with { TailLines = 1, MaxBytes = maxBytes });
        var shown = Assert.Single(slice.Messages).Data;
        Assert.EndsWith(shown[1..], line, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(shown), maxBytes - 8, maxBytes);
        var left = OutputOptions.LeftOut(new OutputPage(null!, slice, Complete: true))!;
        Assert.Equal(line.Length - (shown.Length - 1), left.Bytes);
        Assert.Equal(line, ReadAll(log, slice.Cut!.Before.ToNumber()));
    }

    [Theory]
    [InlineData("^a+b{20}c+$", 1, 0)]
    [InlineData("^b{20}", 0, 2)]
    [InlineData("b{20}c$", 0, 2)]
    public void Grep_sees_a_line_whole(string pattern, int matched, int unmatched)
    {
        using var log = Open();
        Write(log, $"{new string('a', 65_000)}{new string('b', 20)}{new string('c', 65_000)}\n");
        if (matched == 0)
            Write(log, "other\n");
        var slice = Slice(log, Request() with { Grep = pattern });
        Assert.Equal((matched, unmatched), (slice.Messages.Count, (int)slice.Unmatched));
    }

    [Theory]
    [InlineData("^start", true)]
    [InlineData("middle", true)]
    [InlineData("end$", true)]
    [InlineData("^y", false)]
    [InlineData("z$", false)]
    [InlineData("start.*end", false)]
    public void A_line_beyond_the_bound_is_matched_in_pieces_and_counts_once(string pattern, bool matches)
    {
        using var log = Open();
        var (y, z) = (new string('y', 900_000), new string('z', 900_000));
        var line = $"start{y}middle{z}end\n";
        Write(log, $"first\n{line}last\n");
        var slice = Slice(log, Request() with { Grep = pattern, MaxBytes = 1000 });
        Assert.Equal((matches, matches ? 2 : 3), (slice.Messages.Count == 1, (int)slice.Unmatched));
        if (matches)
        {
            var shown = slice.Messages[0].Data;
            Assert.Contains(pattern.Trim('^', '$'), shown, StringComparison.Ordinal);
            Assert.Equal(line.Length - shown.Replace("…", "", StringComparison.Ordinal).Length, slice.Cut!.Bytes);
            Assert.StartsWith(line, ReadAll(log, slice.Cut.Before.ToNumber()), StringComparison.Ordinal);
        }
        Assert.Equal(pattern == "^start" ? 0 : 1, slice.InPieces);
    }

    [Fact]
    public void A_long_match_behind_another_counts_with_all_its_bytes_and_comes_whole()
    {
        using var log = Open();
        var line = $"match {new string('x', 100_000)}\n";
        Write(log, "match\n" + line);
        var first = Slice(log, Request() with { Grep = "^match", MaxBytes = 110_000 - 9_999 });
        Assert.Equal(("match\n", line.Length), (Assert.Single(first.Messages).Data, first.Remaining));
        var second = Slice(log, Request() with { Grep = "^match", AfterSeq = first.NextSeq });
        Assert.Equal(line, Assert.Single(second.Messages).Data);
    }

    [Theory]
    [InlineData(@"\r$", true)]
    [InlineData(@"^\d\r$", true)]
    [InlineData(@"1$", true)]
    [InlineData(@"2\r$", false)]
    public void A_carriage_return_at_the_end_can_be_asked_for(string pattern, bool matches)
    {
        using var log = Open();
        Write(log, "1\r\n");
        Assert.Equal(matches, Slice(log, Request() with { Grep = pattern }).Messages.Count == 1);
    }

    private static PollRequest Request() => new() { ExecId = "", MaxBytes = Max };

    private OutputLog Open() => new(_folder["log"], 64 << 20);

    private static void Write(OutputLog log, string text) => log.Append(1, 0, Encoding.UTF8.GetBytes(text));

    private static string ReadAll(OutputLog log, long after)
    {
        var text = new StringBuilder();
        while (OutputPager.Page(log, Request() with { AfterSeq = after }) is { Messages.Count: > 0 } page)
        {
            text.AppendJoin("", page.Messages.Select(message => message.Data));
            after = page.NextSeq;
        }
        return text.ToString();
    }

    private static OutputSlice Slice(OutputLog log, PollRequest request)
    {
        var scanner = new LineScanner(request);
        scanner.Advance(log);
        return scanner.ToSlice(log, ended: true);
    }
}
