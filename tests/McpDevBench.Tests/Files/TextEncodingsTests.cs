using System.Text;
using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

public sealed class TextEncodingsTests
{
    [Fact]
    public void Text_is_recognised_by_its_bytes()
    {
        Assert.Equal("utf8", TextEncodings.Detect([]));
        Assert.Equal("utf8", TextEncodings.Detect("plain\r\n\ttext"u8));
        Assert.Equal("utf8", TextEncodings.Detect("späße 日本 🦀"u8));
        Assert.Equal("latin1", TextEncodings.Detect(Encoding.Latin1.GetBytes("Müller, Straße 5\n")));
        Assert.Equal("windows-1252", TextEncodings.Detect([.. "price "u8, 0x80, .. " 5, "u8, 0x93, .. "quoted"u8, 0x94]));
        Assert.Equal("base64", TextEncodings.Detect([.. "text"u8, 0]));
        Assert.Equal("base64", TextEncodings.Detect([0x89, .. "PNG"u8, 1, 2, 3, 4, 0xFF, 5]));
    }

    [Fact]
    public void One_bad_byte_does_not_turn_utf8_into_another_encoding() =>
        Assert.Equal("utf8", TextEncodings.Detect([.. "späße und grüße "u8, 0xFF, .. " ende"u8]));

    [Theory]
    [InlineData("latin1")]
    [InlineData("windows-1252")]
    public void Every_byte_has_a_character_and_comes_back(string encoding)
    {
        var all = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();
        var text = TextEncodings.Decode(all, encoding);
        Assert.Equal(256, text.Distinct().Count());
        Assert.True(TextEncodings.TryEncode(text, encoding, out var bytes, out _));
        Assert.Equal(all, bytes);
    }

    [Fact]
    public void Windows_1252_has_the_euro_sign_and_latin1_does_not()
    {
        Assert.Equal("€ “x” –", TextEncodings.Decode([0x80, 0x20, 0x93, (byte)'x', 0x94, 0x20, 0x96], "windows-1252"));
        Assert.False(TextEncodings.TryEncode("5 €", "latin1", out _, out var missing));
        Assert.Equal("€", missing);
        Assert.False(TextEncodings.TryEncode("x 🦀", "windows-1252", out _, out missing));
        Assert.Equal("🦀", missing);
    }
}
