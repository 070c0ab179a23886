using System.Text;
using McpDevBench.Execs;

namespace McpDevBench.Tests.Execs;

/// <summary>However the bytes of a stream arrive and are read, they give the characters that the whole stream gives.</summary>
public sealed class OutputDecodingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_split_of_both_streams_read_at_any_time_gives_the_reference(int seed)
    {
        var random = new Random(seed);
        byte[][] streams = [SomeBytes(random), SomeBytes(random)];
        var read = new Reading();
        var log = Open();
        var at = new int[2];
        while (at[0] < streams[0].Length || at[1] < streams[1].Length)
        {
            var which = random.Next(2);
            var length = Math.Min(random.Next(1, random.Next(2) == 0 ? 3 : 30), streams[which].Length - at[which]);
            log.Append((byte)(which + 1), 0, streams[which].AsSpan(at[which], length));
            at[which] += length;
            if (random.Next(4) == 0)
                read.Poll(log, random.Next(1, 40));
            if (random.Next(50) == 0)
            {
                // The server is restarted.
                log.Dispose();
                log = Open();
            }
        }
        log.End(0);
        read.PollToEnd(log, random.Next(1, 100));
        Assert.Equal(streams.Select(Encoding.UTF8.GetString), [read.Text("stdout"), read.Text("stderr")]);
        AgreesWithEveryOtherWayToRead(log, read, streams, random);
        log.Dispose();
    }

    [Fact]
    public void An_unfinished_character_is_held_back_until_it_is_complete()
    {
        using var log = Open();
        log.Append(1, 0, [(byte)'a', 0xE2]);
        log.Append(2, 0, "err"u8);
        Assert.Equal(["a", "err"], Messages(log));
        log.Append(1, 0, [0x82]);
        Assert.Equal(["a", "err"], Messages(log));
        log.Append(1, 0, [0xAC, (byte)'b']);
        Assert.Equal(["a", "err", "€b"], Messages(log));
        Assert.Equal("a€b", OutputPager.HeadAndTail(log, 100).Stdout);
    }

    [Fact]
    public void An_unfinished_character_at_the_end_of_a_command_is_a_replacement_character_in_a_piece_of_its_own()
    {
        using var log = Open();
        log.Append(1, 0, [(byte)'a', 0xF0, 0x9F, 0x98]);
        Assert.Equal("a", OutputPager.HeadAndTail(log, 100).Stdout);
        var whileItRuns = OutputPager.Page(log, Request());
        Assert.Equal("a", Assert.Single(whileItRuns.Messages).Data);
        log.End(0);
        log.End(0);
        Assert.Equal("\uFFFD", Assert.Single(OutputPager.Page(log, Request() with { AfterSeq = whileItRuns.NextSeq }).Messages).Data);
        Assert.Equal("a\uFFFD", OutputPager.HeadAndTail(log, 100).Stdout);
        Assert.Equal("YfCfmA==", Assert.Single(OutputPager.Page(log, Request() with { Base64 = true }).Messages).Data);
    }

    [Theory]
    [InlineData(new byte[] { 0x80 }, "\uFFFD")]
    [InlineData(new byte[] { 0x80, 0x81, 0x82, (byte)'x' }, "\uFFFD\uFFFD\uFFFDx")]
    [InlineData(new byte[] { 0xE2, (byte)'x' }, "\uFFFDx")]
    [InlineData(new byte[] { 0xFF, 0xFE }, "\uFFFD\uFFFD")]
    [InlineData(new byte[] { 0xC3, 0xC3, 0xA9 }, "\uFFFDé")]
    public void Stray_bytes_are_replaced_and_never_vanish(byte[] bytes, string expected)
    {
        using var log = Open();
        foreach (var value in bytes)
            log.Append(1, 0, [value]);
        log.End(0);
        Assert.Equal(expected, string.Concat(Messages(log)));
    }

    [Fact]
    public void A_log_of_an_older_server_reads_as_it_did()
    {
        // Length and stream without what came before the piece.
        var record = new byte[OutputRecord.Size + 3];
        record[0] = 3;
        record[4] = 1;
        "abc"u8.CopyTo(record.AsSpan(OutputRecord.Size));
        Directory.CreateDirectory(_folder["log"]);
        File.WriteAllBytes(Path.Combine(_folder["log"], "000000.log"), record);
        using var log = Open();
        Assert.Equal(["abc"], Messages(log));
    }

    [Fact]
    public void Control_sequences_are_removed_wherever_they_are_split()
    {
        const string Coloured = "\e[1;31mred\e[0m \e]0;title\aand \e(Bplain\e[2K\e]8;;http://x\e\\link\e]8;;\e\\ é\e[Hend\n";
        for (var cut = 1; cut < 12; cut++)
        {
            using var log = new OutputLog(_folder[$"ansi{cut}"], 1 << 20);
            foreach (var piece in Encoding.UTF8.GetBytes(Coloured).Chunk(cut))
                log.Append(1, 0, piece);
            var read = new Reading(strip: true);
            read.PollToEnd(log, maxBytes: 1);
            Assert.Equal("red and plainlink éend\n", read.Text("stdout"));
        }
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 200)];

    private static void AgreesWithEveryOtherWayToRead(OutputLog log, Reading read, byte[][] streams, Random random)
    {
        // Again from any place, in pages of any size: each piece has the same text.
        for (var i = 0; i < 10; i++)
        {
            var again = new Reading(after: random.NextInt64(-1, log.NextSeq));
            again.PollToEnd(log, random.Next(1, 60));
            Assert.All(again.BySeq, piece => Assert.Equal(read.BySeq[piece.Key], piece.Value));
        }
        var summary = OutputPager.HeadAndTail(log, 1 << 20);
        Assert.Equal((read.Text("stdout"), read.Text("stderr")), (summary.Stdout, summary.Stderr));
        var raw = OutputPager.Page(log, Request() with { Base64 = true, ByStream = true });
        foreach (var message in raw.Messages)
            Assert.Equal(streams[message.Stream == "stdout" ? 0 : 1], Convert.FromBase64String(message.Data));
        var stdout = OutputPager.Page(log, Request() with { Stream = "stdout" }).Messages;
        Assert.Equal(read.Text("stdout"), string.Concat(stdout.Select(message => message.Data)));
        var lines = new LineScanner(Request() with { TailLines = 10_000, Stream = "stderr" });
        lines.Advance(log);
        Assert.Equal(read.Text("stderr"), string.Concat(lines.ToSlice(log, ended: true).Messages.Select(message => message.Data)));
    }

    /// <summary>Characters of one to four bytes, whole, cut and made up.</summary>
    private static byte[] SomeBytes(Random random)
    {
        var bytes = new List<byte>();
        for (var count = random.Next(0, 120); count > 0; count--)
        {
            var character = Encoding.UTF8.GetBytes(((string[])["a", "\n", "é", "€", "😀", "\uFFFD", "\0"])[random.Next(7)]);
            switch (random.Next(6))
            {
                case 0:
                    bytes.AddRange(character[..random.Next(character.Length + 1)]);
                    break;
                case 1:
                    bytes.Add((byte)random.Next(0x80, 0x100));
                    break;
                default:
                    bytes.AddRange(character);
                    break;
            }
        }
        return [.. bytes];
    }

    private static string[] Messages(OutputLog log) => [.. OutputPager.Page(log, Request()).Messages.Select(message => message.Data)];

    private static PollRequest Request() => new() { ExecId = "", MaxBytes = 1 << 20 };

    private OutputLog Open() => new(_folder["log"], 1 << 20);

    /// <summary>A client that reads on from where it was, piece by piece.</summary>
    private sealed class Reading(bool strip = false, long after = -1)
    {
        private long _after = after;

        public SortedDictionary<long, (string Stream, string Data)> BySeq { get; } = [];

        public string Text(string stream) => string.Concat(BySeq.Values.Where(piece => piece.Stream == stream).Select(piece => piece.Data));

        public bool Poll(OutputLog log, int maxBytes)
        {
            var page = OutputPager.Page(log, Request() with { AfterSeq = _after, MaxBytes = maxBytes, Separate = true, StripAnsi = strip });
            var divided = OutputPosition.Of(_after) is { Bytes: > 0 } before ? before.Seq + 1 : -1;
            foreach (var piece in page.Messages)
            {
                if (piece.Seq == divided)
                    BySeq[divided] = (piece.Stream, BySeq[divided].Data + piece.Data);
                else
                    Assert.True(BySeq.TryAdd(piece.Seq, (piece.Stream, piece.Data)), $"piece {piece.Seq} came twice");
            }
            var last = page.Next.Bytes > 0 ? page.Next.Seq + 1 : page.Next.Seq;
            Assert.Equal(page.Messages is [.., var message] ? message.Seq : OutputPosition.Of(_after).Seq, last);
            _after = page.NextSeq;
            return page.Messages.Count > 0;
        }

        public void PollToEnd(OutputLog log, int maxBytes)
        {
            while (Poll(log, maxBytes))
                Assert.InRange(OutputPosition.Of(_after).Seq, -1, log.NextSeq - 1);
            Assert.Equal(log.NextSeq - 1, _after);
        }
    }
}
