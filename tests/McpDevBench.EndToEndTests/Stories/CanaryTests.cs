using System.Globalization;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Secrets of every kind go through everything that a client can send. Nobody who watches the server finds one again.</summary>
public sealed class CanaryTests
{
    [Fact]
    public async Task No_secret_of_anybody_is_in_logs_audit_metrics_traces_or_errors()
    {
        using var folder = new TemporaryFolder();
        await using var collector = new OtlpReceiver();
        var canaries = new Canaries();
        var metricsPort = Ports.Free();
        await using var server = await ServerProcess.Started(
        [
            ("MCP_LOG_FILE", folder["server.log"]), ("MCP_LOG_LEVEL", "DEBUG"), ("MCP_AUDIT_LOG_FILE", folder["audit.log"]),
            ("MCP_METRICS_ENABLED", "true"), ("MCP_METRICS_PORT", metricsPort.ToString(CultureInfo.InvariantCulture)),
            ("MCP_TRACING_ENABLED", "true"), ("MCP_TRACING_ENDPOINT", collector.Address), .. canaries.Settings,
        ]);
        var client = new RawClient(server);
        await using (var assistant = await server.Connect())
        {
            await canaries.Work(assistant);
            await canaries.Call(client, assistant);
            await canaries.Travel(server, client, assistant);
        }
        var metrics = await server.Http.GetStringAsync(
            new Uri($"http://127.0.0.1:{metricsPort}/metrics"), TestContext.Current.CancellationToken);
        await server.Stop();
        var token = TestContext.Current.CancellationToken;
        var audit = await File.ReadAllTextAsync(folder["audit.log"], token);

        canaries.AreNotIn("standard error", server.Log);
        canaries.AreNotIn("the log file", await File.ReadAllTextAsync(folder["server.log"], token));
        canaries.AreNotIn("the audit file", audit);
        canaries.AreNotIn(
            "the audit rows",
            System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Combine(server.Folder, "audit.db"), token)));
        canaries.AreNotIn("the metrics", metrics);
        canaries.AreNotIn("the traces", collector.Everything);
        canaries.AreNotSaidAgain(client.Errors);
        Assert.All(
            client.Errors.Where(error => error.Length > 0),
            error => Assert.Contains("\"correlation_id\":\"", error, StringComparison.Ordinal));

        // They did come by: as client names, as hosts, as paths.
        var lines = LogLine.ReadAll(server.Log);
        Assert.Contains(lines, line => line.Text("client_name") == "Bearer [REDACTED]");
        Assert.Contains(lines, line => line.Text("host") == "[REDACTED]");
        Assert.Contains("[REDACTED]", audit, StringComparison.Ordinal);
        Assert.NotEmpty(collector.Spans);
        Assert.True(client.Errors.Count > 100, $"{client.Errors.Count} errors");
        // All of it were mistakes of the client, if anything.
        Assert.DoesNotContain(lines, line => line.Level is "ERROR" or "CRITICAL");
    }
}
