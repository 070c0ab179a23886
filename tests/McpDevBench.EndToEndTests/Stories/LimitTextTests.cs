using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A command that runs into a limit: its result names the limit and what to raise.</summary>
public sealed class LimitTextTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task Time_is_named_with_its_argument_and_exec_start_has_no_limit()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var late = await workspace.Exec("sleep 60", ("timeout_s", 1));
        Assert.Equal("timed_out", late.Outcome);
        Assert.Contains("time limit of 1 s (timeout_s)", Assert.Single(late.Notes!), StringComparison.Ordinal);
        Assert.Contains("at most 86400", late.Notes![0], StringComparison.Ordinal);
        var unlimited = await assistant.Call("exec_start", ("container_id", workspace.Id), ("shell", "sleep 60"));
        Assert.False(unlimited.TryGetProperty("timeout_s", out _));
        var limited = await assistant.Call("exec_start", ("container_id", workspace.Id), ("shell", "sleep 60"), ("timeout_s", 5));
        Assert.Equal(5, limited.GetProperty("timeout_s").GetInt32());
    }

    [Fact]
    public async Task An_operator_s_limit_holds_for_exec_start_too()
    {
        await using var strict = await ServerProcess.Started(("MCP_MAX_EXEC_TIMEOUT", "2"));
        await using var assistant = await strict.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("sleep 60");
        var end = (await exec.ReadToEnd()).Last!;
        Assert.Equal("timed_out", end.Outcome);
        Assert.Contains("the largest that this server allows", Assert.Single(end.Notes!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processes_are_named_when_no_more_can_be_started()
    {
        await using var small = await ServerProcess.Started(("MCP_CONTAINER_PID_LIMIT", "64"));
        await using var assistant = await small.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var many = await workspace.Run(["python3", "-c", "import subprocess\nfor i in range(100): subprocess.Popen(['sleep', '5'])"]);
        Assert.NotEqual(0, many.ExitCode);
        Assert.Contains(many.Notes!, note => note.Contains("limit on processes and threads of 64", StringComparison.Ordinal));
        await assistant.Exec(many.ExecId).Cancel(graceS: 0);
        Assert.Null((await workspace.Exec("exit 1")).Notes);
    }

    [Fact]
    public async Task Memory_is_named_with_its_argument()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python, ("memory_mb", 64));
        var hungry = await workspace.Run(["python3", "-c", "x = bytearray(200 << 20)"], ("wait_ms", 25_000));
        Assert.Equal("out_of_memory", hungry.Outcome);
        Assert.Contains("memory limit of 64 MB", Assert.Single(hungry.Notes!), StringComparison.Ordinal);
        Assert.Contains("memory_mb", hungry.Notes![0], StringComparison.Ordinal);
        // make goes on when its compiler was killed, and fails with a code of its own.
        const string Make = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'x = bytearray(200 << 20)'])\nsys.exit(2)";
        var child = await workspace.Run(["python3", "-c", Make], ("wait_ms", 25_000));
        Assert.Equal(2, child.ExitCode);
        Assert.Contains("memory limit of 64 MB", Assert.Single(child.Notes!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_temporary_directory_is_named()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var full = await workspace.Exec(
            "dd if=/dev/zero of=/tmp/big bs=1M 2>&1 | tail -1; dd if=/dev/zero of=/tmp/more bs=1M 2>/dev/null", ("wait_ms", 25_000));
        Assert.Equal(1, full.ExitCode);
        Assert.Contains(full.Notes!, note => note.Contains("/tmp was full", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Signals_have_names()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var call = Assistant.Arguments($$"""{"container_id": "{{workspace.Id}}", "shell": "kill -9 $$"}""");
        var result = await assistant.CallRaw("exec", call, progress: null);
        var text = Assert.IsType<ModelContextProtocol.Protocol.TextContentBlock>(result.Content[0]).Text;
        Assert.Contains("signaled, SIGKILL (9)", text, StringComparison.Ordinal);
    }
}
