using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>Legal JSON that no text can hold is the client's mistake wherever it is, and never a failure of the server.</summary>
public sealed class MessageFaultTests : IAsyncLifetime
{
    private TestServer _server = null!;

    /// <summary>Messages with % where half a character goes, and the name of the place.</summary>
    public static TheoryData<string, string> Places => new()
    {
        { Tool("""{"cursor":"a%b"}"""), "'cursor'" },
        { Tool("""{"cursor%":"a"}"""), """'cursor\ud800'""" },
        { Tool("""{"cursor":["a",{"b":"%"}]}"""), "'cursor.b'" },
        { Tool("""{"container_id":"%"}"""), "'container_id'" },
        { """{"jsonrpc":"2.0","id":1,"params":{"arguments":{"cursor":"%"},"name":"audit_query"},"method":"tools/call"}""", "'cursor'" },
        { """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"audit_%","arguments":{}}}""", "'params.name'" },
        {
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"na%":1,"name":"audit_query","arguments":{}}}""",
            """'params.na\ud800'"""
        },
        {
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":"%"},"name":"audit_query","arguments":"""
                + """{}}}""",
            "'params._meta.progressToken'"
        },
        {
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"%":1},"name":"audit_query","arguments":{}}}""",
            """'params._meta.\ud800'"""
        },
        { """{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"%"}}""", "'params.cursor'" },
        { """{"jsonrpc":"2.0","id":1,"method":"tools/%","params":{}}""", "'method'" },
        { """{"jsonrpc":"2.0","%":1,"id":1,"method":"tools/list","params":{}}""", """'\ud800'""" },
        { """{"jsonrpc":"2.0","id":1,"method":"resources/list","params":{"cursor":"%"}}""", "'params.cursor'" },
        { """{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"workspace://a/%"}}""", "'params.uri'" },
        { """{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"%"}}""", "'params.uri'" },
        { """{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"%"}}""", "'params.name'" },
        {
            """{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"run_tests","arguments":{"container_id":"%"}}}""",
            "'container_id'"
        },
        { """{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"run_tests","arguments":{"%":"a"}}}""", """'\ud800'""" },
        {
            """{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"%"},"argument":"""
                + """{"name":"image","value":"a"}}}""",
            "'params.ref.name'"
        },
        {
            """{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"a"},"argument":"""
                + """{"name":"image","value":"%"}}}""",
            "'params.argument.value'"
        },
        {
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":"""
                + """{"name":"%","version":"1"}}}""",
            "'params.clientInfo.name'"
        },
        {
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"%","capabilities":{},"clientInfo":"""
                + """{"name":"a","version":"1"}}}""",
            "'params.protocolVersion'"
        },
        { """{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"%"}}""", "'params.level'" },
        { """{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"%"}}""", "'params.x'" },
        {
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"audit_query","name":"kill","arguments":{}}}""",
            "'params.name' is given twice"
        },
        {
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"audit_query","arguments":{},"arguments":{}}}""",
            "'params.arguments' is given twice"
        },
        { """{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"a":{"b":1,"b":2}}}}""", "'params._meta.a.b' is given twice" },
    };

    public async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync(null, contract => contract.Services.AddSingleton<McpServerTool, AuditQueryTool>());

    [Theory]
    [MemberData(nameof(Places))]
    public async Task It_is_an_invalid_argument_with_its_place_over_http(string message, string place)
    {
        var answer = await RawCall.PostAsync(_server, Lone(message));
        if (answer["result"] is { } result)
        {
            Assert.Equal("invalid_argument", (string?)result["structuredContent"]!["error"]!["code"]);
            Assert.Contains(place, (string?)result["structuredContent"]!["error"]!["message"]);
        }
        else
        {
            Assert.Equal((1, -32602), ((int)answer["id"]!, (int)answer["error"]!["code"]!));
            Assert.Contains(place, (string?)answer["error"]!["message"]);
            Assert.NotNull(answer["error"]!["data"]!["correlation_id"]);
        }
        Assert.DoesNotContain(_server.Log.Lines(), line => line.Contains("\"ERROR\"", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task On_standard_input_it_becomes_a_message_that_is_refused(string message, string place)
    {
        var line = JsonNode.Parse(Assert.Single(await LinesAsync(Lone(message) + "\n")))!;
        var carried = (string?)(line["params"]!["\0fault"] ?? line["params"]!["arguments"]!["\0fault"]);
        Assert.Contains(place, carried);
        Assert.Equal(1, (int)line["id"]!);
        var refused = await RawCall.PostAsync(_server, line.ToJsonString());
        Assert.Contains(
            place,
            refused.ToJsonString(
                new()
                {
                    Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                    TypeInfoResolver = McpJson.Default,
                })
                .Replace("\\\\", "\\", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_other_line_passes_as_it_is()
    {
        string[] lines =
        [
            """{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\ud83d\ude00 \\ud800 é"}}""", "",
            """{"jsonrpc":"2.0","method":"notifications/x","params":{"a":"\ud800"}}""", """{"jsonrpc":"2.0","id":2,"method":"ping"}""",
        ];
        Assert.Equal([lines[0], "", lines[3]], await LinesAsync(string.Join('\n', lines)));
    }

    [Fact]
    public void No_message_with_whole_characters_is_changed()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var text = JsonEncodedText.Encode(
                string.Concat(
                    Enumerable.Range(0, random.Next(12)).Select(
                        _ => random.Next(3) == 0 ? "\\" : new Rune(random.Next(0xE000, 0x110000)).ToString()))).ToString();
            Assert.True(
                MessageFault.Find(Encoding.UTF8.GetBytes(Tool($$"""{"a":"{{text}}","b":[{"{{text}}":1}]}"""))) is null,
                $"seed {seed}: {text}");
            var broken = text.Insert(0, random.Next(2) == 0 ? "\\udc00" : "\\uD83Dx");
            Assert.True(MessageFault.Find(Encoding.UTF8.GetBytes(Tool($$"""{"a":"{{broken}}"}"""))) is not null, $"seed {seed}: {broken}");
        }
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Tool(string arguments) =>
        $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"audit_query","arguments":{{{arguments}}}}}""";

    private static string Lone(string message) => message.Replace("%", "\\ud800", StringComparison.Ordinal);

    /// <summary>Through the stream in pieces of a few bytes.</summary>
    private static async Task<string[]> LinesAsync(string text)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await using var checkedInput = new CheckedInput(input);
        using var output = new MemoryStream();
        await checkedInput.CopyToAsync(output, 7, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray()).TrimEnd('\n').Split('\n');
    }
}
