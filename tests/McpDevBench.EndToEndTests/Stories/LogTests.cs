using System.Globalization;
using System.Net;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Client;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The log as whoever runs the server reads it: complete, in one shape, and with nobody's secrets in it.</summary>
public sealed class LogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string LogFile => _folder["log/server.log"];

    [Fact]
    public async Task A_spawn_reads_as_in_the_guide()
    {
        await using var server = await ServerProcess.Started(("MCP_LOG_FILE", LogFile));
        var client = new RawClient(server);
        var answer = await client.CallTool("spawn", $$"""{"image":"{{Images.Busybox}}"}""", "\"claude\"", "req-xyz789");
        var id = (string)answer.Message["result"]!["structuredContent"]!["container_id"]!;
        // A command goes on when the call that started it has long been answered, and keeps its name.
        var exec = (string)(await client.CallTool("exec_start", $$"""{"container_id":"{{id}}","shell":"sleep 1"}""", "\"claude\"", "req-abc123")).Message["result"]!["structuredContent"]!["exec_id"]!;
        await client.CallTool("exec_poll", $$"""{"exec_id":"{{exec}}","wait_ms":20000}""", correlationId: "req-poll");
        await client.CallTool("kill", $$"""{"container_id":"{{id}}","force":true}""");
        var lines = LogLine.ReadAll(await File.ReadAllTextAsync(LogFile, TestContext.Current.CancellationToken));
        // The first spawn of an image on a server also prepares the image.
        Assert.Equal(
            ["Starting container spawn", "Image prepared for workspaces", "Container created", "Tool called"],
            lines.Where(line => line is { CorrelationId: "req-xyz789", Level: "INFO" }).Select(line => line.Message));
        var finished = lines.Single(line => line.Message == "Exec finished");
        Assert.Equal((exec, "req-abc123", "claude"), (finished.Text("exec_id"), finished.CorrelationId, finished.Text("client_name")));
        var created = lines.Single(line => line.Message == "Container created");
        Assert.Equal("mcp_devbench.workspaces.spawn_meter", created.Text("logger"));
        Assert.Equal(
            (id, "docker.io/" + Images.Busybox, "claude"),
            (created.Text("container_id"), created.Text("image"), created.Text("client_name")));
        Assert.DoesNotContain(LogLine.ReadAll(server.Log), IsComplaint);
    }

    [Fact]
    public async Task As_text_a_line_keeps_its_fields_and_the_metrics_are_where_they_were_asked_for()
    {
        var port = Ports.Free();
        await using var server = await ServerProcess.Started(
            ("MCP_LOG_FORMAT", "text"), ("MCP_METRICS_ENABLED", "true"), ("MCP_METRICS_HOST", "127.0.0.2"),
            ("MCP_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture)));
        await new RawClient(server).CallTool("system_status", "{}", "\"claude\"", "req-text");
        Assert.Contains(
            "mcp_server_ready 1\n",
            await server.Http.GetStringAsync(new Uri($"http://127.0.0.2:{port}/metrics"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(
            () => server.Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken));
        Assert.Matches(@"(?m)^\S+Z INFO +\S+: Tool called .*tool=system_status .*correlation_id=req-text", server.Log);
        Assert.DoesNotContain("{\"", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_hostile_requests_are_ten_thousand_good_lines()
    {
        const int requests = 10_000;
        await using var server = await ServerProcess.Started(
            ("MCP_LOG_FILE", LogFile), ("MCP_LOG_FILE_MAX_MB", "1"), ("MCP_LOG_FILE_KEEP", "1000"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var client = new RawClient(server);
        var answers = new RawAnswer[requests];
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (number, _) =>
            answers[number] = await HostileRequest(client, workspace, number));
        await workspace.Kill(("force", true));
        await server.Stop();

        var lines = LogLine.ReadAll(server.Log);
        Assert.DoesNotContain(lines, line => line.Level is "ERROR" or "CRITICAL");
        var calls = lines.Where(line => line.Message == "Tool called").Select(line => line.CorrelationId).ToList();
        // A request that the web server would not even read has no line; every other has exactly one, and its answer the same id.
        var read = Enumerable.Range(0, requests).Where(number => answers[number].CorrelationId is not null).ToList();
        Assert.All(read, number => Assert.Equal(Id(number), answers[number].CorrelationId));
        Assert.Equal(
            read.Where(number => answers[number].Status == HttpStatusCode.OK && IsCall(answers[number])).Select(Id),
            calls.Where(id => id?.StartsWith("load-", StringComparison.Ordinal) == true).Order(StringComparer.Ordinal));
        Assert.InRange(calls.Count, requests * 8 / 10, requests + 2);
        Assert.Contains(answers, answer => answer.Status is null or HttpStatusCode.RequestHeaderFieldsTooLarge);
        Assert.All(lines, line => Assert.InRange(line.Fields.ToJsonString().Length, 1, 100_000));

        var files = Directory.GetFiles(_folder["log"]);
        Assert.InRange(files.Length, 3, 1000);
        var written = files.OrderByDescending(
            file =>
                int.TryParse(
                    Path.GetExtension(file)[1..], CultureInfo.InvariantCulture, out var number) ? number : 0).SelectMany(File.ReadLines);
        Assert.Equal(server.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries), written);
    }

    [Fact]
    public async Task Over_standard_input_it_is_the_same_log()
    {
        var canaries = new Canaries();
        var said = new List<string>();
        var transport = new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = Repository.Binary,
            Arguments = ["stdio"],
            WorkingDirectory = _folder.Path,
            ShutdownTimeout = TimeSpan.FromSeconds(20),
            EnvironmentVariables = new Dictionary<string, string?>
            {
                ["MCP_STATE_DB"] = _folder["state.db"],
                ["MCP_LOG_FILE"] = LogFile,
                ["MCP_LOG_LEVEL"] = "DEBUG",
                ["MCP_METRICS_ENABLED"] = "false",
                ["MCP_DOCKER_HOST"] = await DockerHost.Address,
            },
            StandardErrorLines = line =>
            {
                lock (said)
                    said.Add(line);
            },
        });
        await using (
            var assistant = new Assistant(
                await McpClient.CreateAsync(
                    transport, new McpClientOptions { ClientInfo = new() { Name = canaries.ClientName, Version = "1" } },
                    cancellationToken: TestContext.Current.CancellationToken),
                new()))
            await canaries.Work(assistant);
        var log = await File.ReadAllTextAsync(LogFile, TestContext.Current.CancellationToken);
        canaries.AreNotIn("the log", log);
        var calls = LogLine.ReadAll(log).Where(line => line.Message == "Tool called").ToList();
        Assert.InRange(calls.Count, 100, 1000);
        Assert.All(calls, line => Assert.Matches("^req-[a-z0-9]{16}$", line.CorrelationId));
        Assert.All(calls, line => Assert.Equal("Bearer [REDACTED]", line.Text("client_name")));
        Assert.Equal(calls.Count, calls.Select(line => line.CorrelationId).Distinct().Count());
        lock (said)
            Assert.All(said, line => LogLine.Read(line));
    }

    [Fact]
    public async Task A_full_disk_costs_neither_the_server_nor_standard_error_anything()
    {
        await using var disk = await SmallDisk.Mounted("1m");
        var file = Path.Combine(disk.Path, "server.log");
        await using var server = await ServerProcess.Started(("MCP_LOG_FILE", file));
        var client = new RawClient(server);
        await client.CallTool("system_status", "{}", correlationId: "before");
        disk.Fill();
        // More than still fits into the file's last page.
        for (var number = 0; number < 100; number++)
            Assert.Equal(HttpStatusCode.OK, (await client.CallTool("system_status", "{}", correlationId: $"full-{number}")).Status);
        disk.Free();
        await Deadline.Until(async () =>
        {
            await client.CallTool("system_status", "{}", correlationId: "after");
            return (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Contains(
                "The log file is written again", StringComparison.Ordinal);
        }, "the log file is written again");

        var lines = LogLine.ReadAll(server.Log);
        Assert.Equal(
            100,
            lines.Count(
                line => line.CorrelationId?.StartsWith("full-", StringComparison.Ordinal) == true && line.Message == "Tool called"));
        Assert.Equal(
            "WARNING",
            Assert.Single(lines, line => line.Message.StartsWith("The log file cannot be written", StringComparison.Ordinal)).Level);
        // What is in the file is whole lines, those of before and those of after.
        var written = LogLine.ReadAll(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Contains(written, line => line.CorrelationId == "before");
        Assert.Contains(written, line => line.CorrelationId == "after");
        Assert.DoesNotContain(written, line => line.CorrelationId == "full-99");
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_so_and_why()
    {
        await using var server = await ServerProcess.Started();
        var settings = new Dictionary<string, string>
        {
            ["MCP_PORT"] = "0",
            ["MCP_STATE_DB"] = Path.Combine(server.Folder, "state.db"),
            ["MCP_DOCKER_HOST"] = await DockerHost.Address,
        };
        var second = await Command.Run(Repository.Binary, ["serve"], settings);
        Assert.Equal(1, second.ExitCode);
        var line = Assert.Single(LogLine.ReadAll(second.Errors));
        Assert.Equal(("CRITICAL", "The server cannot start"), (line.Level, line.Message));
        Assert.Contains("in use by another mcp-devbench", line.Text("reason"), StringComparison.Ordinal);

        settings["MCP_LOG_FILE"] = "/proc/no/server.log";
        var third = await Command.Run(Repository.Binary, ["serve"], settings);
        Assert.Equal(2, third.ExitCode);
        Assert.StartsWith(
            "mcp-devbench: MCP_LOG_FILE='/proc/no/server.log' cannot be written", Assert.Single(third.Errors.TrimEnd('\n').Split('\n')),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_is_no_error()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        foreach (var path in new[] { $"workspaces/{workspace.Id}/files?path=x", "mcp" })
        {
            using var leaving = new System.Net.Sockets.TcpClient();
            await leaving.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
            var method = path == "mcp" ? "POST" : "PUT";
            await leaving.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(
                $"{method} /{path} HTTP/1.1\r\nHost: localhost:{server.Port}\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\nX-Correlation-Id: left\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"),
                TestContext.Current.CancellationToken);
            // The server answers this when it begins to read the body.
            var answer = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
            await leaving.GetStream().ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
            await leaving.GetStream().WriteAsync("{\"a\":"u8.ToArray(), TestContext.Current.CancellationToken);
            leaving.Client.LingerState = new(true, 0);
        }
        await Deadline.Until(
            () => Task.FromResult(
                LogLine.ReadAll(server.Log).Any(line => line is { CorrelationId: "left", Message: "File endpoint called" })),
            "the upload has ended");
        var lines = LogLine.ReadAll(server.Log);
        Assert.Equal("cancelled", lines.Single(line => line.Message == "File endpoint called").Text("outcome"));
        Assert.DoesNotContain(lines, IsComplaint);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A complaint about anything but this machine: its engine, or a setting that this server does not know.</summary>
    private static bool IsComplaint(LogLine line) => line.Level is "WARNING" or "ERROR" or "CRITICAL" && line.Text("setting") is null
        && line.Text("logger") is not "mcp_devbench.workspaces.engine_checks"
        // Servers of other tests use the same engine.
        && !line.Message.StartsWith("Containers or files of another state", StringComparison.Ordinal);

    private static string Id(int number) => $"load-{number:D5}";

    /// <summary>An error of the protocol is no call of a tool.</summary>
    private static bool IsCall(RawAnswer answer) => answer.Message["result"] is not null;

    private static Task<RawAnswer> HostileRequest(RawClient client, Workspace workspace, int number)
    {
        var value = Hostile.Json[number % Hostile.Json.Count];
        var (tool, arguments) = (number % 5) switch
        {
            0 => ("fs_stat", $$"""{"container_id":"{{workspace.Id}}","path":{{value}}}"""),
            1 => ("attach", $$"""{"target":{{value}},"client_name":{{value}},"session_id":{{value}}}"""),
            2 => ("spawn", $$"""{"alias":{{value}},"ttl_s":0}"""),
            3 => ("exec_poll", $$"""{"exec_id":{{value}}}"""),
            _ => ("system_status", "{}"),
        };
        (string, string)[] headers = (number % 50) switch
        {
            10 => [("User-Agent", new string('a', 20_000))],
            20 => [("User-Agent", new string('a', 1 << 20))],
            _ => [("User-Agent", "\"{}\\ (%0a)")],
        };
        var name = number % 100 == 7 ? $"\"{new string('n', 1 << 20)}\"" : value;
        return client.CallTool(tool, arguments, name, Id(number), headers);
    }
}
