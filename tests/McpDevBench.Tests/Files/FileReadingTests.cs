using System.Globalization;
using System.Text;
using McpDevBench.Files;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Files;

/// <summary>Parts of files: always text where it is text, never a split character, and always the way to the rest.</summary>
public sealed class FileReadingTests
{
    [Fact]
    public async Task A_small_file_is_read_whole_with_its_lines()
    {
        var read = await Read("one\ntwo\nthree"u8.ToArray());
        Assert.Equal(
            ("one\ntwo\nthree", "utf8", 3L, null, 0L), (read.Content, read.Encoding, read.TotalLines, read.NextOffset, read.LeftOut));
        Assert.True(read.IsWhole);
        var empty = await Read([]);
        Assert.Equal(("", "utf8", 0L), (empty.Content, empty.Encoding, empty.TotalLines));
    }

    [Fact]
    public async Task A_large_file_is_cut_at_a_line_and_the_way_on_leads_through_all_of_it()
    {
        var text = Numbered(20_000);
        var content = Encoding.UTF8.GetBytes(text);
        var all = new StringBuilder();
        long? line = null;
        do
        {
            var read = await Read(content, new() { Line = (int?)line });
            Assert.InRange(Encoding.UTF8.GetByteCount(read.Content), 1, FileReading.DefaultBytes);
            Assert.Equal(20_000, read.TotalLines);
            Assert.Equal((line ?? 1, read.NextLine is null), (read.Line, read.LeftOut == 0));
            all.Append(read.Content);
            line = read.NextLine;
        }
        while (line is not null);
        Assert.Equal(text, all.ToString());
    }

    [Fact]
    public async Task Some_lines_say_how_many_there_are_and_which_is_next()
    {
        var read = await Read(Encoding.UTF8.GetBytes(Numbered(1_000)), new() { Line = 10, Limit = 5 });
        Assert.Equal("line 10\nline 11\nline 12\nline 13\nline 14\n", read.Content);
        Assert.Equal((10L, 5L, 1_000L, 15L, 0L), (read.Line, read.Lines, read.TotalLines, read.NextLine, read.LeftOut));
        var last = await Read(Encoding.UTF8.GetBytes(Numbered(1_000)), new() { Line = 999, Limit = 5 });
        Assert.Equal((2L, null, null), (last.Lines, last.NextLine, last.NextOffset));
        var beyond = await Read("one\ntwo\n"u8.ToArray(), new() { Line = 7 });
        Assert.Equal(("", 2L), (beyond.Content, beyond.TotalLines));
    }

    [Fact]
    public async Task Lines_of_a_huge_file_are_found_and_not_all_counted()
    {
        var content = Encoding.UTF8.GetBytes(Numbered(1_500_000));
        Assert.True(content.Length > FileLines.MaxCounted);
        var read = await Read(content, new() { Line = 1_400_000, Limit = 1 });
        Assert.Equal("line 1400000\n", read.Content);
        Assert.Equal(1_400_001, read.NextLine);
        Assert.Null((await Read(content, new() { Limit = 2 })).TotalLines);
    }

    [Fact]
    public async Task A_line_that_is_longer_than_the_answer_is_read_on_by_bytes_without_splitting_a_character()
    {
        var text = string.Concat(Enumerable.Repeat("日本語🦀", 10_000));
        var content = Encoding.UTF8.GetBytes(text);
        var all = new StringBuilder();
        long? offset = null;
        do
        {
            var read = await Read(content, new() { Offset = offset });
            Assert.DoesNotContain('\uFFFD', read.Content);
            all.Append(read.Content);
            offset = read.NextOffset;
        }
        while (offset is not null);
        Assert.Equal(text, all.ToString());
        var inside = await Read(content, new() { Offset = 1, Length = 100 });
        Assert.Equal((3L, '本'), (inside.Offset, inside.Content[0]));
    }

