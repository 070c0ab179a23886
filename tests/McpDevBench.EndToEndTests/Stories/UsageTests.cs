using System.Globalization;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What workspaces use is in the metrics, whatever goes on in them.</summary>
public sealed class UsageTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Memory = "container_memory_usage_bytes", Cpu = "container_cpu_usage_seconds_total";
    private const long Mebibyte = 1 << 20;

    /// <summary>Many rounds of questions to the agents.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Memory_that_a_program_takes_is_shown_and_its_workspace_s_name_and_image()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var program = await workspace.ExecStart(
            ["python", "-c", "import time; taken = b'x' * (100 << 20); print('up', flush=True); time.sleep(1000)"]);
        await program.ReadUntil("up\n");
        await Becomes(assistant, workspace, Memory, bytes => bytes >= 100 * Mebibyte, "it shows the memory");
        Assert.InRange((await Value(assistant, workspace, Memory))!.Value, 100 * Mebibyte, 512 * Mebibyte);
        foreach (var name in new[] { Memory, Cpu })
            Assert.StartsWith(
                $"{name}{{container=\"mcp-devbench-{workspace.Id}\",image=\"{workspace.Spawned.Image}\"}} ",
                Assert.Single(await Series(assistant, workspace, name)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_computes_moves_the_counter_and_an_idle_neighbour_s_stands()
    {
        await using var assistant = await server.Connect();
        var busy = await assistant.Spawn(Images.Busybox);
        var idle = await assistant.Spawn(Images.Busybox);
        await Becomes(assistant, idle, Cpu, _ => true, "it is shown");
        var before = (await Value(assistant, idle, Cpu))!.Value;
        await busy.ExecStart("while :; do :; done");
        await Grows(assistant, busy, seconds: 1);
        Assert.InRange((await Value(assistant, idle, Cpu))!.Value - before, 0, 1);
    }

    [Fact]
    public async Task With_the_workspace_its_series_go_at_once()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await Becomes(assistant, workspace, Memory, bytes => bytes > 0, "it is shown");
        await workspace.Kill(("force", true));
        Assert.Empty(await Series(assistant, workspace, "container_"));

        // And where the container goes without a word to us.
        var lost = await assistant.Spawn(Images.Busybox);
        await Becomes(assistant, lost, Memory, bytes => bytes > 0, "it is shown");
        await DockerHost.Docker("rm", "-f", await lost.DockerId());
        await Deadline.Until(
            async () => (await Series(assistant, lost, "container_")).Count == 0, _patience, "the lost workspace is not shown");
    }

    [Fact]
    public async Task A_fork_bomb_at_the_process_limit_does_not_hide_what_it_uses()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var bomb = await workspace.ExecStart(["python", "-c", """
            import os
            print("up", flush=True)
            while True:
                try:
                    os.fork()
                except OSError:
                    pass
            """]);
        await bomb.ReadUntil("up\n");
        await Grows(assistant, workspace, seconds: 1);
        await bomb.Cancel(graceS: 0);
    }

    [Fact]
    public async Task A_workspace_at_its_memory_limit_is_shown_to_be_there()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python, ("memory_mb", 128));
        // One after the other takes what there is, together with the pages of a large file, and is killed for it.
        await workspace.ExecStart(
            "while :; do python -c 'x = b\"x\" * (200 << 20)' & head -c 300m /dev/zero > /workspace/large; wait; done");
        await Grows(assistant, workspace, seconds: 1);
        await Becomes(assistant, workspace, Memory, bytes => bytes is > 100 * Mebibyte and <= 128 * Mebibyte, "it is at its limit");
        await Grows(assistant, workspace, seconds: 1);
    }

    [Fact]
    public async Task A_workspace_that_does_not_answer_stays_as_it_was_for_a_while_and_then_is_not_shown_until_it_does()
    {
        await using var assistant = await server.Connect();
        var frozen = await assistant.Spawn(Images.Busybox);
        var other = await assistant.Spawn(Images.Busybox);
        await Becomes(assistant, frozen, Memory, bytes => bytes > 0, "it is shown");
        var dockerId = await frozen.DockerId();
        await DockerHost.Docker("pause", dockerId);
        try
        {
            await other.ExecStart("while :; do :; done");
            await Grows(assistant, other, seconds: 1);
            Assert.NotNull(await Value(assistant, frozen, Cpu));
            await Deadline.Until(
                async () => (await Series(assistant, frozen, "container_")).Count == 0, _patience, "the frozen workspace is not shown");
            await Grows(assistant, other, seconds: 1);
        }
        finally
        {
            await DockerHost.Docker("unpause", dockerId);
        }
        await Becomes(assistant, frozen, Memory, bytes => bytes > 0, "it is shown again");
    }

    [Fact]
    public async Task After_a_restart_of_the_server_the_counter_goes_on_from_where_it_was()
    {
        await using var restarted = await ServerProcess.Started();
        await using var assistant = await restarted.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.ExecStart("while :; do :; done");
        var before = await Grows(assistant, workspace, seconds: 1);
        await restarted.Restart();
        await using var again = await restarted.Connect();
        await Becomes(again, workspace, Cpu, seconds => seconds >= before, "it goes on");
    }

    /// <returns>What it has become.</returns>
    private static async Task<double> Grows(Assistant assistant, Workspace workspace, double seconds)
    {
        await Becomes(assistant, workspace, Cpu, _ => true, "it is shown");
        var last = (await Value(assistant, workspace, Cpu))!.Value;
        var enough = last + seconds;
        await Becomes(assistant, workspace, Cpu, now =>
        {
            Assert.True(now >= last, $"{now} after {last}");
            last = now;
            return now >= enough;
        }, $"it uses {seconds} seconds of processor time more");
        return last;
    }

    private static Task Becomes(Assistant assistant, Workspace workspace, string name, Func<double, bool> isSo, string otherwise) =>
        Deadline.Until(async () => await Value(assistant, workspace, name) is { } value && isSo(value), _patience, otherwise);

    private static async Task<double?> Value(Assistant assistant, Workspace workspace, string name) =>
        (await Series(assistant, workspace, name)).SingleOrDefault() is { } line ? double.Parse(
            line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture) : null;

    private static async Task<List<string>> Series(Assistant assistant, Workspace workspace, string prefix) =>
        [.. (await assistant.Call("metrics", ("prefix", prefix))).GetProperty("text").GetString()!.Split('\n').Where(
            line => line.Contains(workspace.Id, StringComparison.Ordinal))];
}
