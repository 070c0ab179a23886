using McpDevBench.Mcp;
using Microsoft.AspNetCore.Http;

namespace McpDevBench.Tests.Mcp;

public sealed class FileHeadersTests
{
    [Theory]
    [InlineData("bytes=0-9", null, 0L, 10L)]
    [InlineData("bytes=90-", null, 90L, 10L)]
    [InlineData("bytes=90-1000", null, 90L, 10L)]
    [InlineData("bytes=-10", null, 90L, 10L)]
    [InlineData("bytes=-1000", null, 0L, 100L)]
    [InlineData("bytes=100-", null, 0L, 0L)]
    [InlineData("bytes=0-9", "\"e\"", 0L, 10L)]
    [InlineData("bytes=0-9", "\"other\"", null, null)]
    [InlineData("bytes=0-9,20-29", null, null, null)]
    [InlineData("lines=0-9", null, null, null)]
    [InlineData("nonsense", null, null, null)]
    [InlineData("", null, null, null)]
    public void A_single_range_of_a_file_of_100_bytes(string range, string? ifRange, long? offset, long? length)
    {
        var headers = new HeaderDictionary { ["Range"] = range };
        if (ifRange is not null)
            headers["If-Range"] = ifRange;
        Assert.Equal(offset is null ? null : (offset.Value, length!.Value), FileHeaders.ReadRange(headers, 100, "\"e\""));
    }

    [Fact]
    public void Etags_are_quoted_on_the_way_out_and_bare_on_the_way_in()
    {
        Assert.Equal("\"abc\"", FileHeaders.Quote("abc"));
        Assert.Equal("abc", FileHeaders.Single("\"abc\"", "If-Match"));
        Assert.Equal("*", FileHeaders.Single("*", "If-None-Match"));
        Assert.Null(FileHeaders.Single(default, "If-Match"));
        Assert.Throws<RefusalException>(() => FileHeaders.Single("\"a\", \"b\"", "If-Match"));
        Assert.Throws<RefusalException>(() => FileHeaders.Single("abc", "If-Match"));
        Assert.True(FileHeaders.Matches("\"x\", \"abc\"", "\"abc\""));
        Assert.True(FileHeaders.Matches("*", "\"abc\""));
        Assert.False(FileHeaders.Matches("\"x\"", "\"abc\""));
        Assert.False(FileHeaders.Matches(default, "\"abc\""));
    }
}
