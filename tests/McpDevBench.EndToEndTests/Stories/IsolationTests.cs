using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What a workspace may not do, seen from inside; whatever its image says.</summary>
public sealed class IsolationTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Theory]
    [InlineData(Images.Busybox)]
    [InlineData(Images.Python)]
    [InlineData(Images.Hostile)]
    public async Task Nobody_in_it_is_root_has_a_capability_or_can_get_one(string image)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(image);
        Assert.Equal(await workspace.User(), await workspace.Sh("echo $(id -u):$(id -g)"));
        var status = await workspace.Sh(
            "grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t ' ' '");
        Assert.Equal(["CapInh: 0000000000000000", "CapPrm: 0000000000000000", "CapEff: 0000000000000000", "CapBnd: 0000000000000000", "CapAmb: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2"], status.Split('\n'));
        Assert.Equal("refused", await workspace.Sh("touch /etc/x /usr/x /.mcp-devbench/x 2>/dev/null || echo refused"));
        Assert.Equal("refused", await workspace.Sh(
            "(echo x >> /etc/passwd) 2>/dev/null || rm -rf /.mcp-devbench-user/* 2>/dev/null || echo refused"));
        Assert.Equal("lo", await workspace.Sh("ls /sys/class/net"));
        Assert.Equal(
            "tmp run workspace", await workspace.Sh("touch /tmp/x && touch /run/x && touch /workspace/x && echo tmp run workspace"));
    }

    [Fact]
    public async Task A_hostile_image_gets_none_of_its_ways()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Hostile);
        Assert.Equal("", await workspace.Sh("ls /tmp | grep ran || true"));
        Assert.Equal("none", await workspace.Sh("echo ${LD_PRELOAD:-none}${BASH_ENV:-}"));
        Assert.Equal("/workspace", await workspace.Sh("pwd"));
        Assert.Equal(await workspace.Sh("id -u"), await workspace.Sh("/setuid/busybox id -u"));

        var dockerId = await workspace.DockerId();
        Assert.Equal(workspace.Id, await DockerHost.Docker("inspect", "-f", "{{index .Config.Labels \"com.mcp.container_id\"}}", dockerId));
        Assert.NotEqual("not-yours", await DockerHost.Docker("inspect", "-f", "{{index .Config.Labels \"com.mcp.alias\"}}", dockerId));
        Assert.DoesNotContain(
            "/var/trap",
            await DockerHost.Docker(
                "inspect", "-f", "{{range .Mounts}}{{if eq .Type \"volume\"}}{{.Destination}} {{end}}{{end}}", dockerId),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_whose_folders_lead_elsewhere_works_inside_its_workspace_or_not_at_all()
    {
        await using var assistant = await server.Connect();
        try
        {
            var workspace = await assistant.Spawn(Images.Crooked);
            await workspace.Write("note.txt", "inside");
            Assert.Equal("inside", (await workspace.Read("note.txt")).Content);
        }
        catch (CallFailedException refused)
        {
            Assert.NotEmpty(refused.Refusal.Hint);
        }
        Assert.Equal("fine", await (await assistant.Spawn(Images.Busybox)).Sh("echo fine"));
    }

    [Fact]
    public async Task An_image_without_a_shell_runs_its_program_and_has_files()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Scratch);
        var hello = await workspace.Run(["/hello", "an argument"], ("stdin", "and input\n"));
        Assert.Equal("hello from scratch\nan argument\nand input\n", hello.Stdout);
        await workspace.Write("a/b/c.txt", "no mkdir was needed");
        Assert.Equal("no mkdir was needed", (await workspace.Read("a/b/c.txt")).Content);
        Assert.Single((await workspace.Search("mkdir")).Found);
        Assert.Equal(3, (await workspace.List("/workspace", ("recursive", true))).Entries.Count);
        var refusal = await Refused.Somehow(() => workspace.Exec("echo hello"));
        Assert.Contains("cmd", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workspace_that_uses_all_its_memory_loses_the_program_and_nothing_else()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python, ("memory_mb", 128));
        await workspace.Write("note.txt", "still here");
        var greedy = await workspace.Run(
            ["python", "-c", "x = bytearray(1 << 30)\nfor i in range(0, 1 << 30, 4096): x[i] = 1"], ("wait_ms", 25_000));
        Assert.Equal("out_of_memory", greedy.Outcome);
        Assert.Equal("still here", await workspace.Sh("cat note.txt"));
    }

    [Fact]
    public async Task A_workload_that_kills_everything_it_can_hurts_only_itself()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var other = await assistant.Spawn(Images.Busybox);
        await workspace.Exec("kill -9 -1; for p in /proc/[0-9]*; do kill -9 ${p#/proc/}; done", ("wait_ms", 5_000));
        Assert.Equal("fine", await other.Sh("echo fine"));
        Assert.Equal("fine", await (await assistant.Spawn(Images.Busybox)).Sh("echo fine"));
    }

    [Fact]
    public async Task The_agent_can_neither_be_killed_nor_overheard_from_inside_and_leaves_no_zombie()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Exec("kill -9 -1; kill -9 1; kill -TERM 1", ("wait_ms", 5_000));
        Assert.Equal("alive", await workspace.Sh("echo alive"));
        Assert.Equal("denied", await workspace.Sh("(echo forged > /proc/1/fd/1) 2>/dev/null && echo written || echo denied"));
        Assert.Equal("denied", await workspace.Sh("(head -c 1 < /proc/1/fd/0) 2>/dev/null && echo read || echo denied"));

        await workspace.Sh("i=0; while [ $i -lt 20 ]; do (setsid sh -c true &); i=$((i+1)); done; sleep 0.5");
        Assert.Equal("0", await workspace.Sh("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"));
    }

    [Fact]
    public async Task As_root_is_refused_where_policy_does_not_allow_it()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await Refused.With("forbidden", () => workspace.Exec("id -u", ("as_root", true)));
    }
}
