using McpDevBench.Observability;

namespace McpDevBench.Tests.Observability;

public sealed class MetricsTests
{
    [Fact]
    public async Task What_happened_is_counted_and_nothing_else_is_there()
    {
        var metrics = new Metrics(TimeProvider.System);
        metrics.RequestServed("exec", TimeSpan.FromMilliseconds(80));
        metrics.RequestFailed("exec", "timeout");
        metrics.ContainersCounted(2, 1);
        metrics.ContainerSpawned("cold", TimeSpan.FromSeconds(1));
        metrics.ExecutionStarted(TimeSpan.FromMilliseconds(2));
        metrics.ExecutionEnded("timed_out", TimeSpan.FromSeconds(3));
        metrics.OutputReceived("stdout", 10);
        metrics.FileOperationDone("read", "success", TimeSpan.FromMilliseconds(1));
        var text = await metrics.ExportAsync(CancellationToken.None);
        string[] expected =
        [
            "mcp_api_requests_total{method=\"exec\"} 1",
            "mcp_api_request_duration_seconds_bucket{method=\"exec\",le=\"0.1\"} 1",
            "mcp_api_errors_total{method=\"exec\",error_type=\"timeout\"} 1",
            "mcp_containers_total 3",
            "mcp_container_spawns_total{path=\"cold\",result=\"success\"} 1",
            "mcp_container_spawn_duration_seconds_bucket{path=\"cold\",le=\"5\"} 1",
            "mcp_executions_running 0",
            "mcp_executions_total{outcome=\"timed_out\"} 1",
            "mcp_execution_timeout_total 1",
            "mcp_execution_output_bytes_total{stream=\"stdout\"} 10",
            "mcp_fs_operations_total{operation=\"read\",result=\"success\"} 1",
            $"mcp_build_info{{version=\"{BuildInfo.Version}\",commit=\"{BuildInfo.Commit}\"}} 1",
        ];
        Assert.All(expected, line => Assert.Contains(line, text));
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^(# (HELP|TYPE) )?mcp_", line));
    }
}
