using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>Everything that a client can do, once: every tool, what succeeds and what fails, timeouts, and what is refused.</summary>
internal sealed class WorkingDay(ServerProcess server, Assistant assistant)
{
    private const string Archive = "application/x-tar";

    /// <returns>The workspace that is left, still running.</returns>
    public async Task<Workspace> Live()
    {
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "day"));
        await assistant.Call("attach", ("target", "day"), ("client_name", "claude"), ("session_id", "session-123"));
        await Commands(workspace);
        await Files(workspace);
        await Transfers(workspace);
        await Refusals(workspace);
        await Machine.DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
        await workspace.Sh("echo resumed");
        await Strangers();
        foreach (var tool in new[] { "list_containers", "list_execs", "system_status", "metrics", "reconcile", "garbage_collect", "audit_query" })
            await assistant.Call(tool);
        await assistant.Client.ListPromptsAsync(cancellationToken: TestContext.Current.CancellationToken);
        await assistant.Client.ReadResourceAsync(
            $"workspace://{workspace.Id}/file", cancellationToken: TestContext.Current.CancellationToken);
        await (await assistant.Spawn(Images.Busybox)).Kill();
        return workspace;
    }

    private static async Task Commands(Workspace workspace)
    {
        await workspace.Sh("echo out; echo err >&2");
        Assert.Equal(3, (await workspace.Exec("exit 3")).ExitCode);
        Assert.Equal("timed_out", (await workspace.Exec("sleep 60", ("timeout_s", 1), ("wait_ms", 20_000))).Outcome);
        var reader = await workspace.ExecStart("cat", ("stdin_open", true));
        await reader.Input("line\n", eof: true);
        await reader.ReadToEnd();
        var sleeper = await workspace.ExecStart("sleep 60");
        await sleeper.Signal("USR1");
        await sleeper.Ended();
        await (await workspace.ExecStart("sleep 60")).Cancel(graceS: 0);
        await workspace.Exec("tail /dev/zero", ("wait_ms", 25_000));
    }

    private static async Task Files(Workspace workspace)
    {
        var written = await workspace.Write("file", "one\n");
        await workspace.Read("file");
        await workspace.Edit("file", "one", "two");
        await workspace.Stat("file");
        await workspace.List("/workspace");
        await workspace.Search("two");
        await workspace.Batch(new JsonArray(new JsonObject { ["op"] = "write", ["path"] = "other", ["content"] = "x" }));
        await workspace.Delete("other");
        await Refused.With("conflict", () => workspace.Write("file", "three", ("if_match", written.Etag)));
        await Refused.With("file_not_found", () => workspace.Read("no-such-file"));
        await Refused.With("file_not_found", () => workspace.Delete("no-such-file"));
        await Refused.With("path_denied", () => workspace.Read("../../etc/passwd"));
    }

    private async Task Transfers(Workspace workspace)
    {
        var files = new Uri(server.BaseAddress, $"workspaces/{workspace.Id}/files");
        await Send(HttpMethod.Put, new Uri($"{files}?path=uploaded"), HttpStatusCode.OK, "content"u8.ToArray(), "application/octet-stream");
        await Send(HttpMethod.Get, new Uri($"{files}?path=uploaded"), HttpStatusCode.OK);
        await Send(HttpMethod.Get, new Uri($"{files}?path=no-such-file"), HttpStatusCode.NotFound);
        var archive = await Send(HttpMethod.Get, new Uri($"{files}?path=/workspace&format=tar"), HttpStatusCode.OK);
        await Send(HttpMethod.Put, new Uri($"{files}?path=copy&unpack=true"), HttpStatusCode.OK, archive, Archive);
    }

    private async Task Refusals(Workspace workspace)
    {
        await Refused.With("image_not_allowed", () => assistant.Call("spawn", ("image", "registry.example/evil")));
        await Refused.With("registry_unavailable", () => assistant.Call("spawn", ("image", "127.0.0.1:1/no/such:image")));
        await Refused.With("forbidden", () => assistant.Call("spawn", ("image", Images.Busybox), ("network", "bridge")));
        await Refused.With("forbidden", () => workspace.Exec("id", ("as_root", true)));
        await Refused.With("container_not_found", () => assistant.Call("attach", ("target", "nobody")));
        await Refused.With("exec_not_found", () => assistant.Call("exec_poll", ("exec_id", $"e_{Guid.Empty}")));
        await Refused.With("invalid_argument", () => assistant.Call("exec", ("container_id", workspace.Id)));
        await Assert.ThrowsAnyAsync<Exception>(() => assistant.Call("no_such_tool"));
        var running = new List<RunningExec>();
        for (var count = 0; count < 8; count++)
            running.Add(await workspace.ExecStart("sleep 60"));
        await Refused.With("concurrent_limit", () => workspace.Exec("true", ("wait_ms", 100)));
        foreach (var exec in running)
            await exec.Cancel(graceS: 0);
    }

    /// <summary>A foreign Host and a foreign Origin.</summary>
    private async Task Strangers()
    {
        await Send(
            HttpMethod.Post, server.Endpoint, HttpStatusCode.MisdirectedRequest, "{}"u8.ToArray(), "application/json",
            ("Host", "evil.example"));
        await Send(
            HttpMethod.Post, server.Endpoint, HttpStatusCode.Forbidden, "{}"u8.ToArray(), "application/json",
            ("Origin", "http://evil.example"));
    }

    private async Task<byte[]> Send(
        HttpMethod method, Uri address, HttpStatusCode expected, byte[]? content = null, string? type = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, address);
        if (content is not null)
        {
            request.Content = new ByteArrayContent(content);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == expected, $"{method} {address}: {answer.StatusCode}: {Encoding.UTF8.GetString(body)}");
        return body;
    }
}
