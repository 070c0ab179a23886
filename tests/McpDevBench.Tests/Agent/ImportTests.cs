using System.Text;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>Archives on their way into what is there: links, joining, and all or nothing.</summary>
public sealed class ImportTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public ImportTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    private TransferResponse Import(byte[] archive, string path = "", ulong maxBytes = 1 << 30, uint maxEntries = 10_000) =>
        _client.Import(archive, path, maxBytes, maxEntries);

    private (byte[] Archive, TransferResponse Response) Export(string path = "", string[]? include = null, string[]? exclude = null) =>
        _client.Export(path, include, exclude);

    private static UnixFileMode Octal(string mode) => (UnixFileMode)Convert.ToInt32(mode, 8);

    private string[] Tree(string path = "") => _client.List(path, recursive: true).Paths();

    [Fact]
    public void Links_are_stored_as_they_are_and_never_followed_out()
    {
        var links = new Dictionary<string, string>
        {
            [".venv/bin/python3"] = "/usr/bin/python3", ["to-etc"] = "/etc/passwd", ["up"] = "../../../etc/passwd", ["here"] = "file",
            ["nowhere"] = "missing",
        };
        var archive = new TarBuilder().Add("file", "x").Add("hard", type: '1', link: "file");
        foreach (var (name, target) in links)
            archive.Add(name, type: '2', link: target);
        Assert.Equal(
            8u, Import(archive.Add("hard-link-of-link", type: '1', link: "to-etc").Add("skipped", type: '3').End(), "project").Entries);
        foreach (var (name, target) in links)
            Assert.Equal(target, new FileInfo(_agent["project/" + name]).LinkTarget);
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Read("project/to-etc")));
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Write("project/up", "x")));
        Assert.Equal("x", Encoding.UTF8.GetString(_client.Read("project/here")));

        // The product takes its own archives.
        Import(Export("project").Archive, "again");
        Assert.Equal(Tree("project").Select(path => path["project".Length..]), Tree("again").Select(path => path["again".Length..]));
        Assert.Equal("/usr/bin/python3", new FileInfo(_agent["again/.venv/bin/python3"]).LinkTarget);
    }

    [Fact]
    public void A_link_that_was_there_before_is_used_inside_and_not_outside()
    {
        Directory.CreateDirectory(_agent["real"]);
        File.CreateSymbolicLink(_agent["in"], "real");
        Import(new TarBuilder().Add("in/file", "x").End());
        Assert.Equal("x", File.ReadAllText(_agent["real/file"]));
        File.CreateSymbolicLink(_agent["out"], "/tmp");
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => Import(new TarBuilder().Add("out/evil-file", "x").End())));
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => Import(new TarBuilder().Add("evil-file", "x").End(), "out")));
        Assert.False(File.Exists("/tmp/evil-file"));
        File.CreateSymbolicLink(_agent["file-link"], "/tmp/evil-file");
        Import(new TarBuilder().Add("file-link", "mine").End());
        Assert.Equal("mine", File.ReadAllText(_agent["file-link"]));
        Assert.Null(new FileInfo(_agent["file-link"]).LinkTarget);
    }

    [Theory]
    [InlineData("")]
    [InlineData("project")]
    public void New_directories_have_the_modes_of_the_archive_also_those_that_nothing_can_be_put_into(string target)
    {
        string At(string name) => _agent[Path.Combine(target, name)];
        Directory.CreateDirectory(At("was"));
        File.SetUnixFileMode(At("was"), Octal("700"));
        var archive = new TarBuilder().Add("closed/", type: '5', mode: 0x16d).Add("closed/inner/", type: '5', mode: 0x140)
            .Add("closed/inner/file", "x").Add("closed/file", "y").Add("was/", type: '5', mode: 0x16d).Add("was/file", "z")
            .Add("open/", type: '5', mode: 0x1ff);
        Import(archive.End(), target);
        Assert.Equal("x", File.ReadAllText(At("closed/inner/file")));
        Assert.Equal(
            [Octal("555"), Octal("500"), Octal("700"), Octal("777")],
            ((string[])["closed", "closed/inner", "was", "open"]).Select(name => File.GetUnixFileMode(At(name))));
        File.SetUnixFileMode(At("closed"), Octal("755"));
        File.SetUnixFileMode(At("closed/inner"), Octal("755"));
    }

    [Fact]
    public void A_sparse_member_is_an_error_with_the_next_step()
    {
        var error = Assert.Throws<AgentErrorException>(() => Import(new TarBuilder().Add("f", "x", type: 'S').End()));
        Assert.Contains("make it without tar's option -S (--sparse)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_import_joins_what_is_there_or_changes_nothing()
    {
        foreach (var (path, text) in new[] { ("p/old", "old"), ("p/sub/old", "old"), ("p/sub/both", "before"), ("p/z", "a file") })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_agent[path])!);
            File.WriteAllText(_agent[path], text);
        }
        File.SetUnixFileMode(_agent["p/sub"], (UnixFileMode)0x1c0);
        var before = Contents();
        var archive = new TarBuilder().Add("new/deep/file", "new").Add("sub/both", "after").Add("sub/new", "new");
        // Found before anything is changed: a directory that would replace a file.
        var etag = _client.Stat("p/sub/both").Etag;
        Assert.Equal(
            AgentStatus.NotADirectory,
            StatusOf(() => Import(new TarBuilder().Add("new/f", "x").Add("sub/both", "after").Add("z/f", "x").End(), "p")));
        Assert.Equal((before, etag), (Contents(), _client.Stat("p/sub/both").Etag));
        Assert.Equal(3u, Import(archive.End(), "p").Entries);
        Assert.Equal(("new", "after", "old", "new"), (Read("p/new/deep/file"), Read("p/sub/both"), Read("p/sub/old"), Read("p/sub/new")));
        Assert.Equal(0x1c0u, _client.Stat("p/sub").Mode);
        Assert.DoesNotContain(".devbench-tmp", Contents(), StringComparison.Ordinal);

        string Read(string path) => File.ReadAllText(_agent[path]);
    }

    [Fact]
    public void An_import_that_fails_while_it_takes_its_place_is_undone()
    {
        // Root may write everywhere, so the agent runs as another user.
        using var agent = new AgentProcess(
            "sh", "-c",
            """if [ $(id -u) = 0 ]; then chown 65534 "$4"; """
                + """exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; else exec "$@"; fi""",
            "sh");
        var client = agent.Connect();
        client.Write("p/a/replaced", "before", parents: true);
        client.Write("p/zz/locked", "before", parents: true);
        File.WriteAllText(agent["p/a/not-ours"], "before");
        File.SetUnixFileMode(agent["p/zz"], (UnixFileMode)0x16d);
        var before = Contents(agent);
        var archive = new TarBuilder()
            .Add("a/replaced", "after").Add("a/not-ours", "after").Add("a/new/file", "after").Add("b/new", "x").Add("zz/file", "x").End();
        var call = client.Begin(Opcode.Import, new ImportRequest(Bytes("p"), 1 << 30, 100).Write).Upload(archive);
        Assert.Equal(AgentStatus.PermissionDenied, call.Status());
        Assert.Equal(before, Contents(agent));
        File.SetUnixFileMode(agent["p/zz"], (UnixFileMode)0x1ed);
        client.Begin(Opcode.Import, new ImportRequest(Bytes("p"), 1 << 30, 100).Write).Upload(archive).Answer(TransferResponse.Read);
        Assert.Equal(
            ("after", "after", "x"),
            (File.ReadAllText(agent["p/a/replaced"]), File.ReadAllText(agent["p/a/not-ours"]), File.ReadAllText(agent["p/zz/file"])));
    }

    [Fact]
    public void What_is_cut_off_leaves_nothing()
    {
        var half = new TarBuilder().Add("first", "x").Add("second", new string('y', 200_000)).Unfinished();
        var call = _client.Begin(Opcode.Import, new ImportRequest(Bytes("p"), 1 << 30, 100).Write).Upload(half, end: false);
        Eventually.Is(() => Contents().Contains("tree/second", StringComparison.Ordinal), "the second file has begun");
        Assert.All(Tree(), path => Assert.StartsWith(".devbench-tmp-import-", path, StringComparison.Ordinal));
        call.Cancel();
        Assert.Equal(AgentStatus.Cancelled, call.Status());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_agent.Workspace));

        _client.Begin(Opcode.Import, new ImportRequest(Bytes("p"), 1 << 30, 100).Write).Upload(half, end: false);
        Eventually.Is(() => Contents().Contains("tree/second", StringComparison.Ordinal), "the second file has begun");
        using var next = _agent.Again();
        Assert.Empty(next.Connect().List("").Entries);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_agent.Workspace));
    }

    [Fact]
    public void What_was_complete_before_a_crash_is_finished_by_the_next_agent()
    {
        // As an agent leaves it that is killed between two renames.
        var staging = ".devbench-tmp-import-0123456789abcdef";
        Directory.CreateDirectory(_agent[$"{staging}/tree/sub"]);
        Directory.CreateDirectory(_agent[$"{staging}/old"]);
        Directory.CreateDirectory(_agent["p/sub"]);
        File.WriteAllText(_agent["p/first"], "moved already");
        File.WriteAllText(_agent["p/sub/both"], "before");
        File.WriteAllText(_agent[$"{staging}/tree/sub/both"], "after");
        File.WriteAllText(_agent[$"{staging}/tree/sub/new"], "new");
        File.WriteAllText(_agent[$"{staging}/target"], "p");
        using var next = _agent.Again();
        Assert.Equal(["p", "p/first", "p/sub", "p/sub/both", "p/sub/new"], next.Connect().List("", recursive: true).Paths());
        Assert.Equal("after", File.ReadAllText(_agent["p/sub/both"]));
        Assert.Equal(["p"], Directory.EnumerateFileSystemEntries(_agent.Workspace).Select(Path.GetFileName));
    }

    /// <summary>Every name with its mode and content, hidden ones included.</summary>
    private string Contents() => Contents(_agent);

    private static string Contents(AgentProcess agent) => string.Join('\n', Directory
        .EnumerateFileSystemEntries(agent.Workspace, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        .Order(StringComparer.Ordinal)
        .Select(path => $"{path} {File.GetUnixFileMode(path)} {(File.Exists(path) ? File.ReadAllText(path) : "")}"));
}
