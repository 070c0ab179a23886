using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>
/// Every request is answered, and one that is no call is answered as the client's mistake, over HTTP and on standard input.
/// </summary>
public sealed class FormFaultTests : IAsyncLifetime
{
    private const string ClientInfo = """{"name":"a","version":"1"}""";

    private TestServer _server = null!;

    public static TheoryData<string, string> Initializes => new()
    {
        { "", "'params' is missing" },
        { ""","params":{}""", "'params.protocolVersion' is missing" },
        { ""","params":[]""", "'params' must be an object" },
        { ""","params":null""", "'params' must be an object" },
        { Params($$"""{"capabilities":{},"clientInfo":{{ClientInfo}}}"""), "'params.protocolVersion' is missing" },
        { Params($$"""{"protocolVersion":20251125,"clientInfo":{{ClientInfo}}}"""), "'params.protocolVersion' must be a string" },
        { Params($$"""{"protocolVersion":"2025-11-25","capabilities":[],"clientInfo":{{ClientInfo}}}"""), "'params.capabilities'" },
        { Params($$$"""{"protocolVersion":"2025-11-25","capabilities":{"roots":5},"clientInfo":{{{ClientInfo}}}}"""), "'params.capabilities.roots" },
        { Params("""{"protocolVersion":"2025-11-25","capabilities":{}}"""), "'params.clientInfo' is missing" },
        { Params("""{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":"a"}"""), "'params.clientInfo' must be an object" },
        { Params(
            """{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"version":"1"}}"""), "'params.clientInfo.name' is missing" },
        { Params("""{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a"}}"""), "'params.clientInfo.version' is missing" },
        {
            Params("""{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":1.0}}"""),
            "'params.clientInfo.version' must be a string"
        },
        {
            Params("""{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1","title":5}}"""),
            "'params.clientInfo.title'"
        },
    };

    public async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync(null, contract => contract.Services.AddSingleton<McpServerTool, AuditQueryTool>());

    [Theory]
    [MemberData(nameof(Initializes))]
    public async Task An_initialize_without_what_it_needs_names_the_member(string rest, string member)
    {
        var message = $$"""{"jsonrpc":"2.0","id":1,"method":"initialize"{{rest}}}""";
        var (status, answer) = await PostAsync(Encoding.UTF8.GetBytes(message));
        Assert.Equal((HttpStatusCode.BadRequest, -32602, 1), (status, (int)answer["error"]!["code"]!, (int)answer["id"]!));
        Assert.Contains(member, (string?)answer["error"]!["message"]);
        Assert.DoesNotContain(_server.Log.Lines(), line => line.Contains("\"ERROR\"", StringComparison.Ordinal));
        answer = await RefusedAsync(Encoding.UTF8.GetBytes(message));
        Assert.Equal((-32602, 1), ((int)answer["error"]!["code"]!, (int)answer["id"]!));
        Assert.Contains(member, (string?)answer["error"]!["message"]);
    }

    [Fact]
    public void An_initialize_of_a_revision_that_has_none_is_left_to_the_sdk() => Assert.Null(FormFault.Find(
        """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"""u8));

    [Theory]
    [InlineData("1.5")]
    [InlineData("99999999999999999999")]
    [InlineData("1e99")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("\"\\ud800\"")]
    public async Task An_id_that_no_answer_can_repeat_is_refused_with_the_id_null(string id)
    {
        var message = Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{id}},"method":"ping"}""");
        var (status, answer) = await PostAsync(message);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        foreach (var refused in new[] { answer, await RefusedAsync(message) })
        {
            Assert.Equal(-32600, (int)refused["error"]!["code"]!);
            Assert.True(refused.AsObject().ContainsKey("id") && IdOf(refused) is null, refused.ToJsonString());
            Assert.Contains("'id'", (string?)refused["error"]!["message"]);
            Assert.NotNull(refused["error"]!["data"]!["correlation_id"]);
        }
    }

    [Theory]
    [InlineData("1.0", 1)]
    [InlineData("1e2", 100)]
    [InlineData("-0.0", 0)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public async Task A_whole_number_in_another_form_is_the_number(string id, long number)
    {
        var message = $$"""{"jsonrpc":"2.0","method":"ping","params":{"id":1.5},"id":{{id}}}""";
        var answer = await RawCall.PostAsync(_server, message);
        Assert.NotNull(answer["result"]);
        Assert.Equal(number, (long)answer["id"]!);
        var line = JsonNode.Parse(Assert.Single(await LinesAsync(Encoding.UTF8.GetBytes(message))))!;
        Assert.Equal((number, 1.5), ((long)line["id"]!, (double)line["params"]!["id"]!));
    }

    [Theory]
    [InlineData("garbage", -32700)]
    [InlineData("{", -32700)]
    [InlineData("{}", -32600)]
    [InlineData("[]", -32600)]
    [InlineData("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600)]
    [InlineData("5", -32600)]
    [InlineData("null", -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1}", -32600)]
    [InlineData("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600, 1)]
    [InlineData("{\"id\":1,\"method\":\"ping\"}", -32600, 1)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", -32600)]
    public async Task A_line_that_is_no_message_is_answered(string line, int code, int? id = null)
    {
        var answer = await RefusedAsync(Encoding.UTF8.GetBytes(line));
        Assert.Equal((code, id), ((int)answer["error"]!["code"]!, (int?)IdOf(answer)));
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_are_no_message()
    {
        byte[] message =
        [
            .. """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"audit_query","arguments":{"cursor":"a"""u8, 0xFF,
            .. "\"}}}"u8,
        ];
        var (status, answer) = await PostAsync(message);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        foreach (var refused in new[] { answer, await RefusedAsync(message) })
        {
            Assert.Equal(-32700, (int)refused["error"]!["code"]!);
            Assert.Contains("not UTF-8", (string?)refused["error"]!["message"]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"a"}}""")]
    public async Task What_is_right_passes_as_it_is(string line) =>
        Assert.Equal([line], await LinesAsync(Encoding.UTF8.GetBytes(line)));

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>On standard output the pipeline leaves the sentinel's id out.</summary>
    private static JsonNode? IdOf(JsonNode answer) => answer["id"] is { } id && id.ToString() != FormFault.NoId ? id : null;

    private static string Params(string json) => $",\"params\":{json}";

    private async Task<(HttpStatusCode, JsonNode)> PostAsync(byte[] message)
    {
        using var content = new ByteArrayContent(message);
        content.Headers.ContentType = new("application/json");
        using var response = await _server.Client.PostAsync("/mcp", content, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }

    /// <summary>What the pipeline answers to the line that standard input makes of the message.</summary>
    private async Task<JsonNode> RefusedAsync(byte[] message) =>
        await RawCall.PostAsync(_server, Assert.Single(await LinesAsync(message)));

    private static async Task<string[]> LinesAsync(byte[] message)
    {
        using var input = new MemoryStream([.. message, (byte)'\n']);
        await using var checkedInput = new CheckedInput(input);
        using var output = new MemoryStream();
        await checkedInput.CopyToAsync(output, 7, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray()).TrimEnd('\n').Split('\n');
    }
}
