using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>Which tools a client sees, and what it reads when it calls another one.</summary>
public sealed class ToolsetTests
{
    private static readonly string[] _operator = ["metrics", "reconcile", "garbage_collect", "audit_query"];

    [Fact]
    public void Operators_tools_are_off_by_default()
    {
        using var server = TestServer.Whole();
        var names = Names(server);
        Assert.Empty(names.Intersect(_operator));
        Assert.Contains("system_status", names);
        Assert.Contains("list_images", names);
    }

    [Theory]
    [InlineData("operator", "", "", "false", "metrics reconcile garbage_collect audit_query")]
    [InlineData("workspace,operator", "spawn,metrics", "", "false", "spawn metrics")]
    [InlineData("workspace,operator", "", "spawn,list_*,system_status,kill,attach", "true", "metrics audit_query")]
    public void Toolsets_and_lists_are_combined(string toolsets, string allow, string deny, string readOnly, string expected)
    {
        using var server = TestServer.Whole(
            new() { ["MCP_TOOLSETS"] = toolsets, ["MCP_TOOLS_ALLOW"] = allow, ["MCP_TOOLS_DENY"] = deny, ["MCP_READ_ONLY"] = readOnly });
        Assert.Equal(expected.Split(' '), Names(server));
    }

    [Theory]
    [InlineData("metrics", "toolset operator, which is off. The operator turns it on with MCP_TOOLSETS=workspace,exec,files,operator.")]
    [InlineData("kill", "denied it with MCP_TOOLS_DENY")]
    [InlineData("fs_write", "has set MCP_READ_ONLY")]
    public async Task A_disabled_tool_answers_with_the_setting_that_disables_it(string tool, string hint)
    {
        using var server = await TestServer.StartAsync(new() { ["MCP_TOOLS_DENY"] = "kill", ["MCP_READ_ONLY"] = "true" }, WithOneTool);
        var error = (await RawCall.ToolAsync(server, tool))["result"]!["structuredContent"]!["error"]!;
        Assert.Equal(("forbidden", $"{tool} is disabled on this server."), ((string?)error["code"], (string?)error["message"]));
        Assert.Contains(hint, (string?)error["hint"]);
    }

    [Theory]
    [InlineData("fs_raed", "Unknown tool: 'fs_raed'. Did you mean fs_read?")]
    [InlineData("zzzzzzzzzzzz", "Unknown tool: 'zzzzzzzzzzzz'. tools/list has the names.")]
    public async Task An_unknown_tool_is_answered_with_the_nearest_name(string tool, string message)
    {
        using var server = await TestServer.StartAsync(null, WithOneTool);
        Assert.Equal(message, (string?)(await RawCall.ToolAsync(server, tool))["error"]!["message"]);
    }

    private static void WithOneTool(IMcpServerBuilder contract) => contract.Services.AddSingleton<McpServerTool, AuditQueryTool>();

    private static string[] Names(TestServer server) =>
        [.. server.Services.GetServices<McpServerTool>().Select(tool => tool.ProtocolTool.Name)];
}
