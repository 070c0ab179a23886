using System.Net;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Files go from one workspace to another without passing through the client.</summary>
public sealed class CopyTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task A_project_and_a_file_are_copied_between_workspaces()
    {
        await using var assistant = await server.Connect();
        var from = await assistant.Spawn(Images.Busybox, ("alias", "copy-from"));
        var to = await assistant.Spawn(Images.Busybox);
        await from.Sh("""
            mkdir -p app/.venv/bin app/empty; printf code > app/run.sh; chmod 755 app/run.sh; ln -s /usr/bin/python3 app/.venv/bin/python3
            mkfifo app/pipe; dd if=/dev/urandom of=app/big bs=1M count=20 2>/dev/null; printf one > one.txt; chmod 600 one.txt
            """);

        var tree = await Copy(assistant, "copy-from", "app", to, ("target_path", "work/app"));
        Assert.Equal((6, 1), ((int)tree["entries"]!, (int)tree["skipped"]!));
        Assert.Equal("/workspace/work/app", (string?)tree["target_path"]);
        const string Look = "find . ! -name pipe | sort; readlink .venv/bin/python3; stat -c %a run.sh; md5sum < big";
        Assert.Equal(await from.Sh($"cd app; {Look}"), await to.Sh($"cd work/app; {Look}"));

        var file = await Copy(assistant, from.Id, "one.txt", to);
        Assert.Equal((string?)file["etag"], (await to.Stat("one.txt")).Etag);
        Assert.Equal(("0600", "one"), ((await to.Stat("one.txt")).Mode, (await to.Read("one.txt")).Content));
    }

    [Fact]
    public async Task One_file_that_its_own_mode_closes_stops_no_copy_and_no_archive()
    {
        await using var assistant = await server.Connect();
        var from = await assistant.Spawn(Images.Busybox);
        var to = await assistant.Spawn(Images.Busybox);
        await from.Sh("mkdir -p app; printf code > app/run.sh; printf x > app/closed; chmod 0 app/closed");
        using var archive = await server.Http.GetAsync(
            new Uri(server.BaseAddress, $"workspaces/{from.Id}/files?path=app&format=tar.gz"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, archive.StatusCode);
        Assert.Equal("app.tar.gz", archive.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        await Copy(assistant, from.Id, "app", to);
        const string Look = "stat -c '%a %n' * | sort; chmod 400 closed; cat closed; chmod 0 closed";
        Assert.Equal("0 closed\n644 run.sh\nx", await from.Sh($"cd app; {Look}"));
        Assert.Equal("0 closed\n644 run.sh\nx", await to.Sh($"cd app; {Look}"));
        await Refused.With("path_denied", () => from.Read("app/closed"));
    }

    [Theory]
    [InlineData("app/sub", "000")]
    [InlineData("app/sub", "600")]
    public async Task What_cannot_be_read_is_named_and_nothing_is_copied_without_it(string path, string mode)
    {
        await using var assistant = await server.Connect();
        var from = await assistant.Spawn(Images.Busybox);
        var to = await assistant.Spawn(Images.Busybox);
        await from.Sh($"mkdir -p app/sub; printf code > app/run.sh; printf x > app/sub/secret; chmod {mode} {path}");
        var refused = await Refused.With("path_denied", () => Copy(assistant, from.Id, "app", to));
        Assert.Contains($"{path}: permission denied", refused.Message, StringComparison.Ordinal);
        Assert.Equal("", await to.Sh("ls -A"));
        using var archive = await server.Http.GetAsync(
            new Uri(server.BaseAddress, $"workspaces/{from.Id}/files?path=app&format=tar.gz"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, archive.StatusCode);
        Assert.Contains(
            $"{path}: permission denied", await archive.Content.ReadAsStringAsync(
                TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_there_is_kept_unless_it_may_be_overwritten_and_a_failure_leaves_nothing()
    {
        await using var assistant = await server.Connect();
        var from = await assistant.Spawn(Images.Busybox);
        var to = await assistant.Spawn(Images.Busybox);
        await from.Sh(
            "mkdir p; printf new > p/both; printf new > p/only; mkdir z; printf x > z/a; mkdir z/b; printf x > z/b/c; printf f > f");
        await to.Sh("mkdir p; printf old > p/both; printf kept > p/kept; mkdir z; printf mine > z/b; printf old > f; mkdir q");

        var refused = await Refused.With("conflict", () => Copy(assistant, from.Id, "p", to));
        Assert.Contains("overwrite=true", refused.Hint, StringComparison.Ordinal);
        await Refused.With("conflict", () => Copy(assistant, from.Id, "f", to));
        await Refused.With("file_not_found", () => Copy(assistant, from.Id, "missing", to));
        await Refused.With("path_denied", () => Copy(assistant, from.Id, "p", to, ("target_path", "../out")));
        await Refused.With("container_not_found", () => Copy(assistant, "c_00000000-0000-4000-8000-000000000000", "p", to));
        await Refused.With("invalid_argument", () => Copy(assistant, to.Id, "p", to));
        // A directory does not replace a file; nothing else of the tree has come either.
        await Refused.With("invalid_argument", () => Copy(assistant, from.Id, "z", to, ("overwrite", true)));
        Assert.Equal("old kept mine old",
            await to.Sh("echo $(cat p/both) $(cat p/kept) $(cat z/b) $(cat f); [ ! -e z/a ] && [ ! -e p/only ]"));

        await Copy(assistant, from.Id, "p", to, ("overwrite", true));
        await Copy(assistant, from.Id, "f", to, ("overwrite", true));
        await Copy(assistant, from.Id, "p", to, ("target_path", "q"));
        Assert.Equal("new new kept f new", await to.Sh("echo $(cat p/both) $(cat p/only) $(cat p/kept) $(cat f) $(cat q/only)"));
        Assert.Equal("f\np\nq\nz", await to.Sh("ls -A"));
        // Within one workspace too.
        await Copy(assistant, to.Id, "p", to, ("target_path", "p/inside"));
        Assert.Equal("both\ninside\nkept\nonly", await to.Sh("ls -A p"));
        // A batch treats a directory that is there in the same way.
        await to.Sh("mkdir d; printf new > d/both; mkdir e; printf old > e/both; printf kept > e/kept");
        await to.Batch([new JsonObject { ["op"] = "copy", ["path"] = "d", ["target"] = "e", ["overwrite"] = true }]);
        Assert.Equal("new kept", await to.Sh("echo $(cat e/both) $(cat e/kept)"));
    }

    [Fact]
    public async Task Overwriting_is_offered_only_where_it_helps()
    {
        await using var assistant = await server.Connect();
        var from = await assistant.Spawn(Images.Busybox);
        var to = await assistant.Spawn(Images.Busybox);
        await from.Sh("printf f > f; mkdir d; printf x > d/x");
        await to.Sh("mkdir f; printf kept > f/kept; printf d > d");
        foreach (var overwrite in new[] { false, true })
        {
            var file = await Refused.With("invalid_argument", () => Copy(assistant, from.Id, "f", to, ("overwrite", overwrite)));
            Assert.Contains("target_path=/workspace/f/f", file.Hint, StringComparison.Ordinal);
            Assert.Contains("is not. Nothing was copied.", file.Message, StringComparison.Ordinal);
            var directory = await Refused.With("invalid_argument", () => Copy(assistant, from.Id, "d", to, ("overwrite", overwrite)));
            Assert.DoesNotContain("overwrite", directory.Hint, StringComparison.Ordinal);
        }
        await Copy(assistant, from.Id, "f", to, ("target_path", "/workspace/f/f"));
        Assert.Equal("f kept d", await to.Sh("echo $(cat f/f) $(cat f/kept) $(cat d)"));
    }

    [Fact]
    public async Task A_link_is_copied_as_a_link_wherever_it_leads()
    {
        await using var assistant = await server.Connect();
        var from = await assistant.Spawn(Images.Busybox);
        var to = await assistant.Spawn(Images.Busybox);
        await from.Sh("mkdir d; printf f > f; ln -s /etc/passwd outside; ln -s f inside; ln -s none dangling; ln -s d directory");
        foreach (var name in new[] { "outside", "inside", "dangling", "directory" })
            await Copy(assistant, from.Id, name, to, ("target_path", $"new/{name}"));
        const string Look = "for name in outside inside dangling directory; do readlink new/$name; done";
        Assert.Equal("/etc/passwd\nf\nnone\nd", await to.Sh(Look));
        await Refused.With("conflict", () => Copy(assistant, from.Id, "outside", to, ("target_path", "new/inside")));
        await Copy(assistant, from.Id, "outside", to, ("target_path", "new/inside"), ("overwrite", true));
        await Copy(assistant, from.Id, "inside", to);
        Assert.Equal("/etc/passwd\n/etc/passwd\nnone\nd\nf", await to.Sh($"{Look}; readlink inside"));
    }

    private static async Task<JsonObject> Copy(Assistant assistant, string from, string path, Workspace to,
        params (string Name, JsonNode? Value)[] with)
    {
        var answer = await assistant.Call(
            "fs_copy", ResultsJson.Default.JsonElement, [("container_id", from), ("path", path), ("target_container_id", to.Id), .. with]);
        return (JsonObject)JsonNode.Parse(answer.GetRawText())!;
    }
}
