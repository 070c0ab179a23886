using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Paths that lead out of the workspace, or would like to.</summary>
public sealed class HostilePathTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private static readonly string[] _refusals = ["path_denied", "invalid_argument", "file_not_found"];

    public static TheoryData<string> Paths() =>
    [
        "..", "../", "../etc/passwd", "/etc/passwd", "/", "//etc/passwd", "/workspace/../etc/passwd", "/workspace-evil/file", "/workspace/./../etc/passwd",
        "a/../../etc/passwd", "real/../../etc/passwd", "....//....//etc/passwd", "..\\..\\etc\\passwd", "%2e%2e/etc/passwd", "..%2fetc%2fpasswd", "..%c0%afetc/passwd",
        "\\x2e\\x2e/etc/passwd", "\\x2e\\x2e\\x2fetc\\x2fpasswd", "\u2025/etc/passwd", "\uff0e\uff0e/etc/passwd", "nul\0byte", "nul\\x00byte", "\\x00",
        "/proc/self/environ", "/proc/1/root/etc/passwd", "/.mcp-devbench/devbench-agent", "/dev/null", "/run/secret", "~/.ssh/id_rsa", "file:///etc/passwd",
        "/tmp/outside/file", "../tmp/outside/file", "/workspace/../tmp/outside/file", "to-outside/file", "to-outside", "to-root/tmp/outside/file",
        "to-etc/passwd", "to-root/etc/passwd", "to-parent/etc/passwd", "to-passwd", "to-proc/environ", "to-proc/cwd/../etc/passwd", "to-fd/0", "chain/passwd", "loop", "loop/x",
        new string('a', 300), new string('a', 5000), string.Join('/', Enumerable.Repeat("d", 3000)),
    ];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Nothing_outside_is_read_written_listed_changed_or_deleted(string path)
    {
        await using var assistant = await server.Connect();
        var workspace = await TheWorkspace(assistant);

        await Outside(async () => await workspace.Read(path));
        await Outside(async () => await workspace.Write(path, "pwned", ("create_parents", true)));
        await Outside(async () => await workspace.Write(path, "pwned", ("append", true)));
        await Outside(async () => await workspace.Edit(path, "root", "pwned"));
        await Outside(async () => await workspace.Stat(path));
        await Outside(async () =>
        {
            var listing = await workspace.List(path);
            Assert.All(listing.Entries, entry => Assert.StartsWith("/workspace/", entry.Path, StringComparison.Ordinal));
            return listing;
        });
        await Outside(async () =>
        {
            var matches = await workspace.Search("untouched|root:", ("path", path));
            Assert.Empty(matches.Found);
            return matches;
        });
        await Outside(async () => await workspace.Batch([new JsonObject { ["op"] = "copy", ["path"] = "mine.txt", ["target"] = path }]));
        await Outside(async () => await workspace.Delete(path, ("recursive", true)));

        Assert.Equal("mine", (await workspace.Read("mine.txt")).Content);
        Assert.Equal("untouched", await workspace.Sh("cat /tmp/outside/file; ls /tmp/outside | grep -v '^file$' || true"));
    }

    [Fact]
    public async Task A_fifo_and_a_device_and_a_socket_hold_nobody_up()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("mkfifo pipe; ln -s /dev/zero zero");
        await Refused.WithOneOf(["invalid_argument", "path_denied"], () => workspace.Read("pipe"));
        await Refused.WithOneOf(_refusals, () => workspace.Read("zero"));
        Assert.Equal("fifo", (await workspace.Stat("pipe")).Type);
        await workspace.Search("x");
    }

    [Fact]
    public async Task A_sparse_file_of_terabytes_is_read_in_part_and_not_into_memory()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("truncate -s $((4 << 40)) sparse");
        Assert.Equal(4L << 40, (await workspace.Stat("sparse")).Size);
        Assert.Equal(new byte[10], (await workspace.Read("sparse", ("offset", 3L << 40), ("length", 10), ("encoding", "base64"))).Bytes);
        await workspace.Read("sparse"); // As much of it as an answer holds.
        await workspace.Search("x");
        await workspace.Delete("sparse");
    }

    /// <summary>One for all paths: none of them may leave a trace in it.</summary>
    private static async Task<Workspace> TheWorkspace(Assistant assistant)
    {
        var workspace = await assistant.Spawn(Images.Busybox, ("idempotency_key", "hostile-paths"));
        await workspace.Sh("""
            mkdir -p real /tmp/outside; echo -n mine > mine.txt; echo -n untouched > /tmp/outside/file
            ln -sfn /etc to-etc; ln -sfn /tmp/outside to-outside; ln -sfn / to-root; ln -sfn .. to-parent; ln -sfn /etc/passwd to-passwd
            ln -sfn /proc/self to-proc; ln -sfn /proc/self/fd to-fd; ln -sfn to-etc chain; ln -sfn loop loop
            """);
        return workspace;
    }

    /// <summary>Either refused, or it named something inside after all: then it may not show what is outside.</summary>
    private static async Task Outside(Func<Task<object>> call)
    {
        try
        {
            var answer = (await call()).ToString()!;
            Assert.DoesNotContain("root:x:0:0", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("untouched", answer, StringComparison.Ordinal);
        }
        catch (CallFailedException refused)
        {
            Assert.Contains(refused.Refusal.Code, _refusals.Append("conflict").Append("resource_exhausted"));
            Assert.NotEmpty(refused.Refusal.Hint);
        }
    }
}
