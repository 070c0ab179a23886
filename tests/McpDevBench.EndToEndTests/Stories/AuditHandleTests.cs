using System.Net;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// An investigation by the id of a workspace finds every record about it, whatever name the caller used and however the call ended.
/// </summary>
public sealed class AuditHandleTests
{
    [Fact]
    public async Task A_refused_call_is_found_by_the_id_of_the_workspace_that_its_alias_or_exec_names()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "bench"));
        var done = (await workspace.Exec("true")).ExecId;

        // Refused for an argument, before any service looks the handle up; by policy; by the file system; over the file endpoint; by a
        // resource; for an exec that has ended.
        await Refused.Somehow(() => assistant.Call("exec", ("container_id", "bench")));
        await Refused.With("path_denied", () => assistant.Call("fs_read", ("container_id", "bench"), ("path", "../etc/passwd")));
        await Refused.With("file_not_found", () => assistant.Call("fs_read", ("container_id", "bench"), ("path", "missing")));
        var uri = new Uri(server.BaseAddress, "workspaces/bench/files?path=/etc/passwd");
        using (var response = await server.Http.GetAsync(uri, TestContext.Current.CancellationToken))
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(
            async () => await assistant.Client.ReadResourceAsync(
                "workspace://bench/missing.txt", cancellationToken: TestContext.Current.CancellationToken));
        await Refused.Somehow(() => assistant.Call("exec_signal", ("exec_id", done), ("signal", "TERM")));

        var records = await Query(server);
        var refused = records
            .Where(record => (string?)record["result"] != "success" && (string?)record["event_type"] != "policy.denied").ToList();
        Assert.Equal(
            ["exec.signal", "exec.start", "fs.read", "fs.read", "fs.read", "fs.read"],
            refused.Select(record => (string?)record["event_type"]).Order(StringComparer.Ordinal));
        Assert.All(refused, record => Assert.Equal(workspace.Id, (string?)record["container_id"]));
        Assert.All(
            records.Where(record => (string?)record["event_type"] == "policy.denied"),
            record => Assert.Equal(workspace.Id, (string?)record["container_id"]));
        Assert.DoesNotContain(records, record => (string?)record["container_id"] == "bench");
        // By its alias as by its id, also when it is gone.
        Assert.Equal(
            (await Query(server, "--container-id", workspace.Id)).Select(record => (int)record["seq"]!),
            (await Query(server, "--container-id", "bench")).Select(record => (int)record["seq"]!));
        await workspace.Kill(("delete_files", true));
        var gone = await Query(server, "--container-id", "bench");
        Assert.Contains(gone, record => (string?)record["event_type"] == "container.kill");
        Assert.All(gone, record => Assert.Equal(workspace.Id, (string?)record["container_id"]));
        var asked = await assistant.Call("audit_query", ("container_id", "bench"), ("limit", 200));
        Assert.Contains(
            asked.GetProperty("records").EnumerateArray(), record => record.GetProperty("event_type").GetString() == "container.kill");
        // Nothing is left of it but its records.
        await Refused.With("container_not_found", () => assistant.Call("exec", ("container_id", "bench"), ("shell", "true")));
        var last = (await Query(server, "--container-id", workspace.Id))[^1];
        Assert.Equal(("exec.start", "container_not_found"), ((string?)last["event_type"], (string?)last["error_code"]));
    }

    [Fact]
    public async Task Calls_by_an_alias_are_found_by_the_id_also_when_only_files_are_left_and_when_they_remove_them()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "src"));
        var upload = new Uri(server.BaseAddress, "workspaces/src/files?path=unpacked&unpack=true");
        using (var content = new ByteArrayContent("no archive"u8.ToArray()))
        using (var answer = await server.Http.PutAsync(upload, content, TestContext.Current.CancellationToken))
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        await workspace.Kill(("keep_workspace", true));
        await Refused.With("container_not_found", () => assistant.Call("attach", ("target", "src")));
        await Refused.With("container_not_found", () => assistant.Call("exec", ("container_id", "src"), ("shell", "true")));
        await Refused.With("container_not_found", () => assistant.Call("fs_read", ("container_id", "src"), ("path", "f")));
        await assistant.Call("kill", ("container_id", "src"), ("delete_files", true));

        var records = (await Query(server)).Where(record => (string?)record["event_type"] is not ("system.start" or "system.reconcile"));
        Assert.Equal(
            [
                "container.attach failure", "container.kill success", "container.kill success", "container.spawn success",
                "exec.start failure", "fs.import failure", "fs.read failure",
            ],
            records.Select(record => $"{record["event_type"]} {record["result"]}").Order(StringComparer.Ordinal));
        Assert.All(records, record => Assert.Equal(workspace.Id, (string?)record["container_id"]));
    }

    [Fact]
    public async Task A_copy_is_found_by_the_ids_of_both_workspaces()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var from = await assistant.Spawn(Images.Busybox, ("alias", "src"));
        var to = await assistant.Spawn(Images.Busybox, ("alias", "dst"));
        await from.Write("f", "content");
        foreach (var path in new[] { "f", "missing" })
        {
            (string, JsonNode?)[] arguments = [("container_id", "src"), ("path", path), ("target_container_id", "dst")];
            if (path == "f")
                await assistant.Call("fs_copy", arguments);
            else
                await Refused.With("file_not_found", () => assistant.Call("fs_copy", arguments));
        }
        var copies = (await Query(server)).Where(record => (string?)record["event_type"] == "fs.copy").ToList();
        string[] ids = [from.Id, to.Id];
        Assert.Equal(
            ids.SelectMany(id => new[] { $"{id} failure", $"{id} success" }).Order(StringComparer.Ordinal),
            copies.Select(record => $"{record["container_id"]} {record["result"]}").Order(StringComparer.Ordinal));
        Assert.All(copies, record => Assert.StartsWith(
            $"{from.Id}:", (string?)record["target"], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("none", null, null)]
    [InlineData("program", "shell", "echo")]
    [InlineData("full", "echo --password=[REDACTED] && true", "echo Authorization: [REDACTED]")]
    public async Task The_operator_chooses_how_much_of_a_command_is_recorded(string commands, string? shell, string? cmd)
    {
        await using var server = await ServerProcess.Started(("MCP_AUDIT_COMMANDS", commands));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await assistant.Call("exec", ("container_id", workspace.Id), ("shell", "echo --password=hunter2canary && true"));
        await assistant.Call(
            "exec_start", ("container_id", workspace.Id),
            ("cmd", new JsonArray("echo", "Authorization: Bearer", "abcdefghijklmnop0123456789")));
        var targets = (await Query(server))
            .Where(record => (string?)record["event_type"] == "exec.start").Select(record => (string?)record["target"]).ToList();
        Assert.Equal([shell, cmd], targets);
    }

    private static async Task<List<JsonObject>> Query(ServerProcess server, params string[] how)
    {
        var settings = new Dictionary<string, string> { ["MCP_STATE_DB"] = Path.Combine(server.Folder, "state.db") };
        var lines = (await Command.Run(server.Binary, ["audit", "query", .. how], settings)).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(line => JsonNode.Parse(line)!.AsObject())];
    }
}