    [Fact]
    public async Task A_length_does_not_raise_the_bound_and_only_max_bytes_does()
    {
        var content = Encoding.UTF8.GetBytes(Numbered(40_000));
        var read = await Read(content, new() { Offset = 0, Length = 250_000 });
        Assert.Equal(
            (FileReading.DefaultBytes, FileReading.DefaultBytes, 250_000L - FileReading.DefaultBytes),
            (read.Content.Length, read.NextOffset, read.LeftOut));
        Assert.Contains("max_bytes", FsReadResult.Of(read, details: false, address: null).Truncated!.Hint, StringComparison.Ordinal);
        var most = await Read(content, new() { Offset = 0, Length = 300_000, MaxBytes = FileReading.MaxBytes });
        Assert.Equal((FileReading.MaxBytes, FileReading.MaxBytes), (most.Content.Length, most.NextOffset));
        var hint = FsReadResult.Of(most, details: false, address: null, FileReading.MaxBytes).Truncated!.Hint;
        Assert.Equal("Read on with offset=262144.", hint);
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(100, 50)]
    [InlineData(400_000, 3)]
    [InlineData(400_000, 700)]
    public async Task The_last_lines_are_read_from_the_end(int lines, int tail)
    {
        var content = Encoding.UTF8.GetBytes(Numbered(lines));
        var asked = 0L;
        var read = await Read(content, new() { TailLines = tail }, (_, length) => asked += length);
        Assert.Equal(string.Concat(Enumerable.Range(lines - tail + 1, tail).Select(n => $"line {n}\n")), read.Content);
        Assert.Equal((tail, 0L, null), (read.Lines, read.LeftOut, read.NextOffset));
        Assert.True(asked < 200_000, $"{asked} bytes were read");
    }

    [Fact]
    public async Task Last_lines_that_do_not_fit_are_whole_lines_and_say_what_is_missing()
    {
        var content = Encoding.UTF8.GetBytes(Numbered(400_000));
        var read = await Read(content, new() { TailLines = 100_000 });
        Assert.StartsWith("line ", read.Content, StringComparison.Ordinal);
        Assert.EndsWith("line 400000\n", read.Content, StringComparison.Ordinal);
        Assert.InRange(read.Content.Length, FileReading.DefaultBytes - 20, FileReading.DefaultBytes);
        Assert.True(read.LeftOut > 0);
        var one = await Read([.. "x\n"u8, .. Enumerable.Repeat((byte)'y', 100_000)], new() { TailLines = 1 });
        Assert.Equal((FileReading.DefaultBytes, 'y'), (one.Content.Length, one.Content[0]));
        Assert.Equal(100_000 - FileReading.DefaultBytes, one.LeftOut);
        Assert.Equal("b", (await Read("a\nb"u8.ToArray(), new() { TailLines = 1 })).Content);
        Assert.Equal("\n", (await Read("a\n\n"u8.ToArray(), new() { TailLines = 1 })).Content);
        Assert.Equal("", (await Read([], new() { TailLines = 1 })).Content);
    }

    [Fact]
    public async Task Binary_comes_as_base64_in_pieces_that_fit_too()
    {
        var content = Enumerable.Range(0, 100_000).Select(n => (byte)(n * 7)).ToArray();
        using var all = new MemoryStream();
        long? offset = null;
        do
        {
            var read = await Read(content, new() { Offset = offset });
            Assert.Equal("base64", read.Encoding);
            Assert.InRange(read.Content.Length, 1, FileReading.DefaultBytes);
            all.Write(Convert.FromBase64String(read.Content));
            offset = read.NextOffset;
        }
        while (offset is not null);
        Assert.Equal(content, all.ToArray());
    }

