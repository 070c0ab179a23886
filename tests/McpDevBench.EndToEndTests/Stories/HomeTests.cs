using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The home directory, and where temporary files go.</summary>
public sealed class HomeTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task What_programs_keep_for_their_user_is_not_among_the_project()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        Assert.Equal("/home/dev /home/dev", await workspace.Sh("echo ~ $HOME"));
        await workspace.Sh("echo x >~/.rc; mkdir -p ~/.cache; python3 -c 'import sys' && git config --global user.name Me");
        Assert.Equal("", await workspace.Sh("ls -A /workspace"));
        // A folder with dotfiles in it could not be cloned into.
        await workspace.Sh("git init -q --bare ~/origin.git && git clone -q ~/origin.git . 2>&1");
        Assert.Equal(".git", await workspace.Sh("ls -A /workspace"));
    }

    [Fact]
    public async Task Programs_that_a_user_installs_are_found()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        await workspace.Write("tool/package.json", """{ "name": "greeter", "version": "1.0.0", "bin": { "greet": "greet.js" } }""");
        await workspace.Write("tool/greet.js", "#!/usr/bin/env node\nconsole.log('hello from npm');\n");
        await workspace.Sh("chmod +x tool/greet.js && npm install --offline --no-audit --no-fund -g ./tool 2>&1");
        Assert.Equal("hello from npm", await workspace.Sh("greet"));
        await workspace.Sh(
            "for d in .local/bin go/bin .cargo/bin; do mkdir -p ~/$d; n=in-$(echo $d | tr -d ./); "
            + "printf '#!/bin/sh\\necho %s\\n' $n >~/$d/$n; chmod +x ~/$d/$n; done");
        Assert.Equal("in-localbin\nin-gobin\nin-cargobin", await workspace.Sh("in-localbin; in-gobin; in-cargobin"));
    }

    [Fact]
    public async Task The_home_directory_is_kept_with_the_files_and_removed_with_them()
    {
        await using var assistant = await server.Connect();
        var first = await assistant.Spawn(Images.Busybox, ("alias", "homely"), ("persistent", true));
        await first.Sh("echo mine >~/note; chmod 700 ~");
        await first.Kill();
        var second = await assistant.Spawn(Images.Busybox, ("alias", "homely"), ("persistent", true));
        Assert.Equal("mine 700", await second.Sh("echo $(cat ~/note) $(stat -c %a ~)"));
        await second.Kill(("delete_files", true));
        // Named after the first workspace, as its volume is.
        Assert.Empty(await DockerHost.VolumesOf(first.Id));
    }

    [Fact]
    public async Task A_workspace_of_before_there_were_home_directories_gets_one()
    {
        await using var assistant = await server.Connect();
        var first = await assistant.Spawn(Images.Busybox, ("alias", "old"), ("persistent", true));
        await first.Sh("echo kept >note");
        await first.Kill();
        await DockerHost.Docker("volume", "rm",
            Assert.Single(await DockerHost.VolumesOf(first.Id), volume => volume.EndsWith("_home", StringComparison.Ordinal)));
        var second = await assistant.Spawn(Images.Busybox, ("alias", "old"), ("persistent", true));
        Assert.Equal("kept written", await second.Sh("echo written >~/note; echo $(cat note ~/note)"));
    }

    [Fact]
    public async Task Temporary_folders_are_executable_and_full_before_memory_is()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("memory_mb", 128));
        Assert.Equal("ran ran", await workspace.Sh(
            "for d in /tmp /run; do printf '#!/bin/sh\\necho ran\\n' >$d/x; chmod +x $d/x; done; echo $(/tmp/x) $(/run/x)"));
        Assert.Equal("2", await workspace.Sh("grep -E '^tmpfs /(tmp|run) ' /proc/mounts | grep nosuid | grep nodev | grep -vc noexec"));
        var full = await workspace.Exec(
            "for d in /tmp /run /dev/shm; do dd if=/dev/zero of=$d/fill bs=1M; done; dd if=/dev/zero of=/workspace/still bs=1M count=8",
            ("wait_ms", 25_000));
        Assert.Equal(("exited", 0), (full.Outcome, full.ExitCode));
        Assert.Equal(3, full.Stderr.Split("No space left on device").Length - 1);
        Assert.Equal("64M 8M 16M",
            await workspace.Sh("echo $(for d in /tmp /run /dev/shm; do du -m $d/fill | awk '{print $1 \"M\"}'; done)"));
    }

    [Fact]
    public async Task Paths_as_shells_and_editors_write_them_are_understood_or_refused()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("file:///workspace/a%20b.txt", "by its URI");
        Assert.Equal("by its URI", await workspace.Sh("cat 'a b.txt'"));
        var refusal = await Refused.With("path_denied", () => workspace.Write("~/note.txt", "lost?"));
        Assert.Contains("home directory", refusal.Message, StringComparison.Ordinal);
        await Refused.With("path_denied", () => workspace.List("~"));
        await Refused.With("invalid_argument", () => workspace.Read("http://localhost/a"));
        Assert.Equal("a b.txt", await workspace.Sh("ls -A"));

        await workspace.Sh("mkdir -p ~/project");
        Assert.Equal("/home/dev/project", (await workspace.Exec("pwd", ("cwd", "~/project"))).Stdout.Trim());
        Assert.Equal("/home/dev", (await workspace.Exec("pwd", ("cwd", "~"))).Stdout.Trim());
        Assert.Equal("/tmp", (await workspace.Exec("pwd", ("cwd", "file:///tmp"))).Stdout.Trim());
    }
}
