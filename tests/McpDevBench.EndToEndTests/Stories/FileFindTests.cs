using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Protocol;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Finding one's way in a project of realistic size: answers that a model can hold, and never a silent miss.</summary>
public sealed class FileFindTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    // A tool's answer by default: about 16 KB of text, or of structure.
    private const int MaxBytes = 18_000;

    [Fact]
    public async Task A_project_is_listed_without_what_git_ignores_in_pages_of_a_bearable_size()
    {
        await using var assistant = await server.Connect();
        var workspace = await Project(assistant);
        var paths = new List<string>();
        string? cursor = null;
        do
        {
            var (text, list) = await Call(assistant, workspace, "fs_list", ("recursive", true), ("cursor", cursor));
            var page = list["entries"]!.AsArray().Select(entry => (string)entry!["path"]!).ToList();
            Assert.All(page, path => Assert.Contains(path, text, StringComparison.Ordinal));
            Assert.All(list["entries"]!.AsArray(), entry => Assert.Null(entry!["etag"]));
            paths.AddRange(page);
            cursor = (string?)list["next_cursor"];
            Assert.True(cursor is null || text.Contains($"cursor={cursor}", StringComparison.Ordinal));
        }
        while (cursor is not null);
        Assert.Equal(paths.Distinct(), paths);
        Assert.Equal(400, paths.Count(path => path.EndsWith(".py", StringComparison.Ordinal)));
        Assert.DoesNotContain(paths, path => path.Contains("/.venv/", StringComparison.Ordinal));

        var (_, all) = await Call(
            assistant, workspace, "fs_list", ("recursive", true), ("include_ignored", true), ("glob", "**/lib/*11.py"), ("details", true));
        Assert.Equal(10, all["entries"]!.AsArray().Count);
        Assert.NotNull(all["entries"]![0]!["etag"]);
    }

    [Fact]
    public async Task A_directory_given_as_a_glob_and_a_pattern_over_lines_are_explained()
    {
        await using var assistant = await server.Connect();
        var workspace = await Project(assistant);
        foreach (var tool in new[] { "fs_search", "fs_list" })
        {
            var (text, _) = await Call(assistant, workspace, tool, ("pattern", tool == "fs_search" ? "import" : null), ("glob", "src"));
            Assert.Contains("pass path=/workspace/src", text, StringComparison.Ordinal);
        }
        foreach (var pattern in new[] { "(?s)import.*def", "import[\\s\\S]*def", "import(.|\\n)+def" })
        {
            var (text, _) = await Call(assistant, workspace, "fs_search", ("pattern", pattern));
            Assert.Contains("searched by itself", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_glob_over_directories_needs_no_further_argument_and_an_empty_list_says_why()
    {
        await using var assistant = await server.Connect();
        var workspace = await Project(assistant);
        var (_, found) = await Call(assistant, workspace, "fs_list", ("glob", "**/module_1?.py"));
        Assert.Equal(40, found["entries"]!.AsArray().Count);
        Assert.Equal("src/pkg_0/module_10.py", ((string)found["entries"]![0]!["path"]!)["/workspace/".Length..]);
        Assert.Equal(
            100,
            (await Call(assistant, workspace, "fs_list", ("glob", "/workspace/src/pkg_1/*.py"))).Structure["entries"]!.AsArray().Count);

        var (none, _) = await Call(assistant, workspace, "fs_list", ("glob", "*.py"));
        Assert.Contains("recursive=true", none, StringComparison.Ordinal);
        await workspace.Sh("mkdir empty");
        Assert.Contains(
            "The directory is empty", (await Call(assistant, workspace, "fs_list", ("path", "empty"))).Text, StringComparison.Ordinal);
        Assert.Contains(
            "'!", (await Refused.With("invalid_argument", () => workspace.List("/workspace", ("glob", "!*.py")))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_with_many_matches_goes_on_with_a_cursor_and_misses_none()
    {
        await using var assistant = await server.Connect();
        var workspace = await Project(assistant);
        var found = new List<(string, int)>();
        string? cursor = null;
        do
        {
            var (text, search) = await Call(assistant, workspace, "fs_search", ("pattern", "return"), ("cursor", cursor));
            found.AddRange(search["matches"]!.AsArray().Select(match => ((string)match!["path"]!, (int)match["line"]!)));
            cursor = (string?)search["next_cursor"];
            Assert.Equal(cursor is not null, (bool?)search["truncated"] == true);
            Assert.True(cursor is null || text.Contains($"cursor={cursor}", StringComparison.Ordinal));
        }
        while (cursor is not null);
        Assert.Equal(found.Distinct(), found);
        Assert.Equal(400 * 20, found.Count);
    }

    [Fact]
    public async Task Lines_around_matches_come_in_groups_that_do_not_overlap()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("seq 1 40 > numbers.txt");
        var (text, _) = await Call(assistant, workspace, "fs_search", ("pattern", "^(5|7|20)$"), ("context", 2));
        Assert.StartsWith(
            "/workspace/numbers.txt\n3- 3\n4- 4\n5: 5\n6- 6\n7: 7\n8- 8\n9- 9\n--\n"
                + "18- 18\n19- 19\n20: 20\n21- 21\n22- 22\n[3 matches in 1 file, 1 searched]",
            text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_search_cannot_do_it_says()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("image.bin", [0, 1, .. "needle"u8]);
        await workspace.Write("a.txt", "one\ntwo\n" + new string('a', 60));
        var (text, search) = await Call(assistant, workspace, "fs_search", ("pattern", "needle"));
        Assert.Equal(1, (int)search["left_out"]!["binary"]!);
        Assert.Contains("1 binary", text, StringComparison.Ordinal);

        Assert.Contains(
            "context", (await Refused.With("invalid_argument", () => workspace.Search(@"one\ntwo"))).Hint, StringComparison.Ordinal);
        Assert.Contains(
            "literal=true", (await Refused.With("invalid_argument", () => workspace.Search("f("))).Hint, StringComparison.Ordinal);
        await Refused.With("invalid_argument", () => workspace.Search("one", ("glob", "!*.py")));
        await Refused.With("invalid_argument", () => workspace.Search("one", ("cursor", "nonsense")));
        await Refused.With("invalid_argument", () => workspace.Search("one", ("path", "src"), ("cursor", "/workspace/lib/a.py:1")));
        await Refused.With("invalid_argument", () => workspace.List("src", ("cursor", "/workspace/lib/a.py")));
        Assert.Equal("/workspace/a.txt", (await workspace.Search("one", ("glob", "/workspace/*.txt"))).Found[0].Path);
        Assert.Equal("/workspace/a.txt", (await workspace.Search("one", ("glob", "./*.txt"))).Found[0].Path);
        var (slow, _) = await Call(assistant, workspace, "fs_search", ("pattern", "^(a+)+$b"));
        Assert.Contains("took too long on 1 line,", slow, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_that_takes_too_long_says_so_and_goes_on_behind_what_it_has_seen()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("echo needle > a.txt; dd if=/dev/zero of=b.bin bs=1M count=0 seek=4000000 2>&1; echo needle > c.txt");
        var (text, first) = await Call(assistant, workspace, "fs_search", ("pattern", "needle"), ("include_ignored", true));
        Assert.Equal("/workspace/a.txt", (string)Assert.Single(first["matches"]!.AsArray())!["path"]!);
        Assert.Contains("not complete", text, StringComparison.Ordinal);
        var (_, second) = await Call(
            assistant, workspace, "fs_search", ("pattern", "needle"), ("include_ignored", true), ("cursor", (string)first["next_cursor"]!));
        Assert.Equal("/workspace/c.txt", (string)Assert.Single(second["matches"]!.AsArray())!["path"]!);
        Assert.Null(second["next_cursor"]);
    }

    /// <summary>400 modules in 4 packages, and an environment of 1,000 files that git ignores.</summary>
    private static async Task<Workspace> Project(Assistant assistant)
    {
        var workspace = await assistant.Spawn(Images.Busybox, ("idempotency_key", "project"));
        await workspace.Sh("""
            [ -e .gitignore ] && exit 0
            body='def function(argument):
                return [argument, "a line of a usual length", argument]
            '
            module=; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do module="$module$body"; done
            for p in 0 1 2 3; do mkdir -p src/pkg_$p; for m in $(seq 0 99); do printf '%s' "$module" > src/pkg_$p/module_$m.py; done; done
            mkdir -p .venv/lib; for m in $(seq 1 1000); do printf '%s' "$module" > .venv/lib/$m.py; done
            printf '.venv/\n' > .gitignore
            """);
        return workspace;
    }

    private static async Task<(string Text, JsonNode Structure)> Call(
        Assistant assistant, Workspace workspace, string tool, params (string Name, JsonNode? Value)[] with)
    {
        var arguments = new JsonObject { ["container_id"] = workspace.Id };
        foreach (var (name, value) in with.Where(one => one.Value is not null))
            arguments[name] = value;
        var result = await assistant.CallRaw(tool, Assistant.Arguments(arguments.ToJsonString()), progress: null);
        var text = result.Content.OfType<TextContentBlock>().Single().Text;
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, MaxBytes);
        var structure = JsonNode.Parse(result.StructuredContent!.Value.GetRawText())!;
        Assert.InRange(
            Encoding.UTF8.GetByteCount(
                structure.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })),
            1, MaxBytes);
        return (text, structure);
    }
}
