using System.Text;
using McpDevBench.Files;
using McpDevBench.Mcp;
using static McpDevBench.Tests.Files.PartsOfFiles;

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
    public async Task An_image_is_known_by_its_content_and_comes_whole()
    {
        var small = SampleImages.Png(40_000);
        var read = await Read(small);
        Assert.Equal(("image", "image/png", ""), (read.Encoding, read.ImageType, read.Content));
        Assert.Equal(small, read.Image);
        Assert.Equal("base64", (await Read(small, new() { Encoding = "base64" })).Encoding);
        Assert.Equal("base64", (await Read(small, new() { Offset = 0, Length = 20 })).Encoding);
        var large = SampleImages.Png(FileReading.MaxImageBytes);
        var refused = await Assert.ThrowsAsync<RequestException>(() => Read(large));
        Assert.Contains("offset", refused.Hint, StringComparison.Ordinal);
        Assert.Equal("image/jpeg", (await Read(SampleImages.Jpeg)).ImageType);
        Assert.Equal("image/gif", (await Read(SampleImages.Gif)).ImageType);
        Assert.Equal("image/webp", (await Read(SampleImages.WebP)).ImageType);
        Assert.Null((await Read("GIF is a format"u8.ToArray())).ImageType);
    }

    [Fact]
    public async Task An_image_that_is_cut_short_is_refused_with_the_reason()
    {
        var refused = await Assert.ThrowsAsync<RequestException>(() => Read(SampleImages.Png()[..^12]));
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
            var image = await Assert.ThrowsAsync<RequestException>(() => Read(SampleImages.Png(), part));
            Assert.Equal("/workspace/f has no lines of text there: it is image/png.", image.Message);
            var binary = await Assert.ThrowsAsync<RequestException>(() => Read([1, 0, 2, 0, 10, 3, 0, 10], part));
            Assert.Equal("/workspace/f has no lines of text there: it is binary.", binary.Message);
            Assert.Contains("encoding=latin1", binary.Hint, StringComparison.Ordinal);
        }
        Assert.Equal("end\n", (await Read([.. new byte[200_000], .. "\nend\n"u8], new() { TailLines = 1 })).Content);
        Assert.Equal("latin1", (await Read([1, 0, 2, 0, 10, 3], new() { Line = 1, Encoding = "latin1" })).Encoding);
    }

    [Fact]
    public async Task Two_kinds_of_part_at_once_are_refused() =>
        await Assert.ThrowsAsync<RequestException>(() => Read("x"u8.ToArray(), new() { Line = 1, Offset = 0 }));

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
}
