using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// A workspace that does not answer: every call ends before its client gives up, and what was answered as failed does not happen later.
/// </summary>
public sealed partial class FrozenWorkspaceTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    /// <summary>After which common clients give a call up.</summary>
    private static readonly TimeSpan _clients = TimeSpan.FromSeconds(55);

    private static readonly TimeSpan _settled = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_command_for_a_paused_workspace_is_answered_in_time_recorded_and_never_run()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        string id;
        await using (await Paused.Of(workspace))
        {
            var refusal = await Refused.With(
                "timeout",
                () => workspace.Exec("echo ran >> ran", ("wait_ms", 1000)).WaitAsync(_clients, TestContext.Current.CancellationToken));
            Assert.Contains("paused", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("docker unpause", refusal.Hint, StringComparison.Ordinal);
            Assert.True(refusal.Retryable);
            id = ExecId().Match(refusal.Hint).Value;
            Assert.Equal(
                "starting",
                Assert.Single((await assistant.ListExecs(("container_id", workspace.Id))).Execs, exec => exec.ExecId == id).Status);
            // As the hint says; and the server does not call a silent workspace connected.
            var (polled, text) = await assistant.CallWithText("exec_poll", ("exec_id", id));
            Assert.StartsWith($"{id}: starting", text, StringComparison.Ordinal);
            Assert.Equal("starting", polled.GetProperty("status").GetString());
            var note = Assert.Single(polled.GetProperty("notes").EnumerateArray()).GetString()!;
            Assert.Contains("It is not known whether this command started", note, StringComparison.Ordinal);
            Assert.Contains("its container is paused", note, StringComparison.Ordinal);
            Assert.Contains(note, text, StringComparison.Ordinal);
            var agents = Assert.Single(
                (await assistant.Call("system_status")).GetProperty("checks").EnumerateArray(),
                check => check.GetProperty("name").GetString() == "agents");
            Assert.False(agents.GetProperty("ok").GetBoolean());
            Assert.Contains("1 workspace does not answer", agents.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        var end = await assistant.Exec(id).Ended();
        Assert.Equal("not_started", end.Outcome);
        Assert.Equal("no", await workspace.Sh("test -e ran && echo yes || echo no"));
        var records = await Audit(assistant, workspace.Id, "exec");
        Assert.Contains(("exec.start", "failure", "timeout"), records);
        Assert.Contains(("exec.finish", "failure", "not_started"), records);
    }

    [Fact]
    public async Task Changes_of_files_in_a_paused_workspace_are_answered_in_time_and_not_made_later()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("kept", "before");
        await using (await Paused.Of(workspace))
        {
            Func<Task>[] calls =
            [
                () => workspace.Write("kept", "after"),
                () => workspace.Edit("kept", "before", "after"),
                () => workspace.Delete("kept"),
                () => workspace.Batch([new System.Text.Json.Nodes.JsonObject { ["op"] = "mkdir", ["path"] = "made" }]),
                () => workspace.Read("kept"),
                () => workspace.List("."),
                () => workspace.Search("before"),
                () => workspace.Stat("kept"),
            ];
            await Task.WhenAll(
                calls.Select(
                    call => Refused.WithOneOf(
                        ["timeout", "server_error"], () => call().WaitAsync(_clients, TestContext.Current.CancellationToken))));
        }
        Assert.Equal("before", (await workspace.Read("kept")).Content);
        Assert.Equal(["/workspace/kept"], (await workspace.List(".")).Entries.Select(entry => entry.Path));
    }

    [Fact]
    public async Task Each_answer_for_a_paused_workspace_names_the_pause_and_the_way_out()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("kept", "before");
        var exec = await workspace.ExecStart("cat", ("stdin_open", true));
        await using (await Paused.Of(workspace))
        {
            Func<Task>[] reads =
            [
                () => workspace.Read("kept"), () => workspace.List("."), () => workspace.Stat("kept"),
                () => workspace.Batch([new System.Text.Json.Nodes.JsonObject { ["op"] = "read", ["path"] = "kept" }]),
            ];
            Func<Task>[] changes =
            [
                () => workspace.Write("kept", "after"),
                () => workspace.Edit("kept", "before", "after"),
                () => workspace.Batch([new System.Text.Json.Nodes.JsonObject { ["op"] = "mkdir", ["path"] = "made" }]),
                () => assistant.Call("exec_signal", ("exec_id", exec.Id), ("signal", "HUP")),
                () => assistant.Call("exec_cancel", ("exec_id", exec.Id)),
                () => exec.Input("x"),
            ];
            var errors = await Task.WhenAll(reads.Concat(changes).Select(call => Refused.With("timeout", call)));
            Assert.All(errors, error => Assert.Contains("its container is paused", error.Message, StringComparison.Ordinal));
            Assert.All(errors, error => Assert.Contains("docker unpause", error.Hint, StringComparison.Ordinal));
            Assert.All(errors, error => Assert.Contains("kill with keep_workspace=true", error.Hint, StringComparison.Ordinal));
            // A command that ran before is paused too, and no error says so.
            var polled = await assistant.Call("exec_poll", ("exec_id", exec.Id));
            Assert.Contains("The container is paused", Assert.Single(polled.GetProperty("notes").EnumerateArray()).GetString());
            var (listed, text) = await assistant.CallWithText("list_execs", ("container_id", workspace.Id));
            Assert.Contains($"Paused, with the commands in it: {workspace.Id}.", listed.GetProperty("hint").GetString());
            Assert.Contains("docker unpause", text, StringComparison.Ordinal);
            Assert.Contains(exec.Id, text, StringComparison.Ordinal);
            // What the hint says, while it is still paused.
            var keptAs = (await workspace.Kill(("keep_workspace", true))).KeptAs!;
            var again = await assistant.Spawn(Images.Busybox, ("alias", keptAs));
            Assert.Equal("before", (await again.Read("kept")).Content);
            await again.Kill(("delete_files", true));
            Assert.All(errors[..reads.Length], error => Assert.Contains("Nothing was changed.", error.Message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Transfers_of_a_paused_workspace_end_though_they_have_no_time_limit()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("kept", "before");
        await using (await Paused.Of(workspace))
        {
            var address = new Uri(server.BaseAddress, $"workspaces/{workspace.Id}/files?path=kept");
            using var content = new ByteArrayContent(new byte[2 << 20]);
            var transfers = await Task.WhenAll(
                server.Http.PutAsync(address, content, TestContext.Current.CancellationToken),
                server.Http.GetAsync(address, TestContext.Current.CancellationToken))
                .WaitAsync(_clients, TestContext.Current.CancellationToken);
            foreach (var transfer in transfers)
            {
                using (transfer)
                    Assert.Contains(transfer.StatusCode, new[] { HttpStatusCode.GatewayTimeout, HttpStatusCode.InternalServerError });
            }
        }
        Assert.Equal("before", (await workspace.Read("kept")).Content);
    }

    [Fact]
    public async Task One_silent_workspace_delays_no_other()
    {
        await using var assistant = await server.Connect();
        var silent = await assistant.Spawn(Images.Busybox);
        var busy = await assistant.Spawn(Images.Busybox);
        await using (await Paused.Of(silent))
        {
            var waiting = Enumerable.Range(0, 20).Select(index => Refused.WithOneOf(
                ["timeout", "server_error", "concurrent_limit"],
                () => index % 2 == 0 ? silent.Exec("true", ("wait_ms", 20_000)) : silent.Write($"{index}", "x"))).ToList();
            for (var round = 0; round < 50; round++)
            {
                Assert.Equal($"{round}", await busy.Sh($"echo {round}"));
                await busy.Write("file", $"{round}");
                if (round == 0)
                    Assert.Contains(waiting, call => !call.IsCompleted);
            }
            await Task.WhenAll(waiting).WaitAsync(_clients, TestContext.Current.CancellationToken);
            await silent.Kill(("force", true)).WaitAsync(_clients, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task What_a_restarted_server_finds_unsettled_it_settles()
    {
        await using var own = await ServerProcess.Started();
        string workspaceId, dockerId, id;
        await using (var assistant = await own.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox);
            (workspaceId, dockerId) = (workspace.Id, await workspace.DockerId());
            await DockerHost.Docker("pause", dockerId);
            var refusal = await Refused.With("timeout", () => workspace.Exec("echo ran >> ran", ("wait_ms", 0)));
            id = ExecId().Match(refusal.Hint).Value;
        }
        await own.Restart();
        await using var again = await own.Connect();
        Assert.Equal("starting", Assert.Single((await again.ListExecs(("container_id", workspaceId))).Execs).Status);
        await DockerHost.Docker("unpause", dockerId);

        Assert.Equal("not_started", (await again.Exec(id).Ended()).Outcome);
        Assert.Empty((await again.Call("fs_list", ResultsJson.Default.Listing, ("container_id", workspaceId), ("path", "."))).Entries);
    }

    private static async Task<List<(string Event, string Result, string? Error)>> Audit(
        Assistant assistant, string containerId, string prefix)
    {
        List<(string, string, string?)> found = [];
        await Deadline.Until(async () =>
        {
            var answer = await assistant.Call("audit_query", ("container_id", containerId));
            found = [.. answer.GetProperty("records").EnumerateArray()
                .Where(record => record.GetProperty("event_type").GetString()!.StartsWith(prefix, StringComparison.Ordinal))
                .Select(
                    record => (record.GetProperty("event_type").GetString()!, record.GetProperty("result").GetString()!, Error(record)))];
            return found.Any(record => record.Item1 == "exec.finish");
        }, _settled, "the end is recorded");
        return found;
    }

    private static string? Error(JsonElement record) => record.TryGetProperty("error_code", out var error) ? error.GetString() : null;

    [GeneratedRegex("e_[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex ExecId();

    /// <summary>As long as this lives.</summary>
    private sealed class Paused(string dockerId) : IAsyncDisposable
    {
        public static async Task<Paused> Of(Workspace workspace)
        {
            var dockerId = await workspace.DockerId();
            await DockerHost.Docker("pause", dockerId);
            return new Paused(dockerId);
        }

        public async ValueTask DisposeAsync() => await Command.Run("docker", "unpause", dockerId);
    }
}
