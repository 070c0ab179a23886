using System.Net;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Attacks;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The disk with the server's state is full.</summary>
public sealed class FullDiskTests
{
    [Fact]
    [Attack("the disk with the server's state is full; against kill, cancel and the audit record")]
    public async Task What_would_be_lost_is_refused_what_reads_and_ends_goes_on_and_with_room_all_is_well()
    {
        await using var disk = await SmallDisk.Mounted("16m");
        await using var server = await ServerProcess.Started(
            ("MCP_STATE_DB", Path.Combine(disk.Path, "state.db")), ("MCP_AUDIT_LOG_FILE", Path.Combine(disk.Path, "audit.log")));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var doomed = await assistant.Spawn(Images.Busybox);
        await workspace.Write("note.txt", "here");
        var running = await doomed.ExecStart("sleep 1000");
        await server.Answers("health/ready");

        disk.Fill();
        var refusal = await Refused.With("resource_exhausted", () => assistant.Spawn(Images.Busybox));
        Assert.Contains("disk", refusal.Message + refusal.Hint, StringComparison.OrdinalIgnoreCase);
        await Refused.With("resource_exhausted", () => workspace.ExecStart("true"));
        // The workspace's own disk has room, but what is done there could not be recorded.
        await Refused.With("resource_exhausted", () => workspace.Write("note.txt", "unrecorded"));
        Assert.Equal("here", (await workspace.Read("note.txt")).Content);
        Assert.NotEmpty((await assistant.ListContainers()).Containers);
        // What ends something has the reserve, and is recorded too.
        Assert.Equal("cancelled", (await running.Cancel(graceS: 0)).Outcome);
        await doomed.Kill(("force", true));
        Assert.Empty(await DockerHost.ContainersOf(doomed.Id));
        Assert.Contains(
            "mcp_state_disk_low 1", (await assistant.Call("metrics", ("prefix", "mcp_state_disk_low"))).GetProperty("text").GetString(),
            StringComparison.Ordinal);
        await server.Answers("health/ready", HttpStatusCode.ServiceUnavailable);

        disk.Free();
        Assert.Equal("fine", await workspace.Sh("echo fine"));
        var recorded = await assistant.Call("audit_query", ("event_type", "exec.cancel"), ("container_id", doomed.Id));
        Assert.Equal("success", Assert.Single(recorded.GetProperty("records").EnumerateArray()).GetProperty("result").GetString());
        Assert.Equal("fine", await (await assistant.Spawn(Images.Busybox)).Sh("echo fine"));

        await server.Restart();
        await using var again = await server.Connect();
        Assert.DoesNotContain(
            (await again.ListContainers(("include_stopped", true))).Containers, container => container.ContainerId == doomed.Id);
    }

    /// <summary>It waits on that disk until it is complete, and must leave the reserve to what ends something.</summary>
    [Fact]
    public async Task A_large_request_is_refused_and_says_why_and_a_large_answer_still_comes()
    {
        await using var disk = await SmallDisk.Mounted("16m");
        await using var server = await ServerProcess.Started(
            ("MCP_STATE_DB", Path.Combine(disk.Path, "state.db")), ("MCP_AUDIT_LOG_FILE", Path.Combine(disk.Path, "audit.log")));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("text.txt", new string('x', 262_144));
        disk.Fill();
        await server.Answers("health/ready", HttpStatusCode.ServiceUnavailable);
        using var body = new StringContent(
            """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""" + new string(' ', 512 << 10), System.Text.Encoding.UTF8, "application/json");
        using var answer = await server.Http.PostAsync(server.Endpoint, body, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InsufficientStorage, answer.StatusCode);
        Assert.Contains(
            "no room on its disk", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(262_144, (await workspace.Read("text.txt", ("max_bytes", 262_144))).Content!.Length);
        disk.Free();
    }

    [Fact]
    public async Task Output_that_finds_no_room_is_not_passed_off_as_complete()
    {
        await using var disk = await SmallDisk.Mounted("16m");
        await using var server = await ServerProcess.Started(
            ("MCP_STATE_DB", Path.Combine(disk.Path, "state.db")), ("MCP_AUDIT_LOG_FILE", Path.Combine(disk.Path, "audit.log")),
            ("MCP_AUDIT_ON_FAILURE", "continue"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("until [ -e go ]; do sleep 0.05; done; seq 1 100000");
        disk.Fill();
        // Past the server, which takes no writes any more.
        await DockerHost.Docker("exec", "-u", await workspace.User(), await workspace.DockerId(), "touch", "/workspace/go");

        // Not on disk is not acknowledged: it waits in the agent until there is room.
        await exec.Poll(-1, waitMs: 1_000);
        disk.Free();
        var read = await exec.ReadToEnd();
        Assert.Equal(string.Concat(Enumerable.Range(1, 100_000).Select(n => $"{n}\n")), read.Stdout);
    }
}
