using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Shell lines run under bash where there is one, and results report what the exit code hides.</summary>
public sealed class ShellTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task Bash_runs_the_line_where_the_image_has_it_else_sh_and_the_result_says_which()
    {
        await using var assistant = await server.Connect();
        var python = await assistant.Spawn(Images.Python);
        var bash = await python.Exec("shopt -q login_shell; [[ abc == a* ]] && echo ${BASH_VERSION:0:1}; set -o | grep pipefail");
        Assert.Equal(("bash", 0), (bash.Shell, bash.ExitCode));
        Assert.Matches(@"^\d\npipefail\s+off\n$", bash.Stdout);
        Assert.Null((await python.Run(["true"])).Shell);
        // The list has the line as it was given, also while it runs.
        var running = await python.ExecStart("echo up; sleep 1000");
        await running.ReadUntil("up\n");
        var listed = (await assistant.Call("list_execs", ("container_id", python.Id))).GetProperty("execs").EnumerateArray().Single();
        Assert.Equal("echo up; sleep 1000", listed.GetProperty("command").GetString());

        var busybox = await assistant.Spawn(Images.Busybox);
        var sh = await busybox.Exec("false | true");
        Assert.Equal(("sh", 0), (sh.Shell, sh.ExitCode));
        Assert.Null(sh.Notes);
    }

    [Fact]
    public async Task A_pipe_whose_earlier_part_failed_is_not_taken_for_success()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var tests = await workspace.Exec("cd /workspace && python3 -c 'print(\"1 failed\"); exit(1)' 2>&1 | tail -5");
        Assert.Equal((0, "1 failed\n"), (tests.ExitCode, tests.Stdout));
        Assert.Contains("exit codes 1 | 0", Assert.Single(tests.Notes!), StringComparison.Ordinal);
        Assert.Contains("exit codes 1 | 0", Assert.Single((await assistant.Exec(tests.ExecId).Poll()).Notes!), StringComparison.Ordinal);
        // head has enough before yes has written all: that is not a failure.
        Assert.Null((await workspace.Exec("yes | head -1")).Notes);
        Assert.Null((await workspace.Exec("echo fine | cat")).Notes);
    }
}
