using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>Clients that stop in the middle of a large request or answer, and stay: what they hold is soon free again.</summary>
public sealed class StalledCallTests : IAsyncLifetime
{
    private const int Stalled = 8, MaxBody = 4 << 20;

    /// <summary>One after the other, they would hold the memory for longer than a call waits for it.</summary>
    private const int Unread = 6;

    private const int AnswerLength = 24 << 20;

    private readonly List<TcpClient> _sockets = [];
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(null, McpServerTool.Create(
        async () =>
        {
            // All that there is for large answers.
            await CallMemory.TakeForAnswerAsync(64 << 20, 1, TestContext.Current.CancellationToken);
            return new string('x', AnswerLength);
        },
        new McpServerToolCreateOptions { Name = "large" }));

    [Fact]
    public async Task Requests_that_are_never_complete_leave_room_for_others()
    {
        var beginning = new byte[MaxBody - 1];
        beginning.AsSpan().Fill((byte)' ');
        foreach (var _ in Enumerable.Range(0, Stalled))
            await (await OpenAsync(MaxBody)).GetStream().WriteAsync(beginning, TestContext.Current.CancellationToken);
        var (status, answer) = await PostAsync("tools/list", "{}", new string(' ', MaxBody - 1000));
        Assert.Equal((HttpStatusCode.OK, "large"), (status, (string?)answer["result"]?["tools"]?[0]?["name"]));
    }

    [Fact]
    public async Task A_short_request_never_waits_for_what_others_hold()
    {
        var budgets = _server.Services.GetRequiredService<CallBudgets>();
        await budgets.Small.TakeAsync(budgets.Small.Total, TestContext.Current.CancellationToken);
        var (status, answer) = await PostAsync("tools/list", "{}", "");
        Assert.Equal((HttpStatusCode.OK, "large"), (status, (string?)answer["result"]?["tools"]?[0]?["name"]));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json, text/event-stream")]
    public async Task Answers_that_are_not_read_leave_room_for_others(string accept)
    {
        foreach (var _ in Enumerable.Range(0, Unread))
            await AskAsync(accept);
        // The first of them has its answer, and the others wait for what it holds.
        await _sockets[0].GetStream().ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken);
        var (status, answer) = await PostAsync("tools/call", """{"name":"large","arguments":{}}""", "");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(AnswerLength, ((string?)answer["result"]?["content"]?[0]?["text"])?.Length);
        await Eventually.IsAsync(
            () => _server.Log.Lines().Any(line => line.Contains("the client does not read its answer", StringComparison.Ordinal)));
        var metrics = await _server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("""mcp_slow_clients_total{direction="answer"} 0""", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(_server.Log.Lines(), line => line.Contains("\"ERROR\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json, text/event-stream")]
    public async Task An_answer_that_is_read_late_is_whole_and_holds_no_memory_until_then(string accept)
    {
        var stream = await AskAsync(accept);
        await stream.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken);
        await Eventually.IsAsync(() => _server.Services.GetRequiredService<CallBudgets>().Answers.Used == 0);
        var (letters, buffer) = (0, new byte[64 << 10]);
        // The answer has the text once, and ends with the last chunk.
        for (var end = ""; !end.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal);)
        {
            var read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
            Assert.NotEqual(0, read);
            letters += buffer.AsSpan(0, read).Count((byte)'x');
            end = (end + Encoding.ASCII.GetString(buffer, 0, read))[^Math.Min(end.Length + read, 7)..];
        }
        Assert.InRange(letters, AnswerLength, AnswerLength + 100);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Asks for the large answer, and reads nothing of it.</summary>
    private async Task<NetworkStream> AskAsync(string accept)
    {
        var body = Encoding.UTF8.GetBytes(Message("tools/call", """{"name":"large","arguments":{}}"""));
        var stream = (await OpenAsync(body.Length, accept)).GetStream();
        await stream.WriteAsync(body, TestContext.Current.CancellationToken);
        return stream;
    }

    private static string Message(string method, string parameters) =>
        $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{{parameters}}}""";

    private async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(string method, string parameters, string padding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = new StringContent(Message(method, parameters) + padding, Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await _server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }

    private async Task<TcpClient> OpenAsync(int length, string accept = "application/json")
    {
        var socket = new TcpClient { ReceiveBufferSize = 4096 };
        _sockets.Add(socket);
        await socket.ConnectAsync("127.0.0.1", _server.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        var head = "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + $"Accept: {accept}\r\nContent-Length: {length}\r\n\r\n";
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        return socket;
    }
}
