using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Each workspace has a user id of its own, and keeps it for as long as its files exist.</summary>
public sealed class WorkspaceUserTests
{
    [Fact]
    public async Task Two_workspaces_have_different_users_of_the_same_name_and_files_go_from_one_to_the_other()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var (first, second) = (await assistant.Spawn(Images.Languages), await assistant.Spawn(Images.Languages));
        var (firstUser, secondUser) = (await first.User(), await second.User());
        Assert.NotEqual(firstUser, secondUser);
        foreach (var (workspace, user) in new[] { (first, firstUser), (second, secondUser) })
        {
            Assert.InRange(int.Parse(user.Split(':')[0], CultureInfo.InvariantCulture), 70_000, 99_998);
            Assert.Equal($"{user} dev dev /home/dev", await workspace.Sh("echo $(id -u):$(id -g) $(id -un) $(whoami) ~"));
            Assert.Equal($"{user} {user} {user}", await workspace.Sh("echo $(stat -c %u:%g /workspace ~ /tmp)"));
            // As the host has it, of the command and of the agent.
            var outside = ProcessTable.Of(await workspace.DockerId()).Select(process => Uid(process.Id)).ToList();
            Assert.Equal([int.Parse(user.Split(':')[0], CultureInfo.InvariantCulture) + 1], outside);
        }
        Assert.Equal("dev", await first.Sh("""
            git init -q . && git commit -q --allow-empty -m x && python3 -c 'import os, pwd; print(pwd.getpwuid(os.getuid()).pw_name)'
            """));
        Assert.Equal("1 package", await first.Sh("""
            npm config set cache ~/.npm-cache && npm init -y >/dev/null && npm pack --silent >/dev/null && echo 1 package
            """));

        await first.Write("src/file.txt", "mine");
        await assistant.Call(
            "fs_copy", ("container_id", first.Id), ("path", "src"), ("target_container_id", second.Id), ("target_path", "copied"));
        Assert.Equal($"{secondUser} {secondUser}", await second.Sh("echo $(stat -c %u:%g copied copied/file.txt)"));

        // An archive tells nobody's number, and what is unpacked belongs to the workspace, whatever it tells.
        var download = new Uri(server.BaseAddress, $"workspaces/{first.Id}/files?path=src&format=tar.gz");
        var archive = await server.Http.GetByteArrayAsync(download, TestContext.Current.CancellationToken);
        await using (var reader = new TarReader(new GZipStream(new MemoryStream(archive), CompressionMode.Decompress)))
        {
            while (await reader.GetNextEntryAsync(cancellationToken: TestContext.Current.CancellationToken) is { } entry)
            {
                var names = entry as PosixTarEntry;
                Assert.Equal((0, 0, "", ""), (entry.Uid, entry.Gid, names?.UserName, names?.GroupName));
            }
        }
        var upload = new Uri(server.BaseAddress, $"workspaces/{second.Id}/files?path=unpacked&unpack=true");
        using var content = new ByteArrayContent(archive);
        using var put = await server.Http.PutAsync(upload, content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(secondUser, await second.Sh("find unpacked -name file.txt -exec stat -c %u:%g {} +"));
    }

