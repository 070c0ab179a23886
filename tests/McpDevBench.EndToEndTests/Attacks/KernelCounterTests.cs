using System.Globalization;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>
/// Much is counted by the kernel for each user of the host, whatever container its processes are in. A workspace that takes all that its
/// user gets takes nothing from another workspace, from the agents, or from a user of the host.
/// </summary>
public sealed class KernelCounterTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private static readonly string _program =
        Path.Combine(Repository.Root, "tests", "McpDevBench.EndToEndTests", "Attacks", "counters.py");

    [Theory]
    [InlineData("inotify")]
    [InlineData("signals")]
    [InlineData("queues")]
    [InlineData("pipes")]
    [InlineData("descriptors")]
    [Attack("a workspace takes all that the kernel gives to a user, against another workspace and a user of the host")]
    public async Task What_one_workspace_takes_is_not_missing_in_another_one_or_on_the_host(string counter)
    {
        await using var assistant = await server.Connect();
        var (greedy, other) = (await WithProgram(assistant), await WithProgram(assistant));
        var holder = await greedy.ExecStart(["python", "counters.py", counter], ("stdin_open", true));
        var taken = await Number(holder);
        Assert.True(taken > 0);
        // All that it could: there is nothing left for another program of the same workspace.
        // A shell has a signal or two of its own.
        var tolerance = taken / 100;
        Assert.InRange(await Count(greedy, counter), 0, tolerance);

        var left = await Count(other, counter);
        var host = await DockerHost.Docker(
            "run", "--rm", "--user", "1000:1000", "--ulimit", "nofile=4096:4096", "--network", "none",
            "--security-opt", "seccomp=unconfined", "--volume", $"{_program}:/counters.py:ro", Images.Python,
            "python", "/counters.py", counter);
        AttackFigures.Add($"{taken} taken, {left} left for another workspace, {host.Trim()} for uid 1000");
        Assert.InRange(left, taken - tolerance, taken + tolerance);
        Assert.InRange(int.Parse(host, CultureInfo.InvariantCulture), taken - tolerance, taken + tolerance);
        await holder.Cancel(graceS: 0);
    }

    /// <summary>A command's output is a pipe of its agent's: what a command makes of it counts as the agent's.</summary>
    [Fact]
    [Attack("a workspace enlarges the pipes of its agent, against the output of another workspace")]
    public async Task The_pipes_of_one_agent_are_not_missing_in_another_one()
    {
        await using var own = await ServerProcess.Started(("MCP_MAX_CONCURRENT_EXECS", "48"));
        await using var assistant = await own.Connect();
        var (greedy, other) = (await WithProgram(assistant), await WithProgram(assistant));
        Assert.Equal(1 << 20, await Count(other, "streams"));
        var enlarged = 0;
        // 64 MiB is what all pipes of a user may have in total.
        for (var i = 0; i < 40; i++)
        {
            var exec = await greedy.ExecStart(["python", "counters.py", "streams"], ("stdin_open", true));
            if (await Number(exec) > 0)
                enlarged++;
        }
        AttackFigures.Add($"{enlarged} commands with 2 MiB of pipes");
        Assert.InRange(enlarged, 20, 39);
        Assert.Equal(1 << 20, await Count(other, "streams"));
    }

    private static async Task<Workspace> WithProgram(Assistant assistant)
    {
        var workspace = await assistant.Spawn(Images.Python);
        await workspace.Write("counters.py", await File.ReadAllTextAsync(_program, TestContext.Current.CancellationToken));
        return workspace;
    }

    private static async Task<int> Count(Workspace workspace, string counter) =>
        int.Parse(await workspace.Sh($"python counters.py {counter} < /dev/null"), CultureInfo.InvariantCulture);

    private static async Task<int> Number(RunningExec exec)
    {
        var read = await exec.ReadUntil("\n");
        return int.Parse(read.Stdout.TrimEnd(), CultureInfo.InvariantCulture);
    }
}
