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
        var request = Request("GET");
        request.Headers.Range = range;
        if (ifRange is not null)
            request.Headers.IfRange = ifRange;
        Assert.Equal(offset is null ? null : (offset.Value, length!.Value), FileHeaders.ReadRange(request, 100, "\"e\""));
    }

    [Theory]
    [InlineData("bytes=0-9")]
    [InlineData("bytes=100-")]
    public void Asking_for_the_headers_alone_has_no_range(string range)
    {
        var request = Request("HEAD");
        request.Headers.Range = range;
        Assert.Null(FileHeaders.ReadRange(request, 100, "\"e\""));
    }

    [Theory]
    [InlineData(null, "\"e\"", true)]
    [InlineData("*", "\"e\"", true)]
    [InlineData("\"e\"", "\"e\"", true)]
    [InlineData("\"x\", \"e\"", "\"e\"", true)]
    [InlineData("\"x\"", "\"e\"", false)]
    [InlineData("W/\"e\"", "\"e\"", false)]
    [InlineData("e", "\"e\"", false)]
    [InlineData(null, null, true)]
    [InlineData("*", null, true)]
    [InlineData("\"e\"", null, false)]
    public void A_download_is_of_what_its_If_Match_names_or_is_none(string? header, string? etag, bool matches)
    {
        var request = Request("GET");
        if (header is not null)
            request.Headers.IfMatch = header;
        var refusal = Record.Exception(() => FileHeaders.RequireMatch(request.Headers.IfMatch, etag)) as RequestException;
        Assert.Equal(matches ? null : ErrorCode.Conflict, refusal?.Code);
    }

    [Fact]
    public void A_part_of_a_file_is_not_taken_for_the_whole()
    {
        var request = Request("PUT");
        FileHeaders.RequireWhole(request.Headers);
        request.Headers.ContentRange = "bytes 0-9/100";
        var refusal = Assert.Throws<RequestException>(() => FileHeaders.RequireWhole(request.Headers));
        Assert.Equal(ErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains("Content-Range", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Etags_are_quoted_on_the_way_out_and_bare_on_the_way_in()
    {
        Assert.Equal("\"abc\"", FileHeaders.Quote("abc"));
        Assert.Equal("abc", FileHeaders.Single("\"abc\"", "If-Match"));
        Assert.Equal("*", FileHeaders.Single("*", "If-None-Match"));
        Assert.Null(FileHeaders.Single(default, "If-Match"));
        Assert.Throws<RequestException>(() => FileHeaders.Single("\"a\", \"b\"", "If-Match"));
        Assert.Throws<RequestException>(() => FileHeaders.Single("abc", "If-Match"));
        Assert.True(FileHeaders.Matches("\"x\", \"abc\"", "\"abc\""));
        Assert.True(FileHeaders.Matches("*", "\"abc\""));
        Assert.False(FileHeaders.Matches("\"x\"", "\"abc\""));
        Assert.False(FileHeaders.Matches(default, "\"abc\""));
    }

    private static HttpRequest Request(string method) => new DefaultHttpContext { Request = { Method = method } }.Request;
}