    [Fact]
    public async Task Latin1_is_text_and_named_and_can_be_insisted_on()
    {
        var latin1 = Encoding.Latin1.GetBytes("Grüße\nan alle\n");
        var read = await Read(latin1);
        Assert.Equal(("Grüße\nan alle\n", "latin1", 2L), (read.Content, read.Encoding, read.TotalLines));
        Assert.Equal("GrÃ¼n", (await Read("Grün"u8.ToArray(), new() { Encoding = "latin1" })).Content);
        var refused = await Assert.ThrowsAsync<RefusalException>(() => Read(latin1, new() { Encoding = "utf8" }));
        Assert.Contains("latin1", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Utf16_is_text_and_named()
    {
        foreach (var (encoding, name) in new (Encoding, string)[] { (Encoding.Unicode, "utf16le"), (Encoding.BigEndianUnicode, "utf16be") })
        {
            byte[] content = [.. encoding.GetPreamble(), .. encoding.GetBytes("Grüße 🦀\n日本\nende\n")];
            var read = await Read(content);
            Assert.Equal(("Grüße 🦀\n日本\nende\n", name, 3L), (read.Content, read.Encoding, read.TotalLines));
            Assert.True(read.IsWhole);
            var line = await Read(content, new() { Line = 2, Limit = 1 });
            Assert.Equal(("日本\n", 3L, name), (line.Content, line.NextLine, line.Encoding));
            Assert.Equal(encoding.GetBytes("ende\n"), content[(int)line.NextOffset!.Value..]);
            Assert.Equal("ende\n", (await Read(content, new() { TailLines = 1 })).Content);
            Assert.Equal("base64", (await Read(content, new() { Encoding = "base64" })).Encoding);
        }
    }

    /// <summary>UTF-32, and UTF-16 whose text would be binary or an image.</summary>
    public static TheoryData<string, byte[]> WideBinaries() => new()
    {
        { "UTF-32", [.. Encoding.UTF32.GetPreamble(), .. Encoding.UTF32.GetBytes("Grüße\n")] },
        { "UTF-32, big-endian", [0, 0, 0xFE, 0xFF, .. new UTF32Encoding(bigEndian: true, byteOrderMark: true).GetBytes("Grüße\n")] },
        { "UTF-16 with U+0000", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a\0b\n")] },
        { "UTF-16, big-endian, with U+0000", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes("a\0b\n")] },
        { "UTF-16 that begins as an image does", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("GIF89a and more")] },
    };

    [Theory]
    [MemberData(nameof(WideBinaries))]
    public async Task Base64_is_always_the_file_s_own_bytes(string what, byte[] content)
    {
        foreach (var request in new Part[] { new(), new() { Offset = 0 }, new() { Encoding = "base64" } })
        {
            var read = await Read(content, request);
            Assert.Equal((what, "base64", content.Length, 0L), (what, read.Encoding, (int)read.End, read.LeftOut));
            Assert.Equal(content, Convert.FromBase64String(read.Content));
        }
        await Assert.ThrowsAsync<RefusalException>(() => Read(content, new() { Line = 1 }));
        await Assert.ThrowsAsync<RefusalException>(() => Read(content, new() { TailLines = 1 }));
        var entry = new FileEntry("/workspace/f", "file", content.Length, "0644", 1000, 1000, DateTimeOffset.UnixEpoch, "etag", null, null);
        var inBatch = await BatchText.OfAsync(content, entry, FileReading.DefaultBytes, TestContext.Current.CancellationToken);
        Assert.Equal(("base64", 0L), (inBatch.Encoding, inBatch.LeftOut));
        Assert.Equal(content, Convert.FromBase64String(inBatch.Content));
    }

    [Fact]
    public async Task A_bad_byte_in_utf8_is_shown_and_counted()
    {
        var read = await Read([.. "späße und grüße "u8, 0xFF, .. " ende\n"u8]);
        Assert.Equal(("späße und grüße \uFFFD ende\n", "utf8", 1), (read.Content, read.Encoding, read.Replaced));
    }

    [Theory]
    [InlineData(0, 2, "日", 0, 3)]
    [InlineData(0, 4, "日", 0, 3)]
    [InlineData(4, 2, "", 6, 6)]
    [InlineData(4, 5, "語", 6, 9)]
    [InlineData(1, 3, "本", 3, 6)]
    [InlineData(3, 1, "本", 3, 6)]
    public async Task Bytes_inside_a_character_are_no_other_text(long offset, long length, string text, long from, long end)
    {
        var content = "日本語のテキスト\n"u8.ToArray();
        var read = await Read(content, new() { Offset = offset, Length = length });
        Assert.Equal((text, "utf8", from, end), (read.Content, read.Encoding, read.Offset, read.End));
    }

    [Fact]
    public async Task Every_part_of_a_file_has_the_encoding_of_the_file()
    {
        var texts = new (string Name, byte[] Content)[]
        {
            ("latin1", Encoding.Latin1.GetBytes($"Gr\u00FC\u00DFe {new string('x', 90_000)} \u00C3\u00BC\n")),
            ("utf16le", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("Grüße 🦀 日本語\n")]),
            ("utf16be", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes("Grüße 🦀 日本語\n")]),
            ("utf8", Encoding.UTF8.GetBytes($"Grüße {new string('x', 90_000)} 日本\n")),
        };
        foreach (var (name, content) in texts)
        {
            Assert.Equal(name, (await Read(content)).Encoding);
            Assert.Equal(name, (await Read(content, new() { TailLines = 1 })).Encoding);
            foreach (var length in new[] { 1, 2, 3, 5 })
            {
                var all = new StringBuilder();
                // The beginning and the end, in pieces.
                for (long offset = 0; offset < content.Length;)
                {
                    var read = await Read(content, new() { Offset = offset, Length = offset is > 40 and < 80_000 ? 20_000 : length });
                    Assert.Equal((name, length), (read.Encoding, length));
                    Assert.True(read.End > offset, $"{name} {offset} {length}");
                    all.Append(read.Content);
                    offset = read.End;
                }
                var whole = await Read(content, new() { MaxBytes = FileReading.MaxBytes });
                Assert.Equal(whole.Content, all.ToString());
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(66_000)]
    public async Task One_bad_byte_has_one_meaning_in_a_file_of_any_size(int more)
    {
        byte[] plain = [.. "plain text "u8, .. Enumerable.Repeat((byte)'x', more), 0xFF, (byte)'\n'];
        Assert.Equal("latin1", (await Read(plain)).Encoding);
        Assert.Equal("latin1", (await Read(plain, new() { Offset = 0, Length = 5 })).Encoding);
        Assert.Equal("latin1", (await Read(plain, new() { TailLines = 1 })).Encoding);
        byte[] utf8 = [.. "füll text "u8, .. Enumerable.Repeat((byte)'x', more), 0xFF, (byte)'\n'];
        Assert.Equal("utf8", (await Read(utf8)).Encoding);
        Assert.Equal("utf8", (await Read(utf8, new() { TailLines = 1 })).Encoding);
        Assert.Equal(("\uFFFD\n", "utf8", 1), await Last());

        async Task<(string, string, int)> Last()
        {
            var read = await Read(utf8, new() { Offset = utf8.Length - 2 });
            return (read.Content, read.Encoding, read.Replaced);
        }
    }

    [Fact]
    public async Task An_image_is_known_by_its_content_and_comes_whole()
    {
        var small = SampleImages.Png(40_000);
        var read = await Read(small);
        Assert.Equal(("image", "image/png", ""), (read.Encoding, read.ImageType, read.Content));
        Assert.Equal(small, read.Image);
        Assert.Equal("base64", (await Read(small, new() { Encoding = "base64" })).Encoding);
        Assert.Equal("base64", (await Read(small, new() { Offset = 0, Length = 20 })).Encoding);
        var large = SampleImages.Png(FileReading.MaxImageBytes);
        var refused = await Assert.ThrowsAsync<RefusalException>(() => Read(large));
        Assert.Contains("offset", refused.Hint, StringComparison.Ordinal);
        Assert.Equal("image/jpeg", (await Read(SampleImages.Jpeg)).ImageType);
        Assert.Equal("image/gif", (await Read(SampleImages.Gif)).ImageType);
        Assert.Equal("image/webp", (await Read(SampleImages.WebP)).ImageType);
        Assert.Null((await Read("GIF is a format"u8.ToArray())).ImageType);
    }

    [Fact]
    public async Task An_image_that_is_cut_short_is_refused_with_the_reason()
    {
        var refused = await Assert.ThrowsAsync<RefusalException>(() => Read(SampleImages.Png()[..^12]));
        Assert.Contains(
            "damaged image (image/png) of 55 bytes: it ends too early, before its IEND chunk", refused.Message, StringComparison.Ordinal);
        Assert.Contains("base64", refused.Hint, StringComparison.Ordinal);
        Assert.Equal(55, Convert.FromBase64String((await Read(SampleImages.Png()[..^12], new() { Encoding = "base64" })).Content).Length);
    }

    [Fact]
    public async Task Lines_of_what_is_no_text_are_refused()
    {
        foreach (var part in new Part[] { new() { Line = 1 }, new() { Limit = 5 }, new() { TailLines = 2 } })
        {
            var image = await Assert.ThrowsAsync<RefusalException>(() => Read(SampleImages.Png(), part));
            Assert.Equal("/workspace/f has no lines of text there: it is image/png.", image.Message);
            var binary = await Assert.ThrowsAsync<RefusalException>(() => Read([1, 0, 2, 0, 10, 3, 0, 10], part));
            Assert.Equal("/workspace/f has no lines of text there: it is binary.", binary.Message);
            Assert.Contains("encoding=latin1", binary.Hint, StringComparison.Ordinal);
        }
        Assert.Equal("end\n", (await Read([.. new byte[200_000], .. "\nend\n"u8], new() { TailLines = 1 })).Content);
        Assert.Equal("latin1", (await Read([1, 0, 2, 0, 10, 3], new() { Line = 1, Encoding = "latin1" })).Encoding);
    }

    [Fact]
    public async Task Two_kinds_of_part_at_once_are_refused() =>
        await Assert.ThrowsAsync<RefusalException>(() => Read("x"u8.ToArray(), new() { Line = 1, Offset = 0 }));

    private sealed record Part
    {
        public long? Offset { get; init; }
        public long? Length { get; init; }
        public int? Line { get; init; }
        public int? Limit { get; init; }
        public int? TailLines { get; init; }
        public int? MaxBytes { get; init; }
        public string? Encoding { get; init; }
    }

    [Theory]
    [InlineData((byte)1)]
    [InlineData((byte)'"')]
    [InlineData((byte)'\n')]
    public async Task Content_that_grows_as_JSON_is_bounded_there_too_and_the_way_on_leads_through_all_of_it(byte value)
    {
        var content = Enumerable.Repeat(value, 50_000).ToArray();
        var all = new StringBuilder();
        long offset = 0;
        do
        {
            var read = await Read(content, new() { Offset = offset, Encoding = "utf8" });
            Assert.InRange(JsonSize.Of(read.Content), 1, FileReading.DefaultBytes / 4 * 5);
            all.Append(read.Content);
            offset = read.NextOffset ?? content.Length;
        }
        while (offset < content.Length);
        Assert.Equal(content, Encoding.UTF8.GetBytes(all.ToString()));
    }

    private static Task<ReadFile> Read(byte[] content, Part? part = null, Action<long, long>? onRead = null)
    {
        part ??= new();
        var entry = new FileEntry("/workspace/f", "file", content.Length, "0644", 1000, 1000, DateTimeOffset.UnixEpoch, "etag", null, null);
        return new FileReading(ReadRange, new ReadFileRequest
        {
            Container = "c",
            Path = "f",
            Offset = part.Offset,
            Length = part.Length,
            Line = part.Line,
            Limit = part.Limit,
            TailLines = part.TailLines,
            MaxBytes = part.MaxBytes,
            Encoding = part.Encoding,
        }).ReadAsync(TestContext.Current.CancellationToken);

        Task<(byte[] Content, FileEntry Entry)> ReadRange(long offset, long length, CancellationToken cancellationToken)
        {
            var from = Math.Min(offset, content.Length);
            var to = from + Math.Min(length, content.Length - from);
            onRead?.Invoke(offset, to - from);
            return Task.FromResult((content[(int)from..(int)to], entry));
        }
    }

    private static string Numbered(int lines) =>
        string.Concat(Enumerable.Range(1, lines).Select(number => string.Create(CultureInfo.InvariantCulture, $"line {number}\n")));
}
