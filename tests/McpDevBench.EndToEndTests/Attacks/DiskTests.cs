using System.Diagnostics;
using System.Globalization;
using System.Net;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Stories;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>Commands that take as much of the Docker host's disk as they can.</summary>
[Collection(Alone.Name)]
public sealed class DiskTests
{
    private const int LimitMb = 512, Inodes = 50_000, Stop = 19;

    /// <summary>Writes as fast as it can, and says how fast that was.</summary>
    private const string Write = """
        import os, sys, time
        block = b"x" * (4 << 20)
        out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
        if len(sys.argv) > 2:
            os.unlink(sys.argv[1])
        began = time.monotonic()
        for written in range(4, 1 << 20, 4):
            os.write(out, block)
            if written % 64 == 0:
                print(written, round(time.monotonic() - began, 3), flush=True)
        """;

    /// <summary>As fast as it can, to files of which only the kernel knows.</summary>
    private const string Hide = """
        import ctypes, os, sys, threading, time
        libc = ctypes.CDLL(None)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        block = b"x" * (4 << 20)
        def write():
            began, written, keep = time.monotonic(), 0, []
            while True:
                out = os.open("hidden", os.O_RDWR | os.O_CREAT)
                os.unlink("hidden")
                for _ in range(16):
                    os.write(out, block)
                written += 64
                print(written, round(time.monotonic() - began, 3), flush=True)
                if "mapped" in sys.argv[1]:
                    libc.mmap(None, 64 << 20, 1, 1, out, 0)
                    os.close(out)
        if "hides" in sys.argv[1]:
            libc.prctl(4, 0, 0, 0, 0)
        threading.Thread(target=write).start()
        if "thread" in sys.argv[1]:
            libc.syscall(93 if os.uname().machine == "aarch64" else 60, 0)
        """;

    /// <summary>Slowly enough for a disk in memory that is nearly full.</summary>
    private const string Slow = """
        import os, sys, time
        block = b"x" * (1 << 20)
        out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
        os.unlink(sys.argv[1])
        while True:
            os.write(out, block)
            time.sleep(0.1)
        """;

    [Fact]
    [Attack("writes to the disk at full speed beyond its limit of 512 MiB")]
    public Task A_command_that_writes_at_full_speed_is_stopped_soon_after_the_limit() => Writes("big");

    [Fact]
    [Attack("writes to the disk at full speed, to a file without a name")]
    public Task So_is_one_that_writes_to_a_file_without_a_name() => Writes("big", "unlinked");

    /// <summary>No look from outside the process finds what they hold.</summary>
    [Theory]
    [InlineData("of a process that hides its descriptors")]
    [InlineData("that are mapped, with no descriptor left")]
    [InlineData("of a process whose first thread has ended")]
    [Attack("writes to the disk at full speed, to files without a name")]
    public async Task So_is_one_that_hides_its_files(string files)
    {
        await using var server = await ServerProcess.Started(("MCP_WORKSPACE_DISK_MB", $"{LimitMb}"));
        await using var assistant = await server.Connect();
        var (workspace, other) = (await assistant.Spawn(Images.Python), await assistant.Spawn(Images.Busybox));
        var bystander = await other.ExecStart("while true; do date > now; sleep 0.1; done");
        var exec = await workspace.ExecStart(["python", "-c", Hide, files]);
        var end = await exec.Ended();
        Assert.Equal("signaled", end.Outcome);
        Assert.Contains(end.Notes!, note => note.Contains("MCP_WORKSPACE_DISK_MB", StringComparison.Ordinal));
        var (written, seconds) = Last(end.Text);
        AttackFigures.Add(string.Create(
            CultureInfo.InvariantCulture, $"stopped at {written} of {LimitMb} MiB at {written / seconds:0} MiB/s"));
        Assert.InRange(written, LimitMb / 2, 16 * LimitMb);
        Assert.Null((await bystander.Poll()).Outcome);
        await bystander.Cancel(graceS: 0);
        await workspace.Write("note", "fits");
    }

