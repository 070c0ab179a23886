using System.Net.Sockets;
using System.Text;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>
/// Requests that two readers could understand differently: a proxy and the server, or the check of a message and what acts on it.
/// </summary>
public sealed class MalformedMessageTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Ping = """{"jsonrpc":"2.0","id":7,"method":"ping"}""";

    [Fact]
    [Attack("lengths, sizes of chunks and members that two readers understand differently")]
    public async Task A_request_that_can_be_read_in_two_ways_is_refused()
    {
        string[] requests =
        [
            .. Lengths(
                "+40", "-40", "0x28", "4e1", "40,40", "40\r\nContent-Length: 41", "40\r\nTransfer-Encoding: chunked",
                "99999999999999999999"),
            .. Chunks("+28", "0x28", "-1", "7FFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFFF", "100000000000000000028"),
            .. Messages(
                """{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}""",
                """{"jsonrpc":"2.0","id":7,"\u006dethod":"ping","method":"tools/list"}""",
                """{"jsonrpc":"2.0","id":7,"method":"ping","params":{},"params":{}}""",
                """{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}""",
                """{"jsonrpc":"2.0","id":7,"method":"ping","error":{"code":1,"message":"x"}}""",
                """{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":"x"}}""",
                """{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}""",
                $"{Ping}{Ping}",
                $"[{Ping}]"),
        ];
        foreach (var request in requests)
        {
            var answer = await Send(request);
            Assert.True(answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal), $"{request}\n{answer}");
            // Headers that the web server cannot read are answered without a body.
            Assert.True(
                answer.Contains("Content-Length: 0", StringComparison.Ordinal) || answer.Contains(
                    "\"jsonrpc\":\"2.0\"", StringComparison.Ordinal),
                answer);
        }
        Assert.StartsWith("HTTP/1.1 200 ", await Send($"Content-Length: {Ping.Length}\r\n\r\n{Ping}"), StringComparison.Ordinal);
        Assert.DoesNotContain("\"ERROR\"", server.Log, StringComparison.Ordinal);
        AttackFigures.Add($"{requests.Length} requests refused");
    }

    private static IEnumerable<string> Lengths(params string[] lengths) =>
        lengths.Select(length => $"Content-Length: {length}\r\n\r\n{Ping}");

    private static IEnumerable<string> Chunks(params string[] sizes) =>
        sizes.Select(size => $"Transfer-Encoding: chunked\r\n\r\n{size}\r\n{Ping}\r\n0\r\n\r\n");

    private static IEnumerable<string> Messages(params string[] messages) =>
        messages.Select(message => $"Content-Length: {Encoding.UTF8.GetByteCount(message)}\r\n\r\n{message}");

    private async Task<string> Send(string rest)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", server.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        const string head =
            "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\nConnection: close\r\n";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(head + rest), TestContext.Current.CancellationToken);
        using var answer = new StreamReader(stream);
        return await answer.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
