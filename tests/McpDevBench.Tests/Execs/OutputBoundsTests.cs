using System.Text;
using System.Text.RegularExpressions;
using McpDevBench.Execs;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Execs;

/// <summary>An answer has no more output than was asked for, and reading on gives every byte once.</summary>
public sealed class OutputBoundsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int, int, bool> Reads()
    {
        var reads = new TheoryData<int, int, bool>();
        foreach (var maxBytes in new[] { 1, 6, 37, 500, 4096, 9000 })
        {
            for (var seed = 0; seed < 4; seed++)
                reads.Add(maxBytes, seed, seed % 2 == 1);
        }
        return reads;
    }

    [Fact]
    public void One_large_piece_is_divided_inside_a_line()
    {
        using var log = Open();
        log.Append(1, 0, Encoding.ASCII.GetBytes(new string('x', 8000)));
        var page = OutputPager.Page(log, Request() with { MaxBytes = 500 });
        Assert.Equal(500, Assert.Single(page.Messages).Data.Length);
        Assert.Equal(7500, page.Remaining);
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public void Pages_of_any_size_are_the_whole_text(int maxBytes, int seed, bool stripAnsi)
    {
        using var log = Open();
        var streams = Fill(log, new Random(seed));
        var expected = streams.Select(Encoding.UTF8.GetString)
            .Select(text => stripAnsi ? new AnsiFilter().Apply(text) : text);
        var pages = ReadAll(log, Request() with { MaxBytes = maxBytes, StripAnsi = stripAnsi, Separate = seed == 0 });
        var messages = pages.SelectMany(page => page.Messages).ToLookup(message => message.Stream, message => message.Data);
        Assert.Equal(expected, ((string[])["stdout", "stderr"]).Select(stream => string.Concat(messages[stream])));
        // A single character may take up six bytes, and those that follow a damaged one come with it.
        Assert.All(pages, page => Assert.InRange(page.Messages.Sum(message => JsonSize.Charge(message.Data)), 0, Math.Max(maxBytes, 20)));
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public void Pages_of_any_size_are_all_bytes(int maxBytes, int seed, bool byStream)
    {
        using var log = Open();
        var streams = Fill(log, new Random(seed));
        var pages = ReadAll(log, Request() with { MaxBytes = maxBytes, Base64 = true, ByStream = byStream });
        foreach (var (stream, bytes) in ((string[])["stdout", "stderr"]).Zip(streams))
        {
            var read = pages.SelectMany(page => page.Messages).Where(message => message.Stream == stream);
            Assert.Equal(bytes, read.SelectMany(message => Convert.FromBase64String(message.Data)));
        }
        Assert.All(pages, page => Assert.InRange(page.Messages.Sum(message => message.Data.Length), 0, Math.Max(maxBytes, 4)));
    }

    public static TheoryData<string> Escapes =>
        ["\u0001", "\n", "\\", "\u007f", "\u0085", "\ufeff", "\u0001\u0001\u0001\u0001\u0001xxxxxx"];

    [Theory]
    [MemberData(nameof(Escapes))]
    public void The_beginning_and_end_of_an_output_are_bounded_as_JSON(string text)
    {
        foreach (var (edge, middle) in ((int, int)[])[(8000, 0), (900, 6000), (900, 200_000), (50_000, 50_000)])
        {
            using var folder = new TemporaryFolder();
            using var log = new OutputLog(folder["log"], 64 << 20);
            var part = string.Concat(Enumerable.Repeat(text, edge));
            var pieces = $"{part}{new string('x', middle)}{part}".Chunk(1000).Select(piece => Encoding.UTF8.GetBytes(piece)).ToList();
            for (var i = 0; i < pieces.Count; i++)
                log.Append(1, i, pieces[i]);
            log.Append(2, 0, Encoding.UTF8.GetBytes(part));
            var (stdout, stderr, _, omitted, headSeq) = OutputPager.HeadAndTail(log, 16_384);
            Assert.InRange(JsonSize.Of(stdout) + JsonSize.Of(stderr), 8_192, (16_384 / 4 * 5) + 200);
            var shown = Regex.Replace($"{stdout}{stderr}", "\n… [0-9,]+ bytes? left out …\n", "");
            Assert.Equal(pieces.Sum(piece => piece.Length) + Encoding.UTF8.GetByteCount(part), omitted + Encoding.UTF8.GetByteCount(shown));
            Assert.True(omitted == 0 || stdout.StartsWith(string.Concat(Enumerable.Repeat(text, 3)), StringComparison.Ordinal));
            Assert.True(omitted == 0 || headSeq < pieces.Count);
        }
    }

    [Fact]
    public void Text_goes_on_where_bytes_ended_within_a_character()
    {
        using var log = Open();
        log.Append(1, 0, Encoding.UTF8.GetBytes("ab€cd"));
        var first = OutputPager.Page(log, Request() with { MaxBytes = 4, Base64 = true });
        Assert.Equal("ab"u8.ToArray().Append((byte)0xE2), Convert.FromBase64String(Assert.Single(first.Messages).Data));
        Assert.Equal("€cd", Assert.Single(OutputPager.Page(log, Request() with { AfterSeq = first.NextSeq }).Messages).Data);
    }

    [Fact]
    public void Many_small_messages_count_with_what_each_of_them_adds()
    {
        using var log = Open();
        for (var i = 0; i < 10_000; i++)
            log.Append((byte)(1 + (i % 2)), i, "x"u8);
        Assert.InRange(OutputPager.Page(log, Request() with { MaxBytes = 16_384 }).Messages.Count, 2, 500);
        Assert.InRange(OutputPager.Page(log, Request() with { MaxBytes = 16_384, Separate = true }).Messages.Count, 2, 250);
        Assert.InRange(Slice(log, Request() with { MaxBytes = 16_384, TailLines = 10_000 }).Messages.Count, 1, 500);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(1000)]
    [InlineData(16_384)]
    public void Matching_lines_stay_within_the_bound_and_come_once(int maxBytes)
    {
        using var log = Open();
        var random = new Random(maxBytes);
        List<string> expected = [];
        var piece = new StringBuilder();
        for (var i = 0; i < 2000; i++)
        {
            var line = $"{(i % 3 == 0 ? "match" : "other")} {i:D4} {new string('ä', random.Next(60))}\n";
            if (i % 3 == 0)
                expected.Add(line);
            piece.Append(line);
            if (random.Next(20) == 0)
                AppendIn(log, piece, 1, i);
            if (i % 50 == 0)
                log.Append(2, i, "warning: "u8);
            if (i % 50 == 7)
                log.Append(2, i, "other\n"u8);
        }
        AppendIn(log, piece, 1, 0);
        var (read, after) = (new List<string>(), -1L);
        while (OutputPosition.Of(after).Seq < log.NextSeq - 1)
        {
            var slice = Slice(log, Request() with { Grep = "^match", MaxBytes = maxBytes, AfterSeq = after });
            var text = string.Concat(slice.Messages.Select(message => message.Data));
            Assert.InRange(JsonSize.Charge(text), 0, maxBytes);
            read.AddRange(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line + "\n"));
            Assert.NotEqual(after, slice.NextSeq);
            Assert.Null(slice.Cut);
            after = slice.NextSeq;
        }
        Assert.Equal(expected, read);
    }

    [Fact]
    public void A_matching_line_longer_than_the_answer_shows_its_match_and_where_to_read_it()
    {
        using var log = Open();
        var before = string.Concat(Enumerable.Repeat("ä", 9000));
        log.Append(1, 0, Encoding.UTF8.GetBytes($"first\n{before}needle{before}\nlast\n"));
        var slice = Slice(log, Request() with { Grep = "needle", MaxBytes = 500 });
        var shown = Assert.Single(slice.Messages).Data;
        Assert.Contains("needle", shown, StringComparison.Ordinal);
        Assert.InRange(JsonSize.Charge(shown), 400, 500);
        Assert.Equal(slice.Cut!.Bytes, (4 * 9000) + 7 - (JsonSize.Charge(shown) - (2 * 3)));
        var hint = OutputOptions.LeftOut(new OutputPage(null!, slice, Complete: false))!.Hint;
        Assert.Contains("without grep", hint, StringComparison.Ordinal);
        var whole = OutputPager.Page(log, Request() with { AfterSeq = slice.Cut.Before.ToNumber() });
        Assert.Equal($"{before}needle{before}\nlast\n", string.Concat(whole.Messages.Select(message => message.Data)));
        Assert.Empty(Slice(log, Request() with { Grep = "needle", AfterSeq = slice.NextSeq }).Messages);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("end$")]
    public void A_last_line_longer_than_the_answer_shows_its_end(string? grep)
    {
        using var log = Open();
        log.Append(1, 0, Encoding.ASCII.GetBytes($"first\n{new string('x', 30_000)} the end"));
        var slice = Slice(log, Request() with { Grep = grep, TailLines = 3, MaxBytes = 500 });
        var shown = Assert.Single(slice.Messages).Data;
        Assert.EndsWith(" the end", shown, StringComparison.Ordinal);
        Assert.InRange(shown.Length, 400, 500);
        Assert.Equal(30_000 + 8 - (shown.Length - 1), slice.Cut!.Bytes);
    }

    [Fact]
    public void A_position_is_a_number_that_JSON_keeps()
    {
        foreach (var position in (OutputPosition[])[new(-1), new(-1, 1), new(0), new(7, OutputRecord.MaxLength), new(999_999_999_998, 1)])
        {
            Assert.Equal(position, OutputPosition.Of(position.ToNumber()));
            Assert.InRange(position.ToNumber(), -1, 1L << 53);
        }
    }

    private static List<OutputSlice> ReadAll(OutputLog log, PollRequest request)
    {
        var pages = new List<OutputSlice>();
        while (request.After.Seq < log.NextSeq - 1)
        {
            var page = OutputPager.Page(log, request);
            Assert.NotEqual(request.AfterSeq, page.NextSeq);
            Assert.True(page.Next.Seq < log.NextSeq - 1 || page.Remaining == 0);
            pages.Add(page);
            request = request with { AfterSeq = page.NextSeq };
        }
        return pages;
    }

    private static OutputSlice Slice(OutputLog log, PollRequest request)
    {
        var scanner = new LineScanner(request);
        scanner.Advance(log);
        return scanner.ToSlice(log, ended: true);
    }

    private static void AppendIn(OutputLog log, StringBuilder piece, byte stream, long time)
    {
        log.Append(stream, time, Encoding.UTF8.GetBytes(piece.ToString()));
        piece.Clear();
    }

    /// <summary>Text of every width, control sequences, damaged bytes, in pieces that end anywhere.</summary>
    private static byte[][] Fill(OutputLog log, Random random)
    {
        string[] parts = ["plain text ", "ä€😀", "\e[31mred\e[0m", "\0\a", "line\r\n", "\e]0;title\a"];
        byte[][] damaged = [[0xE2, 0x82], [0xFF], [0x80, 0x80], [0xF0, 0x9F]];
        var streams = new MemoryStream[] { new(), new() };
        for (var i = 0; i < 40; i++)
        {
            var piece = new MemoryStream();
            for (var parted = random.Next(i % 10 == 0 ? 2000 : 20); parted >= 0; parted--)
            {
                var part = Encoding.UTF8.GetBytes(parts[random.Next(parts.Length)]);
                piece.Write(random.Next(8) == 0 ? damaged[random.Next(damaged.Length)] : part);
            }
            var bytes = piece.ToArray()[..^Math.Min(random.Next(3), (int)piece.Length - 1)];
            var stream = random.Next(2);
            streams[stream].Write(bytes);
            log.Append((byte)(stream + 1), i, bytes);
        }
        log.End(0);
        return [.. streams.Select(stream => stream.ToArray())];
    }

    private static PollRequest Request() => new() { ExecId = "", MaxBytes = 1 << 20 };

    private OutputLog Open() => new(_folder["log"], 64 << 20);
}
