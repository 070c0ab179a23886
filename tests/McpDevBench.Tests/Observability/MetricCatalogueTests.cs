using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Tests.Observability;

public sealed class MetricCatalogueTests
{
    private const int HostileValues = 1_000_000;

    private static MetricCatalogue Create() => Metering.Catalogue();

    [Fact]
    public async Task What_happened_is_counted_and_nothing_else_is_there()
    {
        var metrics = Create();
        metrics.Api.Served("exec", TimeSpan.FromMilliseconds(80), errorType: "timeout");
        metrics.Containers.Counted(2, 1);
        metrics.Containers.Spawned("cold", TimeSpan.FromSeconds(1));
        metrics.Execs.Started(TimeSpan.FromMilliseconds(2));
        metrics.Execs.Ended("timed_out", TimeSpan.FromSeconds(3));
        metrics.Execs.OutputReceived("stdout", 10);
        metrics.Files.Done("read", "success", TimeSpan.FromMilliseconds(1));
        metrics.Engine.Called("create", "ok", TimeSpan.FromMilliseconds(40));
        metrics.Sweeps.Reconciled("success", DateTimeOffset.UnixEpoch.AddSeconds(5), TimeSpan.FromMilliseconds(1), ["adopted", "left_alone"]);
        metrics.Audit.Written("container.spawn", 7, TimeSpan.FromMilliseconds(1));
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
            "mcp_docker_api_duration_seconds_count{endpoint=\"create\",status=\"ok\"} 1",
            "mcp_reconcile_drift_total{kind=\"left_alone\"} 1",
            "mcp_reconcile_healed_total{kind=\"adopted\"} 1",
            "mcp_reconcile_healed_total{kind=\"left_alone\"} 0",
            "mcp_reconcile_last_success_timestamp_seconds 5",
            "mcp_audit_records_total{event_type=\"container.spawn\"} 1",
            "mcp_audit_last_sequence 7",
            $"mcp_build_info{{version=\"{BuildInfo.Version}\",commit=\"{BuildInfo.Commit}\"}} 1",
        ];
        Assert.All(expected, line => Assert.Contains(line, text));
        Assert.All(Lines(text), line => Assert.Matches("^(# (HELP|TYPE) )?(mcp|container)_", line));
    }

    [Fact]
    public async Task No_word_from_outside_makes_a_series()
    {
        var metrics = Create();
        Everything(metrics, "other");
        var before = Series(await metrics.ExportAsync(CancellationToken.None));
        for (var number = 0; number < HostileValues; number++)
            Everything(metrics, $"evil-{number}\n{{a=\"b\"}}");
        Assert.Equal(before, Series(await metrics.ExportAsync(CancellationToken.None)));
    }

    [Fact]
    public async Task A_method_s_errors_begin_at_zero_with_its_first_call()
    {
        var metrics = Create();
        metrics.Api.Served("spawn", TimeSpan.Zero, errorType: null);
        var text = await metrics.ExportAsync(CancellationToken.None);
        Assert.All(LabelValues.Errors.Words, error => Assert.Contains($"mcp_api_errors_total{{method=\"spawn\",error_type=\"{error}\"}} 0", text));
        Assert.DoesNotContain("mcp_api_errors_total{method=\"exec\"", text);
    }

    /// <summary>Every verb that takes a word, with the same word.</summary>
    private static void Everything(MetricCatalogue metrics, string word)
    {
        metrics.Api.Served(word, TimeSpan.Zero, word);
        metrics.Containers.Spawned(word, TimeSpan.Zero);
        metrics.Containers.SpawnFailed(word, word);
        metrics.Containers.SpawnPhaseDone(word, TimeSpan.Zero);
        metrics.WarmPool.Missed(word);
        metrics.Execs.Ended(word, TimeSpan.Zero);
        metrics.Execs.OutputReceived(word, 1);
        metrics.Execs.OutputDropped(word, 1);
        metrics.Files.Done(word, word, TimeSpan.Zero);
        metrics.Engine.Called(word, word, TimeSpan.Zero);
        metrics.Agents.Reconnected(word);
        metrics.Sweeps.Reconciled(word, default, TimeSpan.Zero, [word]);
        metrics.Sweeps.Collected(word, default, TimeSpan.Zero, [word]);
        metrics.Audit.Written(word, 1, TimeSpan.Zero);
        metrics.Access.Decided(word, allowed: true);
        metrics.Access.Denied(word);
        metrics.Access.Refused(new RefusalException(RefusalCode.Forbidden, "", "") { Rule = word });
    }

    private static int Series(string text) => Lines(text).Count(line => line[0] != '#');

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