    [Fact]
    public async Task Kept_files_keep_their_user_also_when_the_database_is_lost()
    {
        await using var server = await ServerProcess.Started();
        string user;
        await using (var assistant = await server.Connect())
        {
            var workspace = await assistant.Spawn(Images.Busybox, ("alias", "keeper"), ("persistent", true));
            user = await workspace.User();
            await workspace.Sh("echo kept > note; chmod 600 note; echo home > ~/note");
            await workspace.Kill();
            var again = await assistant.Spawn(Images.Busybox, ("alias", "keeper"));
            Assert.Equal(user, await again.User());
            Assert.Equal("kept home", await again.Sh("echo more >> note; echo $(head -1 note) $(cat ~/note)"));

            // Made anew on the same volume.
            await DockerHost.Docker("rm", "-f", await again.DockerId());
            Assert.Equal(user, await again.Sh("echo $(id -u):$(id -g)"));
            Assert.Equal(user, await again.User());
            Assert.Contains(
                $"keeper uid={user.Split(':')[0]}",
                await File.ReadAllTextAsync(Path.Combine(server.Folder, "audit.log"), TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        }

        await LoseDatabase(server);
        await using (var adopting = await server.Connect())
        {
            Assert.Equal("kept", (await adopting.Call("fs_read", ("container_id", "keeper"), ("path", "note")))
                .GetProperty("content").GetString()!.Split('\n')[0]);
            await adopting.Call("kill", ("container_id", "keeper"));
        }

        await LoseDatabase(server);
        await using var later = await server.Connect();
        var restored = await later.Spawn(Images.Busybox, ("alias", "keeper"));
        Assert.Equal((user, "kept"), (await restored.User(), await restored.Sh("head -1 note")));
        await restored.Kill(("delete_files", true));
    }

    [Fact]
    public async Task Files_that_belong_to_the_user_that_all_shared_stay_its_and_their_workspace_works_beside_others()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "of-before"), ("persistent", true));
        await workspace.Kill();
        // As the server of before left it.
        Assert.Equal(0, await server.Stop());
        var volume = Assert.Single(await DockerHost.VolumesOf(workspace.Id), name => !name.EndsWith("_home", StringComparison.Ordinal));
        foreach (var name in new[] { volume, $"{volume}_home" })
            await DockerHost.Docker(
                "run", "--rm", "--volume", $"{name}:/v:nocopy", Images.Busybox, "sh", "-c",
                "echo old > /v/old; chown -R 1000:1000 /v; chmod 600 /v/old");
        await DockerHost.Docker(
            "run", "--rm", "--volume", $"{server.Folder}:/state", Images.Python, "python", "-c",
            "import sqlite3; db = sqlite3.connect('/state/state.db'); db.execute('UPDATE kept_volumes SET uid = 1000'); db.commit()");
        await server.InitializeAsync();

        await using var again = await server.Connect();
        var restored = await again.Spawn(Images.Busybox, ("alias", "of-before"));
        Assert.Equal("1000:1000 user old", await restored.Sh("echo new > new; echo $(id -u):$(id -g) $(id -un) $(cat old)"));
        var beside = await again.Spawn(Images.Busybox);
        Assert.NotEqual("1000:1000", await beside.User());
        await restored.Kill(("delete_files", true));
    }

    [Fact]
    public async Task A_range_that_is_used_up_is_a_clear_error_until_files_are_removed()
    {
        // Two workspaces; other servers here do not use these ids.
        await using var server = await ServerProcess.Started(("MCP_WORKSPACE_UID_RANGE", "66000-66003"));
        await using var assistant = await server.Connect();
        var first = await assistant.Spawn(Images.Busybox);
        // What waits for the next workspaces makes room.
        var second = await assistant.Spawn(Images.Busybox, ("alias", "second"), ("persistent", true));
        var user = await second.User();
        Assert.Equal(["66000:1000", "66002:1000"], new[] { await first.User(), user }.Order());
        foreach (var isPersistent in new[] { false, true })
        {
            var refusal = await Refused.With("resource_exhausted", () => assistant.Spawn(Images.Busybox, ("persistent", isPersistent)));
            Assert.Contains("MCP_WORKSPACE_UID_RANGE=66000-66003", refusal.Message, StringComparison.Ordinal);
        }
        var metrics = (await assistant.Call("metrics", ("prefix", "mcp_workspace_user_ids"))).GetProperty("text").GetString();
        Assert.Contains("mcp_workspace_user_ids_taken 2", metrics!.Split('\n'));
        Assert.Contains("mcp_workspace_user_ids_limit 2", metrics.Split('\n'));
        await second.Kill();
        await Refused.With("resource_exhausted", () => assistant.Spawn(Images.Busybox));
        await second.Kill(("delete_files", true));
        Assert.Equal(user, await (await assistant.Spawn(Images.Busybox)).User());
    }

    private static int Uid(int pid) => int.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1],
        CultureInfo.InvariantCulture);

    private static async Task LoseDatabase(ServerProcess server)
    {
        Assert.Equal(0, await server.Stop());
        foreach (var file in Directory.GetFiles(server.Folder, "state.db*").Where(file => !file.EndsWith(".key", StringComparison.Ordinal)))
            File.Delete(file);
        await server.InitializeAsync();
    }
}
