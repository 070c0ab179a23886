using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>What models are told of the tools. A change of any word shows in <c>tools.json</c>.</summary>
public sealed class ToolContractTests : IDisposable
{
    // Every byte is read by every model in every conversation.
    private const int MaxBytes = 24 * 1024;
    private const int MaxTextBytes = 2000;

    /// <summary>Around the result on the wire, and what a longer name of the default image adds.</summary>
    private const int Envelope = 200;

    private readonly TestServer _server = TestServer.Whole(new() { ["MCP_TOOLSETS"] = ToolSelection.ToolsetNames });
    private readonly TestServer _default = TestServer.Whole();

    private IEnumerable<Tool> Tools => _server.Services.GetServices<McpServerTool>().Select(tool => tool.ProtocolTool);

    [Fact]
    public void Every_tool_is_told_whole()
    {
        Assert.Equal(ToolCatalogue.All.Select(tool => tool.Name), Tools.Select(tool => tool.Name));
        foreach (var tool in Tools)
        {
            Assert.Matches("^[a-z][a-z_]*$", tool.Name);
            Assert.False(string.IsNullOrWhiteSpace(tool.Title), tool.Name);
            Assert.True(tool.Description is { Length: > 10 }, tool.Name);
            Assert.Equal("object", tool.InputSchema.GetProperty("type").GetString());
            Assert.Equal("object", tool.OutputSchema!.Value.GetProperty("type").GetString());
            var hints = tool.Annotations!;
            Assert.True(
                hints is { ReadOnlyHint: not null, DestructiveHint: not null, IdempotentHint: not null, OpenWorldHint: not null },
                tool.Name);
            Assert.False(hints.ReadOnlyHint == true && hints.DestructiveHint == true, tool.Name);
        }
    }

    [Fact]
    public void The_list_is_small()
    {
        var listed = _default.Services.GetServices<McpServerTool>().Select(tool => tool.ProtocolTool).ToList();
        Assert.Equal(ToolCatalogue.All.Where(ToolSelection.Default.Offers).Select(tool => tool.Name), listed.Select(tool => tool.Name));
        AssertSmall(listed, "the default toolsets");
        AssertSmall([.. Tools], "all toolsets");
        foreach (var tool in Tools)
            Assert.True(Encoding.UTF8.GetByteCount(tool.Description!) <= MaxTextBytes, tool.Name);
    }

    [Fact]
    public void The_contract_is_the_committed_one()
    {
        var now = string.Join(",\n", Tools.Select(tool => Pretty(Json(tool))));
        var file = Snapshot();
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "true")
            File.WriteAllText(file, $"[\n{now}\n]\n");
        Assert.True(File.Exists(file) && File.ReadAllText(file) == $"[\n{now}\n]\n",
            "The tools differ from tests/McpDevBench.Tests/Mcp/tools.json. If that is meant, run the tests once with UPDATE_SNAPSHOTS=true and review the difference.");
    }

    [Fact]
    public void Instructions_are_short()
    {
        Assert.InRange(Encoding.UTF8.GetByteCount(Instructions.Text(allowNetwork: true)), 200, MaxTextBytes);
        Assert.Contains("network=bridge", Instructions.Text(allowNetwork: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_policy_does_not_allow_is_not_spoken_of()
    {
        Assert.DoesNotContain("bridge", Instructions.Text(allowNetwork: false), StringComparison.Ordinal);
        Assert.DoesNotContain("bridge", Json(new ListToolsResult { Tools = [.. Tools] }), StringComparison.Ordinal);
        using var open = TestServer.Whole(new() { ["MCP_ALLOW_NETWORK"] = "true", ["MCP_TOOLSETS"] = ToolSelection.ToolsetNames });
        var listed = open.Services.GetServices<McpServerTool>().Select(tool => tool.ProtocolTool).ToList();
        Assert.Contains("\"bridge\"", Json(new ListToolsResult { Tools = listed }), StringComparison.Ordinal);
        AssertSmall(listed, "a network");
    }

    public void Dispose()
    {
        _server.Dispose();
        _default.Dispose();
    }

    private static void AssertSmall(IList<Tool> listed, string which)
    {
        var bytes = Envelope + Encoding.UTF8.GetByteCount(Json(new ListToolsResult { Tools = listed }));
        Assert.True(bytes <= MaxBytes, $"tools/list has {bytes} bytes with {which}; {MaxBytes} is the limit. Shorten descriptions.");
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(T)));

    private static string Pretty(string json)
    {
        using var stream = new MemoryStream();
        using (
            var writer = new Utf8JsonWriter(
                stream, new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonNode.Parse(json)!.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Snapshot([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "tools.json");
}
