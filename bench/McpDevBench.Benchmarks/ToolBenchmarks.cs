using System.Text.Json;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using McpDevBench.Mcp;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Benchmarks;

/// <summary>
/// From the arguments as they were sent to the record that a tool works with, and back to a result. Measured against the serializer alone,
/// which checks nothing.
/// </summary>
public class ToolBenchmarks
{
    private static readonly JsonElement _exec = JsonElement.Parse(Probe.Arguments);
    private static readonly JsonElement _write = JsonElement.Parse(
        $$"""{"container_id":"c_0123456789abcdef","path":"src/main.py","content":"{{new string('a', 4096)}}","mode":"644"}""");

    private readonly ArgumentShape _execShape = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.ExecArguments));
    private readonly ArgumentShape _writeShape = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.FsWriteArguments));
    private readonly Probe _probe = new();
    private RequestContext<CallToolRequestParams> _request = null!;

    [GlobalSetup]
    public void Prepare()
    {
        var call = new JsonObject { ["name"] = "exec", ["arguments"] = JsonNode.Parse(Probe.Arguments) };
        var server = McpServer.Create(new StreamServerTransport(Stream.Null, Stream.Null), new McpServerOptions());
        _request = new(
            server, new JsonRpcRequest { Method = RequestMethods.ToolsCall, Id = new RequestId(1), Params = call },
            new CallToolRequestParams { Name = "exec" });
    }

    [BenchmarkCategory("exec"), Benchmark(Baseline = true, Description = "deserialise the arguments of exec")]
    public object Exec() => _exec.Deserialize(McpJson.Default.ExecArguments)!;

    [BenchmarkCategory("exec"), Benchmark(Description = "check and deserialise those of exec")]
    public object CheckedExec() => _execShape.Bind(_exec).Deserialize(McpJson.Default.ExecArguments)!;

    [BenchmarkCategory("exec"), Benchmark(Description = "call a tool with those of exec, result included")]
    public ValueTask<CallToolResult> Call() => _probe.InvokeAsync(_request);

    [BenchmarkCategory("write"), Benchmark(Baseline = true, Description = "deserialise the arguments of fs_write, 4 KiB of content")]
    public object Write() => _write.Deserialize(McpJson.Default.FsWriteArguments)!;

    [BenchmarkCategory("write"), Benchmark(Description = "check and deserialise those of fs_write")]
    public object CheckedWrite() => _writeShape.Bind(_write).Deserialize(McpJson.Default.FsWriteArguments)!;
}
