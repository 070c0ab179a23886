using System.Buffers;
using System.Text;
using System.Text.Json;
using McpDevBench.Mcp;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>What goes out has no escape that it does not need, and means the same.</summary>
public sealed class RelaxedJsonTests
{
    [Theory]
    [InlineData("""{"a":"it\u0027s \u003Cb\u003E \u0026 \u002B \u0060"}""", """{"a":"it's <b> & + `"}""")]
    [InlineData("""{"a":"\u0022 \\ \u005c"}""", """{"a":"\" \\ \\"}""")]
    [InlineData("""{"a":"\u00e9\u4E2D\uD83D\uDE00"}""", """{"a":"é中😀"}""")]
    [InlineData("""{"a":"\\u0027 \\\u0027 \\\\u0027"}""", """{"a":"\\u0027 \\' \\\\u0027"}""")]
    [InlineData(
        """{"a":"\n\r\t\u0000\u001b\u007f\u0085\u2028\u2029\ufeff"}""", """{"a":"\n\r\t\u0000\u001b\u007f\u0085\u2028\u2029\ufeff"}""")]
    [InlineData("""{"a":"\ud83d","b":"\ud83d\n","c":"\ud83d\u0027\ude00"}""", """{"a":"\ud83d","b":"\ud83d\n","c":"\ud83d\u0027\ude00"}""")]
    [InlineData("data: {\"a\":\"\\u0027\"}\n\n", "data: {\"a\":\"'\"}\n\n")]
    public void Escapes_stay_only_where_they_are_needed(string json, string relaxed)
    {
        for (var size = 1; size <= json.Length; size++)
            Assert.Equal(relaxed, Relaxed(json, size));
    }

    [Fact]
    public void Any_text_means_the_same_afterwards()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var text = string.Concat(
                Enumerable.Range(0, random.Next(30)).Select(
                    _ => random.Next(4) switch
                    {
                        0 => "\\",
                        1 => new Rune(random.Next(0xE000, 0x110000)).ToString(),
                        2 => $"{(char)random.Next(0x80)}",
                        _ => "u0027",
                    }));
            var json = $"\"{JsonEncodedText.Encode(text)}\"";
            var relaxed = Relaxed(json, random.Next(1, 9));
            Assert.True(JsonElement.Parse(relaxed).GetString() == text, $"seed {seed}: {json}");
            Assert.DoesNotContain('\n', relaxed);
        }
    }

    [Fact]
    public async Task Answers_on_the_wire_are_relaxed_in_text_and_structure()
    {
        const string text = "it's <b> & é 😀";
        using var server = await TestServer.StartAsync(null, new Probe(text));
        var answer = await RawCall.TextAsync(server, """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"probe"}}""");
        Assert.Equal(2, answer.Split(text).Length - 1);
        Assert.DoesNotContain("\\u", answer);
        var list = await RawCall.TextAsync(server, """{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}""");
        Assert.Contains("the tool's <text>", list);
    }

    [Fact]
    public async Task Text_goes_out_alone_if_the_operator_says_so()
    {
        using var server = await TestServer.StartAsync(new() { ["MCP_STRUCTURED_OUTPUT"] = "off" }, new Probe("x"));
        var result = (await RawCall.ToolAsync(server, "probe"))["result"]!.AsObject();
        Assert.Equal("x", (string?)result["content"]![0]!["text"]);
        Assert.False(result.ContainsKey("structuredContent"));
        var tool = (
            await RawCall.PostAsync(
                server, """{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"""))["result"]!["tools"]![0]!.AsObject();
        Assert.False(tool.ContainsKey("outputSchema"));
        Assert.True(tool.ContainsKey("annotations"));
        Assert.True(tool.ContainsKey("inputSchema"));
        var error = (await RawCall.ToolAsync(server, "metrics"))["result"]!.AsObject();
        Assert.True((bool)error["isError"]!);
        Assert.False(error.ContainsKey("structuredContent"));
    }

    private static string Relaxed(string json, int pieces)
    {
        var (relaxed, output) = (new RelaxedJson(), new ArrayBufferWriter<byte>());
        foreach (var piece in Encoding.UTF8.GetBytes(json).Chunk(pieces))
            relaxed.Append(piece, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private sealed class Probe(string text) : McpServerTool
    {
        public override Tool ProtocolTool { get; } = new()
        {
            Name = "probe",
            Description = "the tool's <text>",
            OutputSchema = JsonElement.Parse("""{"type":"object","properties":{"a":{"type":"string"}}}"""),
            Annotations = new() { ReadOnlyHint = true },
        };

        public override IReadOnlyList<object> Metadata => [];

        public override ValueTask<CallToolResult> InvokeAsync(
            RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(new CallToolResult
        {
            Content = [new TextContentBlock { Text = text }],
            StructuredContent = JsonElement.Parse($$"""{"a":"{{text}}"}"""),
        });
    }
}
