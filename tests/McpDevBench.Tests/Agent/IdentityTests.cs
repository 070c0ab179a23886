using System.Diagnostics;
using System.Text;
using static McpDevBench.Tests.Agent.AgentVerbs;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>The agent has a user of its own, and works on files and runs programs as the workload's.</summary>
public sealed class IdentityTests
{
    private static readonly string[] _names = ["Uid:", "Gid:", "Groups:", "Cap"];

    [Fact]
    public void The_agent_has_a_user_of_its_own_and_few_capabilities_and_a_program_has_none()
    {
        using var agent = AgentProcess.WithUsers();
        var client = agent.Connect();
        // The agent's own files in /proc are root's.
        Assert.Equal(
            ["Uid: 65521 65521 65521 1000", "Gid: 65521 65521 65521 1000", "Groups:", "CapInh: 0000000000000000",
                "CapPrm: 00000000008000e0", "CapEff: 0000000000800020", "CapBnd: 0000000000000000", "CapAmb: 0000000000000000"],
            Identity(File.ReadAllText($"/proc/{agent.Pid}/status")));
        var first = Identity(client.Run("cat /proc/self/status").Record.Stdout);
        Assert.Equal(["Uid: 1000 1000 1000 1000", "Gid: 1000 1000 1000 1000"], first[..2]);
        Assert.Equal(Enumerable.Repeat("0000000000000000", 5), first[3..].Select(line => line.Split(' ')[1]));
        Assert.Equal("1 1000 0", client.Run(
            "echo $(sed -n 's/NoNewPrivs:.//p' /proc/self/status) $(cat /proc/self/oom_score_adj) $(nice)").Record.Stdout.TrimEnd());
        Assert.NotEqual(first[2], Identity(client.Run("cat /proc/self/status").Record.Stdout)[2]);
    }

