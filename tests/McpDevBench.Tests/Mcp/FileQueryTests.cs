using McpDevBench.Mcp;
using Microsoft.AspNetCore.Http;

namespace McpDevBench.Tests.Mcp;

/// <summary>A misspelt parameter of the file endpoint is an error, and not a request for something else.</summary>
public sealed class FileQueryTests
{
    [Theory]
    [InlineData("PUT", "?path=a&unpak=true", "'unpak'", "path, mode, unpack")]
    [InlineData("PUT", "?path=a&unpack=yes", "unpack='yes'", "unpack=true")]
    [InlineData("PUT", "?path=a&unpack=", "unpack=''", "unpack=true")]
    [InlineData("PUT", "?path=a&unpack=true&mode=644", "'mode' is not allowed for PUT with unpack", "path, unpack")]
    [InlineData("PUT", "?path=a&format=tar", "'format' is not allowed for PUT", "path, mode, unpack")]
    [InlineData("PUT", "?path=a&path=b", "path is given 2 times", "once")]
    [InlineData("GET", "?pat=a", "'pat' is not allowed for GET", "path, format, include, exclude")]
    [InlineData("GET", "?path=a&unpack=true", "'unpack' is not allowed for GET", "path, format, include, exclude")]
    [InlineData("HEAD", "?x", "'x' is not allowed for HEAD", "path")]
    public void What_is_not_understood_is_named_and_what_is_allowed_too(string method, string query, string message, string hint)
    {
        var refused = Assert.Throws<RequestException>(() => FileQuery.Check(Request(method, query)));
        Assert.Equal(ErrorCode.InvalidArgument, refused.Code);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains(hint, refused.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "?path=a&format=tar&include=*.c&include=*.h&exclude=b&exclude=c")]
    [InlineData("HEAD", "?Path=a")]
    [InlineData("PUT", "?path=a&mode=755&unpack=false")]
    [InlineData("PUT", "?path=a&unpack=TRUE")]
    [InlineData("PUT", "?path=a&unpack=1")]
    public void What_is_documented_is_taken(string method, string query) => FileQuery.Check(Request(method, query));

    private static HttpRequest Request(string method, string query)
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.QueryString) = (method, new QueryString(query));
        return context.Request;
    }
}
