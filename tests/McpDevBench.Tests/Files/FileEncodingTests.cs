using System.Text;
using McpDevBench.Files;
using static McpDevBench.Tests.Files.PartsOfFiles;

namespace McpDevBench.Tests.Files;

/// <summary>The encoding that a file is read in: one for all its parts, and never a guess that changes its characters.</summary>
public sealed class FileEncodingTests
{
    [Fact]
    public async Task Latin1_is_text_and_named_and_can_be_insisted_on()
    {
        var latin1 = Encoding.Latin1.GetBytes("Grüße\nan alle\n");
        var read = await Read(latin1);
        Assert.Equal(("Grüße\nan alle\n", "latin1", 2L), (read.Content, read.Encoding, read.TotalLines));
        Assert.Equal("GrÃ¼n", (await Read("Grün"u8.ToArray(), new() { Encoding = "latin1" })).Content);
        var refused = await Assert.ThrowsAsync<RequestException>(() => Read(latin1, new() { Encoding = "utf8" }));
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
        await Assert.ThrowsAsync<RequestException>(() => Read(content, new() { Line = 1 }));
        await Assert.ThrowsAsync<RequestException>(() => Read(content, new() { TailLines = 1 }));
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
}
