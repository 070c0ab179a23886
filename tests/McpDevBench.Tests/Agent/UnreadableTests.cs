using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>Files and directories that the workspace's user may not read: never left out of a copy. A file of that user's own is read all
/// the same, a directory is named with its path.</summary>
public sealed class UnreadableTests : IDisposable
{
    private const UnixFileMode Nothing = UnixFileMode.None, Listable = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        All = Listable | UnixFileMode.UserExecute;

    // Root may read everything, so the agent is started without that capability.
    private readonly AgentProcess _agent = new("/bin/sh", "-c",
        """[ "$(id -u)" = 0 ] || exec "$@"; exec setpriv --bounding-set=-dac_override,-dac_read_search "$@" """, "sh");

    private readonly AgentClient _client;

    public UnreadableTests()
    {
        _client = _agent.Connect();
        Directory.CreateDirectory(_agent["tree/sub/inner"]);
        File.WriteAllText(_agent["tree/a"], "a");
        File.WriteAllText(_agent["tree/sub/h"], "h");
        File.WriteAllText(_agent["tree/sub/inner/i"], "i");
        File.WriteAllText(_agent["tree/z"], "z");
    }

    public void Dispose()
    {
        File.SetUnixFileMode(_agent["tree/sub"], All);
        _agent.Dispose();
    }

    [Theory]
    [InlineData("tree/sub", Nothing)]
    [InlineData("tree/sub", Listable)]
    public void An_archive_and_a_copy_name_what_cannot_be_read(string path, UnixFileMode mode)
    {
        File.SetUnixFileMode(_agent[path], mode);
        var call = _client.Begin(Opcode.Export, new ExportRequest(Bytes("tree"), [], []).Write);
        var failed = Assert.Throws<AgentErrorException>(() => call.Answer(TransferResponse.Read));
        Assert.Equal($"PermissionDenied: {path}: permission denied", failed.Message);
        Assert.Empty(call.Content);
        Assert.Equal(2u, _client.Export("tree", exclude: ["sub"]).Response.Entries);

        var copied = _client.Batch((new BatchStep(BatchVerb.Copy, Bytes("tree"), Bytes("copy"), 0, 0, false, false, false, null, false, []),
            ""));
        Assert.Equal((AgentStatus.PermissionDenied, $"{path}: permission denied"), (copied.Status, copied.Error));
        Assert.False(Directory.Exists(_agent["copy"]));
    }

    [Theory]
    [InlineData(Nothing)]
    [InlineData(UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.SetGroup)]
    public void A_file_that_its_own_mode_closes_is_in_the_archive_and_in_the_copy_and_keeps_its_mode(UnixFileMode mode)
    {
        File.SetUnixFileMode(_agent["tree/sub/h"], mode);
        mode = File.GetUnixFileMode(_agent["tree/sub/h"]);
        Assert.Equal(AgentStatus.PermissionDenied, StatusOf(() => _client.Read("tree/sub/h")));
        var (archive, response) = _client.Export("tree");
        Assert.Equal((6u, 0u), (response.Entries, response.Skipped));
        _client.Import(archive, "back", 1 << 20, 100);
        var copied = _client.Batch((new BatchStep(BatchVerb.Copy, Bytes("tree"), Bytes("copy"), 0, 0, false, false, false, null, false, []),
            ""));
        Assert.Equal(AgentStatus.Ok, copied.Status);
        Assert.Equal(6u, _client.Export("tree/sub/h").Response.Entries + 5);
        Assert.Equal(mode, File.GetUnixFileMode(_agent["tree/sub/h"]));
        foreach (var there in new[] { "back/sub/h", "copy/sub/h" })
        {
            Assert.Equal(mode & (All | Listable), File.GetUnixFileMode(_agent[there]));
            File.SetUnixFileMode(_agent[there], Listable);
            Assert.Equal("h", File.ReadAllText(_agent[there]));
        }
    }

    [Theory]
    [InlineData(Nothing)]
    [InlineData(Listable)]
    public void A_list_and_a_search_count_a_directory_that_cannot_be_read(UnixFileMode mode)
    {
        File.SetUnixFileMode(_agent["tree/sub"], mode);
        var list = _client.List("", recursive: true);
        Assert.Equal(["tree", "tree/a", "tree/sub", "tree/z"], list.Paths());
        Assert.Equal(1u, list.Counts!.Unreadable);
        Assert.Equal(1u, _client.Search("[a-z]").Limits!.Unreadable);
        var usage = _client.Call(Opcode.DiskUsage, new DiskUsageRequest([_agent.Workspace], 100).Write, DiskUsage.Read);
        Assert.False(usage.IsComplete);
    }

    [Fact]
    public void An_error_names_the_whole_path()
    {
        File.SetUnixFileMode(_agent["tree/sub"], Listable);
        var errors = new Action[]
        {
            () => _client.List("tree/sub"),
            () => _client.Write("tree/sub/new", "x"),
            () => _client.Write("tree/sub/h", "x", append: true),
            () => _client.Delete("tree/sub/h"),
        }.Select(action => Assert.Throws<AgentErrorException>(action).Message);
        Assert.Equal(
            ["tree/sub", "tree/sub/new", "tree/sub/h", "tree/sub/h"],
            errors.Select(error => error["PermissionDenied: ".Length..^": permission denied".Length]));
    }
}
