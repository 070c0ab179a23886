using System.Diagnostics;
using System.Text;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>No path leads out of the workspace, by its words or by any link, also while a process swaps what is on the way.</summary>
public sealed class PathTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;
    private readonly TemporaryFolder _outside = new();

    public PathTests()
    {
        _client = _agent.Connect();
        File.WriteAllText(_outside["secret"], "outside");
        Directory.CreateDirectory(_agent["dir"]);
        File.WriteAllText(_agent["dir/secret"], "inside");
    }

    public void Dispose()
    {
        _agent.Dispose();
        _outside.Dispose();
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("dir/../../x")]
    [InlineData("dir/../..")]
    [InlineData("/etc/passwd")]
    [InlineData("/workspace-evil")]
    [InlineData("//etc/passwd")]
    [InlineData("absolute/secret")]
    [InlineData("relative/secret")]
    [InlineData("inside-but-absolute/secret")]
    [InlineData("proc/self/root/etc/passwd")]
    [InlineData("direct")]
    public void A_path_that_leads_out_is_denied_to_every_operation(string path)
    {
        File.CreateSymbolicLink(_agent["absolute"], _outside.Path);
        File.CreateSymbolicLink(_agent["relative"], "../" + Path.GetFileName(_outside.Path));
        File.CreateSymbolicLink(_agent["inside-but-absolute"], _agent["dir"]);
        File.CreateSymbolicLink(_agent["proc"], "/proc");
        File.CreateSymbolicLink(_agent["direct"], _outside["secret"]);
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Read(path)));
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Write(path, "evil")));
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Write(path, "evil", append: true)));
        if (path != "direct")
        {
            Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Stat(path)));
            Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Delete(path, recursive: true)));
        }
        Assert.NotEqual(AgentStatus.Ok, StatusOf(() => _client.List(path)));
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Search("x", path)));
        Assert.Equal(AgentStatus.PathDenied, _client.Begin(Opcode.Export, new ExportRequest(Bytes(path), [], []).Write).Status());
        Assert.Equal("outside", File.ReadAllText(_outside["secret"]));
    }

    [Fact]
    public void Paths_that_mean_nothing_are_errors()
    {
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Read("a\0b")));
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Read(new string('x', 5_000))));
        Assert.Equal(AgentStatus.Invalid, StatusOf(() => _client.Read(new string('x', 300))));
        Assert.Equal(
            AgentStatus.Invalid, StatusOf(() => _client.Write(string.Join('/', Enumerable.Repeat("x", 2_100)), "", parents: true)));
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Delete("", recursive: true)));
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Delete("dir/..", recursive: true)));
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Delete(".", recursive: true)));
        Assert.Equal(AgentStatus.NotFound, StatusOf(() => _client.Read("dir%2f..%2fsecret")));
        Assert.Equal(AgentStatus.NotFound, StatusOf(() => _client.Read("dir\\secret")));
    }

    [Fact]
    public void Paths_that_stay_inside_work_in_any_spelling()
    {
        File.CreateSymbolicLink(_agent["link"], "dir");
        foreach (var path in new[] { "dir/secret", "./dir/secret", "dir/../dir/./secret", "link/secret", "dir//secret",
            "link/../dir/secret" })
            Assert.Equal("inside", Encoding.UTF8.GetString(_client.Read(path)));
        Assert.Equal(FileKind.Link, _client.Stat("link").Kind);
        Assert.Equal(FileKind.Directory, _client.Stat("").Kind);
    }

    [Fact]
    public void A_directory_that_is_swapped_for_a_link_all_the_time_never_lets_anything_out()
    {
        Directory.CreateDirectory(_agent["swap"]);
        File.WriteAllText(_agent["swap/secret"], "inside");
        File.CreateSymbolicLink(_agent["trap"], _outside.Path);
        using var swapping = Process.Start(new ProcessStartInfo("python3", ["-c", Swapper, _agent["swap"], _agent["trap"]]))!;
        try
        {
            var denied = 0;
            var watch = Stopwatch.StartNew();
            // On a busy machine the swapping begins late.
            for (var i = 0; i < 2_500 || (denied == 0 && watch.Elapsed < Eventually.Timeout); i++)
            {
                AgentCall[] calls =
                [
                    _client.Begin(Opcode.Read, new ReadRequest(Bytes("swap/secret"), 0, ulong.MaxValue).Write),
                    _client.Begin(Opcode.Write, new WriteRequest(Bytes($"swap/new{i % 7}"), WriteRequest.KeepMode, true, false, null, false)
                        .Write).Upload(Bytes("evil")),
                    _client.Begin(Opcode.Delete, new DeleteRequest(Bytes($"swap/new{i % 5}"), true, null).Write),
                    _client.Begin(Opcode.List, new ListRequest(Bytes("swap"), true, "", 10, []).Write),
                ];
                denied += calls.Count(call => call.Status() == AgentStatus.PathDenied);
                Assert.DoesNotContain("outside", Encoding.UTF8.GetString(calls[0].Content), StringComparison.Ordinal);
            }
            Assert.True(denied > 0, "the race was never met");
        }
        finally
        {
            swapping.Kill();
            swapping.WaitForExit();
        }
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(_outside.Path).Select(Path.GetFileName));
        Assert.Equal("outside", File.ReadAllText(_outside["secret"]));
    }

    [Fact]
    public void A_tree_that_is_swapped_while_it_is_removed_takes_nothing_else_with_it()
    {
        File.CreateSymbolicLink(_agent["trap"], _outside.Path);
        for (var round = 0; round < 10; round++)
        {
            Directory.CreateDirectory(_agent["tree/x"]);
            for (var i = 0; i < 30; i++)
                File.WriteAllText(_agent[$"tree/x/{i}"], "");
            using var swapping = Process.Start(new ProcessStartInfo("python3",
                ["-c", Swapper, _agent["tree/x"], _agent["trap"]]) { RedirectStandardError = true })!;
            try
            {
                for (var i = 0; i < 20; i++)
                    _client.Begin(Opcode.Delete, new DeleteRequest(Bytes("tree"), true, null).Write).Status();
            }
            finally
            {
                swapping.Kill();
                swapping.WaitForExit();
            }
            Assert.Equal("outside", File.ReadAllText(_outside["secret"]));
            if (!File.Exists(_agent["trap"]) && !Directory.Exists(_agent["trap"]))
                File.CreateSymbolicLink(_agent["trap"], _outside.Path);
            _client.Run("rm -rf tree; [ -L trap ] || { rm -rf trap; }");
            if (!new FileInfo(_agent["trap"]).Exists && !Directory.Exists(_agent["trap"]))
                File.CreateSymbolicLink(_agent["trap"], _outside.Path);
        }
    }

    /// <summary>Exchanges two names as fast as it can, in the kernel's one step where there is one.</summary>
    private const string Swapper = """
        import ctypes, sys
        libc = ctypes.CDLL(None, use_errno=True)
        a, b = sys.argv[1].encode(), sys.argv[2].encode()
        while True:
            libc.renameat2(-100, a, -100, b, 2)
        """;
}
