using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Protocol;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The operator's tools answer in bounds and state how to get the rest.</summary>
public sealed class OperatorAnswerTests
{
    /// <summary>The budget, and the few words that state what was left out.</summary>
    private const int MaxText = (16 << 10) + 512;

    [Fact]
    public async Task Metrics_fit_an_answer_with_and_without_a_prefix()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Exec("true");
        string[] calls = ["{}", """{"prefix": "mcp_"}""", """{"prefix": "mcp_", "buckets": true}""", """{"prefix": "mcp_exec"}"""];
        foreach (var arguments in calls)
        {
            var result = await assistant.CallRaw("metrics", Assistant.Arguments(arguments), progress: null);
            var (text, structure) = (Text(result), result.StructuredContent!.Value);
            Assert.InRange(Encoding.UTF8.GetByteCount(text), 500, MaxText);
            Assert.StartsWith(structure.GetProperty("text").GetString()!, text, StringComparison.Ordinal);
            Assert.Equal(
                structure.TryGetProperty("truncated", out _),
                text.Contains("bytes left out. Pass a longer prefix", StringComparison.Ordinal));
        }
        // What is cut can be had: a longer prefix has it whole.
        var spawn = await assistant.Call("metrics", ("prefix", "mcp_execution_duration"), ("buckets", true));
        Assert.Contains("le=\"+Inf\"", spawn.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.False(spawn.TryGetProperty("truncated", out _));
    }

    [Fact]
    public async Task Audit_records_come_in_pages_that_fit_and_together_are_all_of_them()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        for (var index = 0; index < 130; index++)
            await Refused.With("file_not_found", () => workspace.Read($"{new string('d', 200)}/{index}"));
        foreach (var details in new[] { false, true })
        {
            var seen = new List<long>();
            string? cursor = null;
            do
            {
                var arguments = new JsonObject { ["limit"] = 200, ["details"] = details };
                if (cursor is not null)
                    arguments["cursor"] = cursor;
                var result = await assistant.CallRaw("audit_query", Assistant.Arguments(arguments.ToJsonString()), progress: null);
                Assert.InRange(Encoding.UTF8.GetByteCount(Text(result)), 1, MaxText);
                var records = result.StructuredContent!.Value.GetProperty("records").EnumerateArray().ToList();
                Assert.All(records, record => Assert.Equal(details, record.TryGetProperty("principal", out _)));
                Assert.All(
                    records,
                    record => Assert.Contains(
                        $"{record.GetProperty("seq").GetInt64()} {record.GetProperty("timestamp").GetString()}", Text(result),
                        StringComparison.Ordinal));
                seen.AddRange(records.Select(record => record.GetProperty("seq").GetInt64()));
                cursor = result.StructuredContent!.Value.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
            }
            while (cursor is not null);
            Assert.Equal(seen.OrderDescending(), seen);
            Assert.Equal(seen.Distinct().Count(), seen.Count);
            Assert.True(seen.Count >= 130, $"{seen.Count} records");
        }
    }

    [Fact]
    public async Task The_status_counts_the_workspaces_that_should_be_connected_and_says_what_spawn_may_ask_for()
    {
        await using var server = await ServerProcess.Started(("MCP_MAX_MEMORY_MB", "1024"), ("MCP_ALLOWED_REGISTRIES", "docker.io"));
        await using (var assistant = await server.Connect())
        {
            await assistant.Spawn(Images.Busybox);
            await assistant.Spawn(Images.Busybox);
        }
        await server.KillHard();
        // Started again without an engine, it has not tried to connect to any agent.
        await server.Start("MCP_DOCKER_HOST", "unix:///nonexistent/docker.sock");
        await server.Answers("health/live");
        await using (var assistant = await server.Connect())
        {
            var result = await assistant.CallRaw("system_status", Assistant.Arguments("{}"), progress: null);
            Assert.Contains("agents: 0 of 2 running workspaces are connected", Text(result), StringComparison.Ordinal);
            var spawn = result.StructuredContent!.Value.GetProperty("spawn");
            Assert.Equal(
                (1024, Images.Busybox), (spawn.GetProperty("max_memory_mb").GetInt32(), spawn.GetProperty("default_image").GetString()));
            Assert.Equal(["none"], spawn.GetProperty("networks").EnumerateArray().Select(network => network.GetString()));
            Assert.Contains($"(default {Images.Busybox}); network none; memory_mb up to 1024", Text(result), StringComparison.Ordinal);
        }
        await server.KillHard();
        await server.Start("MCP_DOCKER_HOST", await DockerHost.Address);
        await server.Answers("health/ready");
    }

    private static string Text(CallToolResult result) =>
        string.Concat(result.Content.OfType<TextContentBlock>().Select(block => block.Text));
}
