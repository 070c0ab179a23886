using System.Text;
using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

/// <summary>A write of other text says what it changed beside the text.</summary>
public sealed class OverwrittenTextTests
{
    private static readonly byte[] _utf16 = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("Grüße\n")];

    public static TheoryData<byte[], string> Others() => new()
    {
        { Encoding.Latin1.GetBytes("Gr\u00FC\u00DFe\n"), "latin1" },
        { [0x80, 0x93, 0x94, 0x0A], "windows-1252" },
        { _utf16, "utf16le" },
        { [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes("Grüße\n")], "utf16be" },
        { [0xEF, 0xBB, 0xBF, .. "Grüße\n"u8], "utf8-bom" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Another_encoding_is_named_and_can_be_written(byte[] before, string name)
    {
        Assert.Equal(
            $"The file was {name} and is utf8 now; write it with encoding={name} to keep that.", Note(before, "Grün\n"));
        Assert.True(TextEncodings.TryEncode("€", "utf8", out _, out _));
        var text = TextEncodings.Decode(before, name).TrimStart('\uFEFF');
        Assert.True(TextEncodings.TryEncode(text, name, out var written, out _));
        Assert.Equal(before, written);
        Assert.True(TextEncodings.TryEncode($"\uFEFF{text}", name is "latin1" or "windows-1252" ? "utf8-bom" : name, out written, out _));
        Assert.Null(OverwrittenText.Of(before, before.Length)!.Note(name, before));
    }

    [Fact]
    public void What_stays_as_it_was_is_not_spoken_of()
    {
        Assert.Null(Note("plain\n"u8.ToArray(), "Grün\n"));
        Assert.Null(Note("grün\n"u8.ToArray(), "plain\n", "latin1"));
        Assert.Null(Note(Encoding.Latin1.GetBytes("Gr\u00FC\u00DFe\n"), "plain\n"));
        Assert.Null(Note([0xEF, 0xBB, 0xBF, .. "x\n"u8], "\uFEFFGrün\n"));
        Assert.Null(Note("a\r\nb\r\n"u8.ToArray(), "a\r\nc\r\n"));
        Assert.Null(Note("a\r\nb\r\n"u8.ToArray(), "one line"));
        Assert.Null(OverwrittenText.Of([], 0));
        Assert.Null(OverwrittenText.Of([0, 1, 2, 3], 4));
    }

    [Fact]
    public void Line_ends_are_named_too()
    {
        Assert.Equal(
            "Its lines ended in CRLF and end in LF now; fs_edit keeps the line ends of a file.", Note("a\r\nb\r\n"u8.ToArray(), "a\nb\n"));
        Assert.Contains("and is utf8 now", Note(_utf16, "x\n"), StringComparison.Ordinal);
        Assert.Contains("CRLF", Note([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a\r\n")], "a\n", "utf16le"), StringComparison.Ordinal);
    }

    private static string? Note(byte[] before, string text, string encoding = "utf8")
    {
        Assert.True(TextEncodings.TryEncode(text, encoding, out var written, out _));
        return OverwrittenText.Of(before, before.Length)!.Note(encoding, written);
    }
}
