using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace McpDevBench.Tests.Access;

/// <summary>
/// Bytes that no HTTP or MCP client sends. Two readers of such a request could disagree about what it says, so none acts on it.
/// </summary>
public sealed class MalformedRequestTests : IAsyncLifetime
{
    private const string Ping = """{"jsonrpc":"2.0","id":7,"method":"ping"}""";

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync();

    [Theory]
    [InlineData("40", 200)]
    [InlineData("040", 200)]
    [InlineData("+40", 400)]
    [InlineData("-40", 400)]
    [InlineData("40,40", 400)]
    [InlineData("0x28", 400)]
    [InlineData("4e1", 400)]
    [InlineData("40\r\nContent-Length: 40", 400)]
    [InlineData("99999999999999999999", 400)]
    public async Task A_length_is_digits(string length, int status)
    {
        Assert.Equal(40, Ping.Length);
        Assert.StartsWith($"HTTP/1.1 {status} ", await SendAsync($"Content-Length: {length}\r\n\r\n{Ping}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("28", 200)]
    [InlineData("28;name=value", 200)]
    [InlineData("+28", 400)]
    [InlineData("0x28", 400)]
    [InlineData("80000000", 400)]
    [InlineData("FFFFFFFF", 400)]
    [InlineData("7FFFFFFFFFFFFFFF", 400)]
    [InlineData("FFFFFFFFFFFFFFFFF", 400)]
    [InlineData("100000000000000000028", 400)]
    public async Task The_size_of_a_chunk_is_a_number_that_a_chunk_can_have(string size, int status)
    {
        var answer = await SendAsync($"Transfer-Encoding: chunked\r\n\r\n{size}\r\n{Ping}\r\n0\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        if (status == 400)
            Assert.Contains("\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(_server.Log.Lines(), line => line.Contains("\"ERROR\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}""", "'id' is given twice")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/list"}""", "'method' is given twice")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"\u006dethod":"ping","method":"tools/list"}""", "'method' is given twice")]
    [InlineData("""{"jsonrpc":"2.0","jsonrpc":"2.0","id":7,"method":"ping"}""", "'jsonrpc' is given twice")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","params":{},"params":{}}""", "'params' is given twice")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized","method":"ping"}""", "'method' is given twice")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}""", "'method' and 'result'")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"m\u0065thod":"ping","r\u0065sult":{}}""", "'method' and 'result'")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized","result":{}}""", "'method' and 'result'")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","error":{"code":1,"message":"x"}}""", "'method' and 'error'")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":"x"}}""", "'result' and 'error'")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{},"params":{}}""", "'params' and 'result'")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}""", "'params' is not an object")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","params":"x"}""", "'params' is not an object")]
    [InlineData("\u00ff{}", "")]
    [InlineData("""[{"jsonrpc":"2.0","id":7,"method":"ping"}]""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7}""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping"}{"jsonrpc":"2.0","id":8,"method":"ping"}""", "")]
    public async Task A_message_is_one_request_or_one_response(string message, string reason)
    {
        foreach (var mark in new[] { "", "\ufeff" })
        {
            var body = mark + message;
            var answer = await SendAsync($"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            var error = JsonNode.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)])!;
            Assert.Equal(("2.0", -32600), ((string?)error["jsonrpc"], (int)error["error"]!["code"]!));
            Assert.Contains(reason, (string?)error["error"]!["message"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_are_no_message()
    {
        const string message = """{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"ÿÿ"}}""";
        var answer = await SendAsync(Encoding.Latin1.GetBytes($"Content-Length: {message.Length}\r\n\r\n{message}"));
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("The message is not UTF-8.", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0,", 70_000)]
    [InlineData("{},", 70_000)]
    [InlineData("\"\",", 2_000_000)]
    [InlineData("[", 70)]
    public async Task A_message_with_more_than_a_call_can_have_is_not_parsed(string piece, int count)
    {
        var (isDeep, most) = (piece == "[", 4_000_000 / piece.Length);
        var values = string.Concat(Enumerable.Repeat(piece, Math.Min(count, most))) + "0" + (isDeep ? new string(']', count) : "");
        var body = """{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":[""" + values + "]}}";
        var answer = await SendAsync($"Content-Length: {body.Length}\r\n\r\n{body}");
        Assert.StartsWith(isDeep ? "HTTP/1.1 400 " : "HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"jsonrpc\":\"2.0\"", answer, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<string> SendAsync(string rest) => SendAsync(Encoding.UTF8.GetBytes(rest));

    private async Task<string> SendAsync(byte[] rest)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", _server.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        var head =
            "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\nConnection: close\r\n";
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. rest], TestContext.Current.CancellationToken);
        using var answer = new StreamReader(stream);
        return await answer.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
