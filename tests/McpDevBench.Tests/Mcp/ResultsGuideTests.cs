using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>docs/guide/results.md has every member of every result.</summary>
public sealed class ResultsGuideTests
{
    [Fact]
    public void Every_member_of_a_result_is_in_the_guide()
    {
        using var server = TestServer.Whole(new() { ["MCP_TOOLSETS"] = ToolSelection.ToolsetNames });
        var guide = File.ReadAllText(Guide());
        var missing = server.Services.GetServices<McpServerTool>()
            .SelectMany(tool => MembersOf(tool.GetType().BaseType!.GetGenericArguments()[1], [])
                .Select(name => (Name: name, Tool: tool.ProtocolTool.Name)))
            .Where(member => !guide.Contains($"`{member.Name}`", StringComparison.Ordinal))
            .Select(member => $"{member.Name} of {member.Tool}").Distinct().ToList();
        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    private static IEnumerable<string> MembersOf(Type type, HashSet<Type> seen)
    {
        var item = type.IsGenericType ? type.GetGenericArguments()[0] : type;
        if (item.Assembly != typeof(McpOptions).Assembly || item.IsEnum || !seen.Add(item))
            return [];
        return item.GetProperties().Where(member => member.GetIndexParameters().Length == 0 && member.GetMethod is { IsStatic: false }
                && !member.IsDefined(typeof(JsonIgnoreAttribute), inherit: false))
            .SelectMany(member => MembersOf(Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType, seen)
                .Prepend(JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name)));
    }

    private static string Guide([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/guide/results.md"));
}
