using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Stories;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>Commands that print as much as they can, to fill the disk with the server's state.</summary>
[Collection(Alone.Name)]
public sealed class OutputTests : IAsyncLifetime
{
    private const int CommandMb = 4, WorkspaceMb = 16, TotalMb = 24, Commands = 40;

    /// <summary>More than is kept of a command.</summary>
    private const string Print = "head -c 6000000 /dev/zero | tr '\\0' x";

    private ServerProcess _server = null!;
    private Assistant _assistant = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ServerProcess.Started(
            ("MCP_EXEC_OUTPUT_LIMIT_MB", $"{CommandMb}"), ("MCP_WORKSPACE_OUTPUT_MB", $"{WorkspaceMb}"),
            ("MCP_TOTAL_OUTPUT_MB", $"{TotalMb}"));
        _assistant = await _server.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        await _assistant.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    [Attack("fills the disk of the server's state with output of ended commands, from one workspace and from three")]
    public async Task What_ended_commands_printed_is_bounded_and_goes_with_the_workspace()
    {
        var workspaces = new List<Workspace>();
        for (var i = 0; i < 3; i++)
            workspaces.Add(await _assistant.Spawn(Images.Busybox));
        await PrintMuch(workspaces[..1]);
        var one = await Settled(WorkspaceMb);
        await PrintMuch(workspaces);
        var three = await Settled(TotalMb);
        AttackFigures.Add(
            $"{Commands} commands with 6 MB each from one workspace leave {one} MiB of {WorkspaceMb}, from three {three} MiB of {TotalMb}");
        // The newest are there.
        Assert.InRange(three, TotalMb / 2, TotalMb);

        foreach (var workspace in workspaces)
            await workspace.Kill(("force", true));
        await Deadline.Until(() => Task.FromResult(OutputMb() == 0), TimeSpan.FromMinutes(2), "the output has gone with the workspaces");
        AttackFigures.Add("0 after kill");
    }

    [Fact]
    [Attack("fills the disk of the server's state with output of commands that leave a process in the background")]
    public async Task What_commands_in_the_background_printed_is_bounded_too()
    {
        var (greedy, other) = (await _assistant.Spawn(Images.Busybox), await _assistant.Spawn(Images.Busybox));
        var refused = 0;
        for (var i = 0; i < Commands; i++)
        {
            try
            {
                await greedy.Exec($"{Print}; setsid sleep 1000 &", ("max_output_bytes", 100));
            }
            catch (CallFailedException failed)
            {
                Assert.Equal("resource_exhausted", failed.Refusal.Code);
                Assert.Contains("exec_cancel", failed.Refusal.Hint, StringComparison.Ordinal);
                refused++;
            }
        }
        AttackFigures.Add($"{Commands} commands with 6 MB each leave {OutputMb()} MiB of {WorkspaceMb} and {refused} refused");
        Assert.InRange(OutputMb(), 1, WorkspaceMb + CommandMb);
        Assert.Equal("fine", await other.Sh("echo fine"));
        // What the error says to do helps.
        foreach (var exec in (await _assistant.ListExecs(("container_id", greedy.Id))).Execs)
            await _assistant.Call("exec_cancel", ("exec_id", exec.ExecId), ("grace_s", 0));
        Assert.Equal("fine", await greedy.Sh("echo fine"));
    }

    private static Task PrintMuch(List<Workspace> workspaces) => Task.WhenAll(workspaces.Select(async workspace =>
    {
        for (var i = 0; i < Commands; i++)
            await workspace.Exec(Print, ("max_output_bytes", 100));
    }));

    /// <summary>MiB once the limit has been applied.</summary>
    private async Task<long> Settled(int maxMb)
    {
        await Deadline.Until(() => Task.FromResult(OutputMb() <= maxMb), TimeSpan.FromMinutes(1), $"{OutputMb()} of {maxMb} MiB are kept");
        return OutputMb();
    }

    private long OutputMb()
    {
        var folder = new DirectoryInfo(Path.Combine(_server.Folder, "output"));
        if (!folder.Exists)
            return 0;
        return folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Exists ? file.Length : 0) >> 20;
    }
}
