using System.Text;
using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

/// <summary>Text that is appended takes what the file has and the caller does not see: encoding, byte order mark, line ends.</summary>
public sealed class FileAppendTests
{
    private static readonly UnicodeEncoding _bigEndian = new(bigEndian: true, byteOrderMark: false);

    [Fact]
    public async Task It_takes_the_encoding_and_the_line_ends_of_the_file()
    {
        Assert.Equal("grün\n"u8.ToArray(), await Append("é\n"u8.ToArray(), "grün\n"));
        Assert.Equal("x\r\ny\r\n"u8.ToArray(), await Append("a\r\nb\r\n"u8.ToArray(), "x\ny\n"));
        Assert.Equal("x\n"u8.ToArray(), await Append("a\n"u8.ToArray(), "x\r\n"));
        Assert.Equal("x\ry"u8.ToArray(), await Append("a\rb\r"u8.ToArray(), "x\ny"));
        Assert.Equal("x\r\n"u8.ToArray(), await Append("\uFEFFa\r\n"u8.ToArray(), "\uFEFFx\n"));
        Assert.Equal(Encoding.Latin1.GetBytes("ü\r\n"), await Append(Encoding.Latin1.GetBytes("Gr\u00FC\u00DFe\r\n"), "ü\n"));
        Assert.Equal([0x80, 0x0A], await Append([0x93, (byte)'x', 0x94, 0x0A], "€\n"));
        Assert.Equal(Encoding.Unicode.GetBytes("🦀\r\n"), await Append([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a\r\n")], "🦀\n"));
        Assert.Equal(_bigEndian.GetBytes("x\n"), await Append([0xFE, 0xFF, .. _bigEndian.GetBytes("a\n")], "x\n"));
        Assert.Equal("x\n"u8.ToArray(), await Append([0, 1, 2], "x\n"));
    }

    [Fact]
    public async Task Where_the_file_shows_no_encoding_the_caller_s_is_used()
    {
        Assert.Equal([0xFC], await Append([], "ü", "latin1"));
        Assert.Equal([0xFF, 0xFE, 0xFC, 0], await Append([], "ü", "utf16le"));
        Assert.Equal([(byte)'x', 0xFC], await Append("plain\n"u8.ToArray(), "xü", "latin1"));
        Assert.Equal([0x80], await Append("plain\n"u8.ToArray(), "€", "windows-1252"));
        Assert.Equal([0xFC], await Append([0xFC, 0x0A], "ü", "latin1"));
    }

    [Fact]
    public async Task A_large_file_is_judged_by_its_beginning_and_its_end()
    {
        byte[] lines = [.. Enumerable.Repeat("line\n"u8.ToArray(), 100_000).SelectMany(line => line), .. "end\r\n"u8];
        Assert.Equal("x\r\n"u8.ToArray(), await Append(lines, "x\n"));
        byte[] utf16 = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes($"a\r\n{string.Concat(Enumerable.Repeat("🦀", 100_000))}")];
        Assert.Equal(Encoding.Unicode.GetBytes("x\r\n"), await Append(utf16, "x\n"));
        Assert.Equal(Encoding.Unicode.GetBytes("é"), await Append(utf16, "é"));
        byte[] latin = [.. Encoding.Latin1.GetBytes(new string('x', 70_000)), .. Encoding.Latin1.GetBytes("ü\n")];
        Assert.Equal([0xE9], await Append(latin, "é"));
    }

    [Theory]
    [InlineData("latin1", "€", "utf8", "'€' (U+20AC)", "iconv")]
    [InlineData("utf8", "ü", "latin1", "would mix two encodings", "base64")]
    [InlineData("utf16le", "ü", "latin1", "is utf16le", "Leave encoding out")]
    [InlineData("ascii", "ü", "utf16le", "would mix two encodings", "base64")]
    public async Task What_the_file_cannot_hold_is_refused(string file, string text, string encoding, string message, string hint)
    {
        byte[] content = file switch
        {
            "latin1" => [0xFC, 0x0A],
            "utf8" => "ü\n"u8.ToArray(),
            "ascii" => "a\n"u8.ToArray(),
            _ => [0xFF, 0xFE, .. "a\0"u8],
        };
        var refused = await Assert.ThrowsAsync<RequestException>(() => Append(content, text, encoding));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains(hint, refused.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FFFE0000 61000000")]
    [InlineData("0000FEFF 00000061")]
    [InlineData("6100 6200")]
    [InlineData("FFFE 00D8 6100")]
    public async Task Text_is_not_appended_to_what_it_would_destroy(string hex)
    {
        var content = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        foreach (var text in new[] { "x", "ü" })
        {
            var refused = await Assert.ThrowsAsync<RequestException>(() => Append(content, text));
            Assert.Contains("iconv", refused.Message, StringComparison.Ordinal);
            Assert.Contains("base64", refused.Hint, StringComparison.Ordinal);
        }
    }

    private static Task<byte[]> Append(byte[] content, string text, string encoding = "utf8")
    {
        var entry = new FileEntry("/workspace/f", "file", content.Length, "0644", 1000, 1000, DateTimeOffset.UnixEpoch, "etag", null, null);
        return FileAppend.ToBytesAsync(
            (offset, length, _) => Task.FromResult((content[(int)offset..(int)Math.Min(content.Length, offset + length)], entry)), text,
            encoding, TestContext.Current.CancellationToken);
    }
}
