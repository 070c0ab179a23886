using System.Formats.Tar;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Who did what is on record: all of it, whatever is logged, whoever pulls the plug, and none of what is secret.</summary>
public sealed class AuditTests
{
    private const string Canary = "hunter2-canary";

    /// <summary>The contract: every event that there is.</summary>
    private static readonly string[] _events =
    [
        "auth.denied", "container.attach", "container.kill", "container.spawn", "exec.cancel", "exec.finish", "exec.input", "exec.signal",
        "exec.start", "fs.batch", "fs.copy", "fs.delete", "fs.edit",
        "fs.export", "fs.import", "fs.read", "fs.write", "policy.denied", "quota.denied", "system.gc", "system.reconcile", "system.start", "system.stop",
    ];

    [Fact]
    public async Task Everything_that_happens_is_recorded_with_the_guides_fields_and_nothing_that_is_secret()
    {
        await using var server = await ServerProcess.Started(("MCP_LOG_LEVEL", "CRITICAL"), ("MCP_MAX_CONCURRENT_EXECS", "1"));
        string id, cat;
        await using (var assistant = await server.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox, ("alias", "bench"), ("env", new JsonObject { ["TOKEN"] = Canary }));
            id = workspace.Id;
            await assistant.Call("attach", ("target", "bench"), ("client_name", "claude"), ("session_id", "session-123"));
            cat = await RunCommands(assistant, workspace);
            await TouchFiles(server, assistant, workspace);
            await BeRefused(server, assistant, workspace);
            await assistant.Call("reconcile");
            await assistant.Call("garbage_collect", ("dry_run", true));
            await workspace.Kill();
        }
        // While it runs, another process reads it; when it has ended, too.
        var running = await Query(server);
        Assert.Equal(0, await server.Stop());
        var records = await Query(server);
        Assert.Equal(running.Count, records.Count - 1);
        await ServerIs(server, "ok");

