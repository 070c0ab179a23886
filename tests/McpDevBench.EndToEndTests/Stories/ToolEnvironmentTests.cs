using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What programs expect of a Linux machine: a user, a host name, a shell, a locale, Git's identity.</summary>
public sealed class ToolEnvironmentTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Theory]
    [InlineData(Images.Busybox, "user", "/bin/sh")]
    [InlineData(Images.Python, "dev", "/bin/bash")]
    [InlineData(Images.Languages, "dev", "/bin/bash")]
    [InlineData(Images.Hostile, "user", "/bin/sh")]
    [InlineData(Images.Linked, "user", "/bin/sh")]
    public async Task The_user_has_a_name_a_group_a_home_and_a_shell(string image, string name, string shell)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(image);
        Assert.Equal($"{name} {name} {name} {name} {shell} /home/dev",
            await workspace.Sh("echo $(whoami) $(id -gn) $USER $LOGNAME $SHELL $HOME"));
        Assert.Equal($"{name}:x:{await workspace.User()}:/home/dev:{shell}",
            await workspace.Sh("awk -F: -v OFS=: -v uid=$(id -u) '$3 == uid { print $1, $2, $3, $4, $6, $7 }' /etc/passwd"));
        Assert.Equal("", await workspace.Sh("awk -F: '$3 == 1000' /etc/passwd"));
        Assert.Equal("root", await workspace.Sh("awk -F: '$3 == 0 { print $1 }' /etc/passwd"));
        // The mark by which the agent knows the command's processes is a group, which has a name too.
        Assert.Matches($"^{name} exec-([0-9]+) 0 [0-9]+ \\1$", await workspace.Sh(
            "groups >/dev/null && id >/dev/null && names=$(id -Gn); echo $names $? $(id -G)"));
        Assert.Equal("written", await workspace.Sh("echo written >~/note; cat /home/dev/note"));
        Assert.Equal("drwxr-xr-x root", await workspace.Sh("ls -ld /etc | awk '{ print $1, $3 }'"));
    }

    [Fact]
    public async Task An_image_without_any_file_has_a_user_too()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Scratch);
        var pid = await DockerHost.Docker("inspect", "-f", "{{.State.Pid}}", await workspace.DockerId());
        var folder = $"/proc/{pid}/root";
        Assert.Equal("/.mcp-devbench-user/own/passwd", new FileInfo($"{folder}/etc/passwd").LinkTarget);
        Assert.Equal(
            $"root:x:0:0:root:/root:/sbin/nologin\ndev:x:{await workspace.User()}:dev:/home/dev:/bin/sh\n",
            await File.ReadAllTextAsync($"{folder}/.mcp-devbench-user/own/passwd", TestContext.Current.CancellationToken));
        Assert.Equal("/.mcp-devbench-user/own/group", new FileInfo($"{folder}/etc/group").LinkTarget);
    }

    [Fact]
    public async Task Host_names_resolve_and_thread_counts_agree_with_the_processors()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages, ("cpus", 1));
        Assert.Equal("127.0.0.1 127.0.0.1", await workspace.Sh(
            "python3 -c 'import socket; print(socket.gethostbyname(socket.gethostname()), socket.gethostbyname(\"localhost\"))'"));
        Assert.Equal("1 1", await workspace.Sh("echo $(nproc) $GOMAXPROCS"));
        // Without a variable's help: by the processors that the kernel gives to the workspace.
        Assert.Equal("1 1 1", await workspace.Sh(
            "unset OMP_NUM_THREADS; echo $(nproc) $(node -p 'os.availableParallelism()') "
                + "$(python3 -c 'import os; print(len(os.sched_getaffinity(0)))')"));
        var wider = await assistant.Spawn(Images.Languages, ("cpus", 1.5));
        Assert.Equal("2", await wider.Sh("nproc"));
        var small = await assistant.Spawn(Images.Busybox, ("cpus", 0.5));
        Assert.Equal("1", await small.Sh("nproc"));
    }

    [Fact]
    public async Task Pagers_do_not_wait_and_the_locale_is_utf8_unless_the_image_or_the_caller_says_otherwise()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        Assert.Equal("C.UTF-8 cat cat", await workspace.Sh("echo $LANG $PAGER $GIT_PAGER"));
        Assert.Equal("UTF-8", await workspace.Sh("locale charmap"));
        var own = await assistant.Spawn(Images.Languages,
            ("env", new JsonObject { ["LANG"] = "C", ["PAGER"] = "less", ["OMP_NUM_THREADS"] = "7", ["USER"] = "ann" }));
        Assert.Equal("C less 7 ann", await own.Sh("echo $LANG $PAGER $(nproc) $USER"));
    }

    [Fact]
    public async Task Git_commits_without_being_configured_and_the_users_configuration_wins()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        Assert.Equal("Workspace User",
            await workspace.Sh("git init -q . 2>&1; git commit -q --allow-empty -m one; git log -1 --format=%an"));
        Assert.Equal("Ann",
            await workspace.Sh("git config --global user.name Ann; git commit -q --allow-empty -m two; git log -1 --format=%an"));
        Assert.Equal("Bob", await workspace.Sh("git config user.name Bob; git commit -q --allow-empty -m three; git log -1 --format=%an"));
        // Uploaded by another user than the workspace's: "dubious ownership" otherwise.
        var volume = Assert.Single((await DockerHost.Docker("inspect", "-f",
            "{{range .Mounts}}{{if eq .Destination \"/workspace\"}}{{.Name}}{{end}}{{end}}", await workspace.DockerId())).Split('\n'));
        await DockerHost.Docker("run", "--rm", "--network", "none", "-v", $"{volume}:/w", Images.Languages, "git", "init", "-q",
            "/w/foreign");
        Assert.Equal("0", await workspace.Sh("stat -c %u foreign"));
        Assert.Equal("", await workspace.Sh("git -C foreign status --short"));
    }
}