    [Fact]
    public void A_workspace_has_a_user_of_its_own_whose_name_the_agent_writes_before_it_gives_up_root()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        File.WriteAllText(folder["head"], "root:x:0:0::/root:/bin/sh\ndev:x:");
        File.WriteAllText(folder["tail"], ":1000:dev:/home/dev:/bin/sh\nlast:x:1:1::/:\n");
        using var agent = AgentProcess.WithUsers(70_002, 1000, 70_003, ["--passwd", folder["passwd"], "--passwd-parts", folder.Path]);
        var client = agent.Connect();
        Assert.Equal(70_002u, client.Welcome!.User);
        Assert.Equal(
            "root:x:0:0::/root:/bin/sh\ndev:x:70002:1000:dev:/home/dev:/bin/sh\nlast:x:1:1::/:\n", File.ReadAllText(folder["passwd"]));
        client.Write("a/file", "text", parents: true);
        Assert.Equal("70002:1000 70002:1000", client.Run("echo $(id -u):$(id -g) $(stat -c %u:%g a/file)").Record.Stdout.TrimEnd());
        Assert.Equal(
            ["Uid: 70003 70003 70003 70002", "Gid: 70003 70003 70003 1000"],
            Identity(File.ReadAllText($"/proc/{agent.Pid}/status"))[..2]);
        Assert.Equal("denied", client.Run($"(echo x >> {folder["passwd"]}) 2>/dev/null || echo denied").Record.Stdout.TrimEnd());
    }

    [Fact]
    public void Every_group_of_a_program_has_a_name_and_its_line_is_used_again_afterwards()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        foreach (var (name, text) in new[] { ("head", "dev:x:"), ("tail", ":1000:dev:/home/dev:/bin/sh\n") })
            File.WriteAllText(folder[name], text);
        File.WriteAllText(folder["group"], "root:x:0:\ndev:x:1000:");
        Directory.CreateDirectory(folder["own"]);
        using var agent = AgentProcess.WithUsers(
            70_002, 1000, 70_003, ["--passwd", folder["own/passwd"], "--passwd-parts", folder.Path]);
        var client = agent.Connect();
        // The test's programs look into the machine's own database, so the groups are compared with the lines.
        string[] Lines() => File.ReadAllLines(folder["own/group"]);
        var sleeper = client.Shell("echo $(id -G); sleep 1000000");
        client.Record(sleeper).WaitFor("\n");
        var mark = client.Record(sleeper).Stdout.TrimEnd().Split(' ')[1];
        Assert.Equal(["root:x:0:", "dev:x:1000:", $"exec-{mark}:x:{mark}:"], Lines());
        for (var i = 0; i < 5; i++)
        {
            var other = client.Run("echo $(id -G)").Record.Stdout.TrimEnd().Split(' ')[1];
            Assert.Equal(["root:x:0:", "dev:x:1000:", $"exec-{mark}:x:{mark}:", $"exec-{other}:x:{other}:"], Lines());
            Eventually.Is(() => client.Info().Execs == 1, "the exec is forgotten");
        }
        Assert.Equal(AgentStatus.CannotStart, StatusOf(() => client.Start(Plan(["/no/such/program"]))));
        Assert.Equal(4, Lines().Length);
        Assert.Equal("denied", client.Run($"(echo x >> {folder["own/group"]}) 2>/dev/null || echo denied").Record.Stdout.TrimEnd());
    }

    [Fact]
    public void An_agent_that_cannot_write_the_name_of_its_user_does_not_start()
    {
        using var folder = new TemporaryFolder();
        using var agent = AgentProcess.WithUsers(70_002, 1000, 70_003, ["--passwd", folder["passwd"], "--passwd-parts", folder["none"]]);
        Assert.True(agent.Process.WaitForExit(Eventually.Timeout));
        Assert.Equal(2, agent.Process.ExitCode);
    }

    [Fact]
    public void Files_belong_to_the_workload_and_what_it_may_not_read_the_agent_does_not_read_for_it()
    {
        using var agent = AgentProcess.WithUsers();
        var client = agent.Connect();
        File.WriteAllText(agent["roots"], "secret");
        File.SetUnixFileMode(agent["roots"], UnixFileMode.UserRead);
        client.Write("a/file", "text", parents: true);
        client.Write("large", new byte[3 << 20]);
        Assert.Equal("1000:1000 1000:1000 1000:1000", client.Run("echo $(stat -c %u:%g a a/file large)").Record.Stdout.TrimEnd());
        Assert.Equal(AgentStatus.PermissionDenied, StatusOf(() => client.Read("roots")));
        Assert.Equal("denied", client.Run("cat roots 2>/dev/null || echo denied").Record.Stdout.TrimEnd());
        Assert.Equal("written", client.Run("echo written > /dev/stdout").Record.Stdout.TrimEnd());
        Assert.Equal(AgentStatus.CannotStart, StatusOf(() => client.Start(Plan(["/root/x"]))));
    }

    [Fact]
    public void An_engine_that_maps_65536_users_has_room_for_the_agent_and_for_marks()
    {
        using var agent = AgentProcess.WithUsers(
            "unshare", "--user", "sh", "-c", "until grep -q . /proc/self/gid_map; do sleep 0.05; done; exec \"$@\"", "sh");
        var ours = new FileInfo("/proc/self/ns/user").LinkTarget;
        Assert.True(SpinWait.SpinUntil(() => new FileInfo($"/proc/{agent.Pid}/ns/user").LinkTarget != ours, 10_000));
        File.WriteAllText($"/proc/{agent.Pid}/uid_map", "0 0 65536");
        File.WriteAllText($"/proc/{agent.Pid}/gid_map", "0 0 65536");
        var client = agent.Connect();
        var lines = Identity(client.Run("cat /proc/self/status").Record.Stdout);
        Assert.Equal("Uid: 1000 1000 1000 1000", lines[0]);
        Assert.InRange(int.Parse(lines[2].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), 61_184, 65_519);
        var exec = client.Shell("setsid -f sleep 1000000; sleep 1000000");
        client.Cancel(exec, 0);
        Assert.Equal(ExecEnd.Cancelled, client.Record(exec).Wait().End);
    }

    [Fact]
    public void Only_the_agent_s_own_user_can_use_its_socket()
    {
        using var agent = AgentProcess.WithUsers();
        var client = agent.Connect();
        Assert.Equal("text", Encoding.UTF8.GetString(Written(client)));
        using (var stranger = AgentProcess.Start("bridge", "--socket", agent.Socket))
        {
            Assert.True(stranger.WaitForExit(10_000));
            Assert.Equal(-1, stranger.StandardOutput.BaseStream.ReadByte());
        }
        using var bridge = Process.Start(new ProcessStartInfo(
            "setpriv",
            [
                "--reuid", $"{AgentProcess.AgentUid}", "--regid", $"{AgentProcess.AgentUid}", "--clear-groups",
                AgentProcess.Binary, "bridge", "--socket", agent.Socket,
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        using var again = new AgentClient(bridge.StandardInput.BaseStream, bridge.StandardOutput.BaseStream).Shake(agent.Secret);
        Assert.Equal("text", Encoding.UTF8.GetString(again.Read("file")));
        bridge.Kill();
    }

    [Theory]
    [InlineData("setsid sleep TAG & setsid -f sleep TAG; wait")]
    [InlineData("prlimit --locks=12345:12345 setsid -f sleep TAG; prlimit --locks=2147483000:2147483000 setsid -f sleep TAG; sleep TAG")]
    [InlineData("env -i setsid -f sh -c 'trap \"\" TERM; exec sleep TAG'; sleep TAG")]
    [InlineData("f() { trap '' TERM; while :; do setsid sh -c ': TAG; sleep 0.01' & sleep 0.005; done; }; f & f & f & wait")]
    public void No_process_hides_from_a_cancel_and_no_other_command_is_hit(string script)
    {
        using var agent = AgentProcess.WithUsers();
        var client = agent.Connect();
        var tag = $"98{Random.Shared.Next(1_000_000, 9_999_999)}";
        // Has the mark that an agent of before would have given to the next command.
        var bystander = client.Shell(
            $"for i in 1 2 3 4; do prlimit --locks=$((2147483647 - i)) setsid -f sleep 7{tag}; done; sleep 7{tag} & echo up; wait");
        Assert.True(SpinWait.SpinUntil(() => client.Record(bystander).Stdout == "up\n", 30_000));
        // Those that setsid started may not have become sleep yet.
        List<int> bystanders = [];
        Assert.True(SpinWait.SpinUntil(() =>
        {
            bystanders = [.. Processes.Named($"7{tag}").Order()];
            return bystanders.Count == 6 && bystanders.Count(pid => Processes.ProgramOf(pid) == "sleep") == 5;
        }, 30_000));
        var exec = client.Shell(script.Replace("TAG", $"6{tag}", StringComparison.Ordinal));
        Assert.True(SpinWait.SpinUntil(() => Processes.Named($"6{tag}").Count >= 2, 30_000));
        client.Cancel(exec, 0);
        Assert.Equal(ExecEnd.Cancelled, client.Record(exec).Wait().End);
        Assert.Empty(Processes.Named($"6{tag}"));
        Assert.Equal(bystanders, Processes.Named($"7{tag}").Order());
        client.Cancel(bystander, 0);
        Assert.Equal(ExecEnd.Cancelled, client.Record(bystander).Wait().End);
        Assert.Empty(Processes.Named(tag));
    }

    /// <summary>
    /// A busy workspace leaves the agent a few percent of a processor, so a cancel may not read a file of every other process again.
    /// </summary>
    [Fact]
    public void A_cancel_does_not_read_processes_again_that_are_known()
    {
        const int Bystanders = 300;
        // In a namespace of its own it sees no processes of the machine.
        using var agent = AgentProcess.WithUsers("unshare", "--pid", "--fork", "--mount-proc", "--kill-child");
        var client = agent.Connect();
        var pid = int.Parse(
            File.ReadAllText($"/proc/{agent.Pid}/task/{agent.Pid}/children"), System.Globalization.CultureInfo.InvariantCulture);
        long ReadsOfACancel()
        {
            var exec = client.Shell("sleep 1000000");
            var before = Reads(pid);
            client.Cancel(exec, 0);
            Assert.Equal(ExecEnd.Cancelled, client.Record(exec).Wait().End);
            return Reads(pid) - before;
        }
        ReadsOfACancel();
        var alone = ReadsOfACancel();
        var bystanders = client.Shell($"i=0; while [ $i -lt {Bystanders} ]; do sleep 1000000 & i=$((i+1)); done; echo up; wait");
        client.Record(bystanders).WaitFor("up");
        // Also where a scan sees them for the first time: their parent's children are one file.
        foreach (var _ in Enumerable.Range(0, 2))
            Assert.InRange(ReadsOfACancel() - alone, long.MinValue, Bystanders / 2);
        client.Cancel(bystanders, 0);
        Assert.Equal(ExecEnd.Cancelled, client.Record(bystanders).Wait().End);
        // unshare itself ignores the signal that ends an agent.
        using var kill = Process.Start("kill", ["-TERM", $"{pid}"]);
        Assert.True(agent.Process.WaitForExit(Eventually.Timeout));
    }

    private static long Reads(int pid) => long.Parse(
        File.ReadLines($"/proc/{pid}/io").First(line => line.StartsWith("syscr:", StringComparison.Ordinal))["syscr:".Length..],
        System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Written(AgentClient client)
    {
        client.Write("file", "text");
        return client.Read("file");
    }

    private static string[] Identity(string status) =>
    [
        .. status.Split('\n').Where(line => _names.Any(name => line.StartsWith(name, StringComparison.Ordinal)))
            .Select(line => string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))),
    ];
}