    [Fact]
    [Attack("makes files at full speed beyond its limit of 50,000")]
    public async Task A_command_that_makes_files_is_stopped_soon_after_the_limit()
    {
        await using var server = await ServerProcess.Started(("MCP_WORKSPACE_INODES", $"{Inodes}"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var exec = await workspace.ExecStart(["python", "-c", """
            import os, time
            began = time.monotonic()
            for made in range(1, 10_000_000):
                if made % 1000 == 1:
                    os.mkdir(f"{made}")
                    os.chdir(f"/workspace/{made}")
                    print(made, round(time.monotonic() - began, 3), flush=True)
                    os.chdir("/workspace")
                    folder = f"{made}"
                os.close(os.open(f"{folder}/{made}", os.O_CREAT))
            """]);
        var end = await exec.Ended();
        Assert.Equal("signaled", end.Outcome);
        Assert.Contains(end.Notes!, note => note.Contains($"{Inodes} are allowed (MCP_WORKSPACE_INODES)", StringComparison.Ordinal));
        var (made, seconds) = Last(end.Text);
        AttackFigures.Add(
            $"stopped at {made} files, {Math.Max(0, (made - Inodes) * seconds / made):0.0} s after the limit at {made / seconds:0} files/s");
        // 200,000 and more before.
        Assert.InRange(made, Inodes / 2, 4 * Inodes);
        await Refused.With("resource_exhausted", () => workspace.Write("more", "x"));
    }

    [Fact]
    [Attack("writes from processes that it has left in the background")]
    public async Task What_a_command_left_in_the_background_is_stopped_too()
    {
        await using var server = await ServerProcess.Started(("MCP_WORKSPACE_DISK_MB", "64"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Exec("(setsid sh -c 'sleep 1; cat /dev/zero > big') & (setsid sh -c 'sleep 1; cat /dev/zero > $HOME/big') & true");
        var dockerId = await workspace.DockerId();
        await Deadline.Until(
            async () => (await Enforced(assistant, workspace)).Count > 0, TimeSpan.FromMinutes(1), "it is stopped");
        await Deadline.Until(
            () => Task.FromResult(ProcessTable.Of(dockerId).Count == 1), TimeSpan.FromSeconds(30), "only the agent is left");
        Assert.Contains("64 MiB are allowed", Assert.Single(await Enforced(assistant, workspace)), StringComparison.Ordinal);
    }

    [Fact]
    [Attack("fills the Docker host's disk, in the open and hidden; against the others, kill and readiness")]
    public async Task On_a_disk_that_is_nearly_full_the_one_that_grows_is_stopped_and_no_other()
    {
        await using var disk = await SmallDisk.OfAFile("1g");
        await using var engine = await PrivateEngine.Started(Images.Python, Path.Combine(disk.Path, "docker"));
        await using var server = await ServerProcess.Started(
            ("MCP_DOCKER_HOST", engine.Address), ("MCP_DOCKER_DISK_RESERVE_MB", "300"), ("MCP_WORKSPACE_DISK_MB", "0"));
        await using var assistant = await server.Connect();
        var quiet = await assistant.Spawn(Images.Python);
        var greedy = await assistant.Spawn(Images.Python, ("memory_mb", 2048));
        var bystander = await quiet.ExecStart("while true; do date > now; sleep 0.1; done");
        await server.Answers("health/ready");

        var exec = await greedy.ExecStart(["python", "-c", Write, "big"]);
        var end = await exec.Ended();
        Assert.Equal("signaled", end.Outcome);
        Assert.Contains(end.Notes!, note => note.Contains("The Docker host's disk is nearly full", StringComparison.OrdinalIgnoreCase));
        await server.Answers("health/ready", HttpStatusCode.ServiceUnavailable);
        var free = new DriveInfo(disk.Path).AvailableFreeSpace >> 20;
        AttackFigures.Add($"{free} of 300 MiB left of the reserve");
        Assert.InRange(free, 1, 310);
        await Refused.With("resource_exhausted", () => assistant.Spawn(Images.Python));
        await Refused.With("resource_exhausted", () => quiet.Write("more", "x"));

        // To a file without a name, by a process that hides what it has open.
        var hidden = await greedy.ExecStart(
            ["python", "-c", "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n" + Slow, "hidden"]);
        end = await hidden.Ended();
        Assert.Equal("signaled", end.Outcome);
        AttackFigures.Add($"{new DriveInfo(disk.Path).AvailableFreeSpace >> 20} MiB with a hidden one");

        // With an agent that does not answer.
        var silenced = await greedy.ExecStart(["python", "-c", Slow, "silenced"]);
        var dockerId = (await engine.Docker("ps", "-q", "--no-trunc", "--filter", $"name={greedy.Id}")).Trim();
        var agent = int.Parse(await engine.Docker("inspect", "-f", "{{.State.Pid}}", dockerId), CultureInfo.InvariantCulture);
        ProcessTable.Signal(agent, Stop);
        await Deadline.Until(
            async () => (await engine.Docker("inspect", "-f", "{{.State.Running}}", dockerId)).Trim() == "false", TimeSpan.FromMinutes(2),
            "its container is ended");
        Assert.Equal("workspace_lost", (await silenced.Ended()).Outcome);

        Assert.Null((await bystander.Poll()).Outcome);
        Assert.Equal("here", await greedy.Sh("echo here"));
        await greedy.Delete("big");
        await server.Answers("health/ready");
        await quiet.Write("more", "x");
        await greedy.Kill(("force", true));
        await bystander.Cancel(graceS: 0);
        await quiet.Kill(("force", true));
    }

    private static async Task Writes(string file, params string[] more)
    {
        await using var server = await ServerProcess.Started(("MCP_WORKSPACE_DISK_MB", $"{LimitMb}"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var watch = Stopwatch.StartNew();
        var exec = await workspace.ExecStart(["python", "-c", Write, file, .. more]);
        var end = await exec.Ended();
        Assert.Equal("signaled", end.Outcome);
        Assert.Contains(end.Notes!, note => note.Contains($"{LimitMb} MiB are allowed (MCP_WORKSPACE_DISK_MB)", StringComparison.Ordinal));
        var (written, seconds) = Last(end.Text);
        var rate = written / seconds;
        AttackFigures.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"stopped at {written} MiB, {Math.Max(0, (written - LimitMb) / rate):0.0} s after the limit at {rate:0} MiB/s"));
        // 12.9 GB before.
        Assert.InRange(written, LimitMb / 2, 8 * LimitMb);
        await Deadline.Until(
            async () => (await Enforced(assistant, workspace)).Count == 1, TimeSpan.FromSeconds(30), "it is recorded");
        Assert.Contains(
            """mcp_disk_stops_total{reason="bytes",action="ended"} 1""",
            (await assistant.Call("metrics", ("prefix", "mcp_disk_stops"))).GetProperty("text").GetString(), StringComparison.Ordinal);
        // The workspace lives on, and has its room back once the file is gone.
        if (more.Length == 0)
            await workspace.Delete(file);
        await workspace.Write("note", "fits");
        Assert.Equal("fits", await workspace.Sh("cat note"));
    }

    [Fact]
    public async Task By_the_policy_of_freezing_a_command_waits_for_room_and_goes_on()
    {
        await using var server = await ServerProcess.Started(("MCP_WORKSPACE_DISK_MB", "64"), ("MCP_DISK_POLICY", "freeze"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("dd if=/dev/zero of=first bs=1M count=50 2>&1");
        var exec = await workspace.ExecStart("dd if=/dev/zero of=second bs=1M count=40; echo went on; sleep 1000");
        await Deadline.Until(
            async () => (await exec.Poll()).Notes is { } notes && notes.Any(
                note => note.Contains("Suspended by the server", StringComparison.Ordinal)),
            TimeSpan.FromMinutes(1), "it is suspended");
        Assert.Null((await exec.Poll()).Outcome);
        await workspace.Delete("first");
        await exec.ReadUntil("went on");
        await exec.Cancel(graceS: 0);
    }

    private static async Task<List<string>> Enforced(Assistant assistant, Workspace workspace) =>
    [
        .. (await assistant.Call("audit_query", ("event_type", "quota.enforced"), ("container_id", workspace.Id)))
            .GetProperty("records").EnumerateArray().Select(record => record.GetProperty("target").GetString()!),
    ];

    /// <summary>What the last line says: how much, and after how many seconds.</summary>
    private static (double Amount, double Seconds) Last(string text)
    {
        var words = text.Trim().Split('\n')[^1].Split(' ');
        return (double.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture));
    }
}
