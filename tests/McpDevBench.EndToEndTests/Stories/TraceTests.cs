using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Client;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// A trace begins at the client and goes through the server to Docker, the agent and the database; it shows what happened and nothing of
/// what was said.
/// </summary>
public sealed class TraceTests
{
    private const string Canary = "canary-7d1f0c";
    private const string Never = "3600000";

    [Fact]
    public async Task A_client_s_trace_goes_on_through_the_server_to_Docker_the_agent_and_the_database()
    {
        await using var collector = new OtlpReceiver();
        // Nothing is due before the server stops, so all that arrives was sent at its end; in the form that a collector of others would
        // get.
        await using var server = await ServerProcess.Started(
            ("MCP_TRACING_ENABLED", "true"), ("MCP_TRACING_ENDPOINT", collector.Address), ("OTEL_BSP_SCHEDULE_DELAY", Never),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"), ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=bench"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=story"));
        string workspaceId, execId, traceId;
        using (var trace = new ClientTrace())
        {
            traceId = trace.TraceId;
            await using var assistant = await server.Connect();
            var workspace = await assistant.Spawn(Images.Busybox, ("env", new JsonObject { ["SECRET"] = $"{Canary}-env" }));
            workspaceId = workspace.Id;
            var echo = await workspace.Exec(
                $"cat; echo {Canary}-command; pwd", ("stdin", $"{Canary}-stdin"), ("wait_ms", 25_000), ("cwd", "/workspace"));
            Assert.Contains($"{Canary}-stdin", echo.Stdout, StringComparison.Ordinal);
            execId = echo.ExecId;
            await workspace.Write($"{Canary}-path.txt", $"{Canary}-content");
            await workspace.Read($"{Canary}-path.txt");
            await Refused.With("file_not_found", () => workspace.Read($"{Canary}-missing"));
            await Upload(server, workspace.Id, $"{Canary}-uploaded", $"{Canary}-body");
            await Refused.With("container_not_found", () => assistant.Attach($"{Canary}-target"));
            await workspace.Kill(("force", true));

            Assert.Equal(0, await server.Stop());
            string[] calls = ["spawn", "exec", "fs_write", "fs_read", "attach", "kill"];
            foreach (var tool in calls)
                Assert.Equal(trace.SpanIds($"tools/call {tool}"), ToolSpans(collector, traceId, tool).Select(span => span.ParentId));
        }

        Assert.Contains("x-tenant: bench", collector.Headers);
        Assert.Contains("Content-Encoding: gzip", collector.Headers);
        Assert.True(collector.HasSeen("tools/call spawn") && collector.HasSeen(workspaceId), "what may be seen is seen");
        Assert.False(collector.HasSeen(Canary), "what a client said is in a span");
        Assert.All(
            collector.Spans,
            span => Assert.Equal(("mcp-devbench", "story"), (span.Resource["service.name"], span.Resource["deployment.environment.name"])));
        Assert.DoesNotContain(collector.Spans, span => span.Name.Contains("health", StringComparison.Ordinal) || span.Events > 0);

        var spawn = Assert.Single(ToolSpans(collector, traceId, "spawn"));
        Assert.Equal(workspaceId, spawn["mcp_devbench.container_id"]);
        Assert.Equal(
            ["spawn create", "spawn policy", "spawn pull", "spawn ready", "spawn start"],
            Below(collector, spawn).Select(span => span.Name).Where(name => name.StartsWith("spawn", StringComparison.Ordinal)).Order());
        Assert.Contains("docker create", NamesBelow(collector, spawn, "spawn create"));
        Assert.DoesNotContain(
            Below(collector, spawn), span => span.Name.StartsWith("docker", StringComparison.Ordinal) && span.ParentId == spawn.SpanId);
        Assert.Contains("docker image_inspect", NamesBelow(collector, spawn, "spawn pull"));
        Assert.Contains("docker start", NamesBelow(collector, spawn, "spawn start"));
        Assert.Contains(Below(collector, spawn), span => span.Name == "db write" && (string?)span["db.system.name"] == "sqlite");

        var exec = Assert.Single(ToolSpans(collector, traceId, "exec"));
        Assert.Equal((workspaceId, execId), (exec["mcp_devbench.container_id"], exec["mcp_devbench.exec_id"]));
        Assert.Contains(Below(collector, exec), span => span is { Name: "agent exec_start", Kind: 3 });
        var command = Assert.Single(collector.Spans, span => span.Name == "exec exited" && (string?)span["mcp_devbench.exec_id"] == execId);
        Assert.Equal(("", (exec.TraceId, exec.SpanId)), (command.ParentId, Assert.Single(command.Links)));
        Assert.Equal(exec["mcp_devbench.correlation_id"], command["mcp_devbench.correlation_id"]);
        Assert.Contains(Below(collector, command), span => span.Name == "db write");

        Assert.Contains(Below(collector, Assert.Single(ToolSpans(collector, traceId, "fs_write"))), span => span.Name == "agent write");
        var (read, missing) = ToolSpans(collector, traceId, "fs_read") is [var first, var second]
            ? (first, second)
            : throw new InvalidOperationException("two calls of fs_read");
        Assert.Contains(Below(collector, read), span => span.Name == "agent read");
        Assert.Equal(("file_not_found", 0), (missing["error.type"], missing.Status));
        Assert.Contains(Below(collector, Assert.Single(ToolSpans(collector, traceId, "kill"))), span => span.Name == "docker remove");

        var upload = Assert.Single(collector.Spans, span => span.Name == "PUT /workspaces/{id}/files");
        Assert.Contains(Below(collector, upload), span => span.Name == "agent write");
    }

    [Fact]
    public async Task The_response_the_log_the_audit_the_metrics_and_the_trace_name_each_other()
    {
        using var folder = new TemporaryFolder();
        await using var collector = new OtlpReceiver();
        var metricsPort = Ports.Free();
        await using var server = await ServerProcess.Started(
            ("MCP_TRACING_ENABLED", "true"), ("MCP_TRACING_ENDPOINT", $"{collector.Address}/v1/traces"), ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("MCP_AUDIT_LOG_FILE", folder["audit.log"]), ("MCP_METRICS_ENABLED", "true"), ("MCP_METRICS_PORT", $"{metricsPort}"));
        var (traceId, parentId) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Endpoint)
        {
            Content = new StringContent(
                $$$$"""{"jsonrpc":"2.0","id":"seven","method":"tools/call","params":{"name":"kill","arguments":{"container_id":"nobody"},"_meta":{"traceparent":"00-{{{{traceId}}}}-{{{{parentId}}}}-01","tracestate":"a=b"}}}""",
                Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var correlationId = response.Headers.GetValues("X-Correlation-Id").Single();

        await Deadline.Until(
            () => Task.FromResult(collector.Spans.Count(span => (string?)span["mcp_devbench.correlation_id"] == correlationId) == 2),
            "both spans arrive");
        var tool = Assert.Single(ToolSpans(collector, traceId, "kill"));
        Assert.Equal(
            (parentId, correlationId, "seven", "tcp", 2),
            (tool.ParentId, tool["mcp_devbench.correlation_id"], tool["jsonrpc.request.id"], tool["network.transport"], tool.Kind));
        var http = Assert.Single(
            collector.Spans, span => span.Name == "POST /mcp/" && (string?)span["mcp_devbench.correlation_id"] == correlationId);
        Assert.Equal((http.TraceId, http.SpanId), Assert.Single(tool.Links));
        Assert.NotEqual(traceId, http.TraceId);
        var line = Assert.Single(
            server.Log.Split('\n'),
            line => line.Contains(correlationId, StringComparison.Ordinal) && line.Contains("Tool called", StringComparison.Ordinal));
        using var log = JsonDocument.Parse(line);
        Assert.Equal(
            (traceId, tool.SpanId),
            (log.RootElement.GetProperty("trace_id").GetString(), log.RootElement.GetProperty("span_id").GetString()));

        var record = Assert.Single(
            await File.ReadAllLinesAsync(folder["audit.log"], TestContext.Current.CancellationToken),
            line => line.Contains(correlationId, StringComparison.Ordinal));
        using var audit = JsonDocument.Parse(record);
        Assert.Equal(
            ("container.kill", traceId),
            (audit.RootElement.GetProperty("event_type").GetString(), audit.RootElement.GetProperty("trace_id").GetString()));

        using var scrape = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{metricsPort}/metrics");
        scrape.Headers.Accept.ParseAdd("application/openmetrics-text");
        using var metrics = await server.Http.SendAsync(scrape, TestContext.Current.CancellationToken);
        Assert.Matches(
            $$"""mcp_api_request_duration_seconds_bucket\{method="kill",le="[^"]+"\} 1 # \{[^}]*trace_id="{{traceId}}"[^}]*\}""",
            await metrics.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("0", 0)]
    public async Task Over_standard_input_a_trace_begins_in_the_server_if_it_is_one_of_those_that_are_recorded(string ratio, int expected)
    {
        await using var collector = new OtlpReceiver();
        using var folder = new TemporaryFolder();
        var transport = new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = Repository.Binary,
            Arguments = ["stdio"],
            EnvironmentVariables = new Dictionary<string, string?>
            {
                ["MCP_STATE_DB"] = folder["state.db"],
                ["MCP_METRICS_ENABLED"] = "false",
                ["MCP_TRACING_ENABLED"] = "true",
                ["MCP_TRACING_ENDPOINT"] = collector.Address,
                ["MCP_TRACING_SAMPLE_RATIO"] = ratio,
                ["OTEL_BSP_SCHEDULE_DELAY"] = Never,
            },
            WorkingDirectory = folder.Path,
            ShutdownTimeout = TimeSpan.FromSeconds(20),
        });
        await using (
            var client = await McpClient.CreateAsync(
                transport, new McpClientOptions { ProtocolVersion = "2025-11-25" },
                cancellationToken: TestContext.Current.CancellationToken))
            await client.CallToolAsync("list_containers", cancellationToken: TestContext.Current.CancellationToken);
        var calls = collector.Spans.Where(span => span.Name == "tools/call list_containers").ToList();
        Assert.Equal(expected, calls.Count);
        Assert.All(calls, call => Assert.Equal(("", "pipe", 0), (call.ParentId, call["network.transport"], call.Links.Count)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_collector_that_is_down_costs_one_line_in_the_log(bool silent)
    {
        // Either nobody listens, or somebody does and never answers.
        using var listener = new TcpListener(IPAddress.Loopback, Ports.Free());
        if (silent)
            listener.Start();
        await using var server = await ServerProcess.Started(
            ("MCP_TRACING_ENABLED", "true"), ("MCP_TRACING_ENDPOINT", $"http://{listener.LocalEndpoint}"), ("MCP_DRAIN_GRACE_S", "10"),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"));
        await using var assistant = await server.Connect();
        await Deadline.Until(
            async () =>
            {
                await assistant.ListContainers();
                return Warnings(server) > 0;
            },
            "the log says so");
        var workspace = await assistant.Spawn(Images.Busybox);
        Assert.Equal("works", await workspace.Sh("echo works"));
        await workspace.Kill(("force", true));

        Assert.Equal(0, await server.Stop());
        Assert.Equal(1, Warnings(server));
    }

    [Fact]
    public async Task A_collector_for_other_formats_is_refused_by_name()
    {
        var refused = await Command.Run(
            Repository.Binary, ["serve"], new Dictionary<string,
            string> { ["MCP_TRACING_ENABLED"] = "true", ["MCP_TRACING_ENDPOINT"] = "http://jaeger:14268/api/traces" });
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("http://jaeger:4318", refused.Errors, StringComparison.Ordinal);
    }

    private static List<OtlpSpan> ToolSpans(OtlpReceiver collector, string traceId, string tool) =>
        [.. collector.Spans.Where(
            span =>
                span.TraceId == traceId && span.Name == $"tools/call {tool}" && (string?)span["gen_ai.tool.name"] == tool).OrderBy(span =>
                    span.Start)];

    /// <summary>Every span of which it is the parent, however far above.</summary>
    private static List<OtlpSpan> Below(OtlpReceiver collector, OtlpSpan parent)
    {
        var children = collector.Spans.Where(span => span.TraceId == parent.TraceId && span.ParentId == parent.SpanId).ToList();
        return [.. children, .. children.SelectMany(child => Below(collector, child))];
    }

    private static IEnumerable<string> NamesBelow(OtlpReceiver collector, OtlpSpan parent, string child) =>
        Below(
            collector,
            Assert.Single(Below(collector, parent), span => span.Name == child && span.ParentId == parent.SpanId)).Select(span =>
                span.Name);

    private static async Task Upload(ServerProcess server, string workspaceId, string path, string body)
    {
        using var content = new StringContent(body);
        using var response = await server.Http.PutAsync(
            new Uri(server.BaseAddress, $"workspaces/{workspaceId}/files?path={path}"), content, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static int Warnings(ServerProcess server) =>
        server.Log.Split('\n').Count(
            line => line.Contains("Trace export failing", StringComparison.Ordinal) && line.Contains("WARNING", StringComparison.Ordinal));
}