        Assert.Equal(_events, records.Select(record => (string?)record["event_type"]).Distinct().Order(StringComparer.Ordinal));
        var spawned = Single(records, "container.spawn", "success");
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string?)spawned["timestamp"]);
        Assert.Equal(
            (id, $"docker.io/{Images.Busybox}", "local"),
            ((string?)spawned["container_id"], (string?)spawned["image"], (string?)spawned["principal"]));
        Assert.Matches(@"^bench uid=\d+$", (string?)spawned["target"]);
        Assert.True((long?)spawned["duration_ms"] > 0);
        var attached = Single(records, "container.attach", "success");
        Assert.Equal(("session-123", id), ((string?)attached["session_id"], (string?)attached["container_id"]));
        // Whatever was done afterwards was done in that session.
        Assert.All(
            records.Where(record => (string?)record["event_type"] is "fs.write" or "exec.start" or "container.kill"),
            record => Assert.Equal("session-123", (string?)record["session_id"]));

        Assert.Equal(
            ["shell", "cat", "sleep", "sleep", "sleep"],
            records.Where(record => Is(record, "exec.start", "success")).Select(record => (string?)record["target"]));
        Assert.Equal(
            ["cancelled", "exited", "exited", "exited", "signaled"],
            records.Where(record => (string?)record["event_type"] == "exec.finish").Select(
                record => (string?)record["target"]).Order(StringComparer.Ordinal));
        // Its start is always told of before its end; its input when it was taken.
        var life = records.Where(record => (string?)record["exec_id"] == cat).Select(record => (string?)record["event_type"]).ToList();
        Assert.Equal("exec.start", life[0]);
        Assert.Equal(["exec.finish", "exec.input"], life.Skip(1).Order(StringComparer.Ordinal));
        Assert.Equal("INT", (string?)Single(records, "exec.signal", "success")["target"]);
        Assert.Equal("image_not_allowed", (string?)Single(records, "container.spawn", "denied")["error_code"]);
        Assert.Equal("file_not_found", (string?)Single(records, "fs.read", "failure")["error_code"]);
        Assert.Equal(
            ["fs_read", "spawn"],
            records.Where(record => (string?)record["event_type"] == "policy.denied").Select(
                record => (string?)record["target"]).Order(StringComparer.Ordinal));
        Assert.Equal("exec_start", (string?)Single(records, "quota.denied", "denied")["target"]);
        Assert.Equal("Host: evil.example", (string?)Single(records, "auth.denied", "denied")["target"]);
        Assert.Contains(records, record => Is(record, "container.kill", "success") && (string?)record["container_id"] == id);

        Assert.Equal(await Lines(server), records.Select(record => record.ToJsonString()).ToList());
        foreach (var file in Directory.EnumerateFiles(server.Folder, "audit*"))
            Assert.DoesNotContain(
                Canary, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)),
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGKILL_in_the_middle_of_work_loses_nothing_that_was_answered()
    {
        await using var server = await ServerProcess.Started();
        var answered = new System.Collections.Concurrent.ConcurrentBag<string>();
        await using (var assistant = await server.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox);
            for (var kill = 0; kill < 3; kill++)
            {
                var enough = new TaskCompletionSource();
                var round = kill;
                var work = Enumerable.Range(0, 8).Select(async worker =>
                {
                    try
                    {
                        for (var number = 0; ; number++)
                        {
                            var path = $"{round}.{worker}.{number}";
                            await workspace.Write(path, "x");
                            answered.Add(path);
                            if (answered.Count > (round + 1) * 200)
                                enough.TrySetResult();
                        }
                    }
                    catch (Exception e) when (e is HttpRequestException or IOException or ModelContextProtocol.McpException)
                    {
                        // The plug was pulled.
                    }
                }).ToList();
                await enough.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
                await server.KillHard();
                await Task.WhenAll(work);
                await ServerIs(server, "ok");
                await server.InitializeAsync();
            }
        }
        var records = await Query(server, "--event-type", "fs.write", "--result", "success");
        var targets = records.Select(record => (string)record["target"]!).ToList();
        Assert.Equal(targets.Count, targets.Distinct().Count());
        Assert.Empty(answered.Except(targets));
        Assert.Equal(await Lines(server), (await Query(server)).Select(record => record.ToJsonString()).ToList());
        await ServerIs(server, "ok");
        await ServerIs(server, "ok", "--file", Path.Combine(server.Folder, "audit.log"));
    }

    [Fact]
    public async Task A_command_that_ends_while_no_server_is_there_is_recorded_once()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var (dockerId, user) = (await workspace.DockerId(), await workspace.User());
        var exec = await workspace.ExecStart("until [ -e /workspace/go ]; do sleep 0.05; done; exit 7");
        await server.KillHard();
        await DockerHost.Docker("exec", "--user", user, dockerId, "/bin/touch", "/workspace/go");
        await server.InitializeAsync();
        await using var again = await server.Connect();
        await again.Exec(exec.Id).Ended();
        await server.Restart();
        var finished = (await Query(server, "--event-type", "exec.finish")).Where(record => (string?)record["exec_id"] == exec.Id).ToList();
        Assert.Equal(
            ("exited", "failure", workspace.Id),
            ((string?)Assert.Single(finished)["target"], (string?)finished[0]["result"], (string?)finished[0]["container_id"]));
    }

    [Fact]
    public async Task What_expires_is_killed_by_the_system_and_each_sees_only_its_own()
    {
        await using var server = await ServerProcess.Started(("MCP_CLEANUP_INTERVAL", "1"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("ttl_s", 1));
        await Deadline.Until(
            async () => (await Query(server, "--principal", "system", "--event-type", "container.kill")).Count == 1,
            "the workspace expires");
        var killed = Assert.Single(await Query(server, "--event-type", "container.kill"));
        Assert.Equal((workspace.Id, "its time to live is over"), ((string?)killed["container_id"], (string?)killed["target"]));
        Assert.Contains(
            "removed=1", (string?)Assert.Single(await Query(server, "--event-type", "system.gc", "--limit", "1"))["target"],
            StringComparison.Ordinal);

        var mine = (await assistant.Call("audit_query")).GetProperty("records").EnumerateArray().Select(
            record => record.GetProperty("event_type").GetString());
        Assert.Equal(["container.spawn"], mine);
        Assert.Empty((await assistant.Call("audit_query", ("event_type", "system.start"))).GetProperty("records").EnumerateArray());
        Assert.NotEmpty(await Query(server, "--event-type", "system.start"));
    }

    [Fact]
    public async Task Who_meddles_with_it_is_found_out()
    {
        await using var server = await ServerProcess.Started();
        await using (var assistant = await server.Connect())
            await assistant.ListContainers();
        await server.Stop();
        var database = Path.Combine(server.Folder, "audit.db");
        var bytes = await File.ReadAllBytesAsync(database, TestContext.Current.CancellationToken);
        var at = bytes.AsSpan().IndexOf("system.start"u8);
        "system.staRt"u8.CopyTo(bytes.AsSpan(at));
        await File.WriteAllBytesAsync(database, bytes, TestContext.Current.CancellationToken);
        var verified = await Audit(server, "verify");
        Assert.Equal((1, "altered: record 1\n"), (verified.ExitCode, verified.Output));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_one_sentence_at_the_start()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["file"], "", TestContext.Current.CancellationToken);
        var start = await Command.Run(
            Repository.Binary, ["serve"], new Dictionary<string,
            string> { ["MCP_AUDIT_LOG_FILE"] = folder["file/audit.log"], ["MCP_STATE_DB"] = folder["state.db"], ["MCP_PORT"] = "0" });
        Assert.Equal(2, start.ExitCode);
        Assert.StartsWith(
            "mcp-devbench: MCP_AUDIT_LOG_FILE=", Assert.Single(start.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    /// <returns>The exec that was fed until its end.</returns>
    private static async Task<string> RunCommands(Assistant assistant, Workspace workspace)
    {
        await workspace.Exec($"echo {Canary}", ("env", new JsonObject { ["PASSWORD"] = Canary }), ("stdin", Canary));
        var cat = await workspace.ExecStart(["cat"], ("stdin_open", true));
        await cat.Input(Canary, eof: true);
        await cat.Ended();
        var sleep = await workspace.ExecStart(["sleep", "600"]);
        await Refused.With("concurrent_limit", () => workspace.ExecStart(["echo", Canary]));
        await sleep.Signal("INT");
        await sleep.Ended();
        await (await workspace.ExecStart(["sleep", "601"])).Cancel(0);
        await workspace.Run(["sleep", "0"]);
        Assert.Empty((await assistant.ListExecs()).Execs);
        return cat.Id;
    }

    private static async Task TouchFiles(ServerProcess server, Assistant assistant, Workspace workspace)
    {
        await workspace.Write("a.txt", Canary);
        await workspace.Read("a.txt");
        await workspace.Edit("a.txt", Canary, $"{Canary}2");
        await workspace.Batch([new JsonObject { ["op"] = "write", ["path"] = "b.txt", ["content"] = Canary }]);
        await assistant.Call(
            "fs_copy", ("container_id", workspace.Id), ("path", "."), ("target_container_id", workspace.Id), ("target_path", "a-copy"));
        await workspace.Delete("b.txt");
        await assistant.Client.ReadResourceAsync(
            $"workspace://{workspace.Id}/a.txt", cancellationToken: TestContext.Current.CancellationToken);
        var address = new Uri(server.BaseAddress, $"workspaces/{workspace.Id}/files?path=");
        (
            await server.Http.PutAsync(
                new Uri($"{address}up.txt"), new StringContent(Canary), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        Assert.Equal(Canary, await server.Http.GetStringAsync(new Uri($"{address}up.txt"), TestContext.Current.CancellationToken));
        await server.Http.GetByteArrayAsync(new Uri($"{address}.&format=tar"), TestContext.Current.CancellationToken);
        using var archive = new MemoryStream();
        await using (var tar = new TarWriter(archive, leaveOpen: true))
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "unpacked"), TestContext.Current.CancellationToken);
        using var content = new ByteArrayContent(archive.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        (
            await server.Http.PutAsync(
                new Uri($"{address}.&unpack=true"), content, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
    }

    private static async Task BeRefused(ServerProcess server, Assistant assistant, Workspace workspace)
    {
        await Refused.With("image_not_allowed", () => assistant.Spawn("evil.example/image"));
        await Refused.With("path_denied", () => workspace.Read("../etc/passwd"));
        await Refused.With("file_not_found", () => workspace.Read("missing"));
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Endpoint);
        request.Headers.Host = "evil.example";
        await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static bool Is(JsonObject record, string eventType, string result) =>
        (string?)record["event_type"] == eventType && (string?)record["result"] == result;

    private static JsonObject Single(IEnumerable<JsonObject> records, string eventType, string result) =>
        Assert.Single(records, record => Is(record, eventType, result));

    private static async Task<List<string>> Lines(ServerProcess server) =>
        [.. (await File.ReadAllLinesAsync(Path.Combine(server.Folder, "audit.log"), TestContext.Current.CancellationToken)).Select(
            line => JsonNode.Parse(line)!.ToJsonString())];

    private static async Task ServerIs(ServerProcess server, string expected, params string[] how) =>
        Assert.StartsWith(expected, (await Audit(server, ["verify", .. how])).Succeeded(), StringComparison.Ordinal);

    private static async Task<List<JsonObject>> Query(ServerProcess server, params string[] how) =>
        [.. (await Audit(server, ["query", .. how])).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
            line => JsonNode.Parse(line)!.AsObject())];

    private static Task<Command> Audit(ServerProcess server, params string[] how) =>
        Command.Run(
            server.Binary, ["audit", .. how], new Dictionary<string,
            string> { ["MCP_STATE_DB"] = Path.Combine(server.Folder, "state.db") });
}
