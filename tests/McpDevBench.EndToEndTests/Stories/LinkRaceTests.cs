using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A process swaps a directory and a link that leads out, as fast as it can, while files in it are used.</summary>
public sealed class LinkRaceTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const int Operations = 10_000;
    private const int Callers = 8;
    private const string Inside = "inside";
    private const string Outside = "outside the workspace";

    // RENAME_EXCHANGE swaps both names in one step: there is no moment in which one is missing.
    private const string Swapper = """
        import ctypes, sys
        libc = ctypes.CDLL(None)
        print("up", flush=True)
        while True:
            libc.renameat2(-100, b"/workspace/here", -100, b"/workspace/there", 2)
        """;

    private static readonly string[] _refusals = ["path_denied", "file_not_found", "conflict", "invalid_argument"];

    [Theory]
    [InlineData("/etc", "passwd", "root:x:0:0")]
    [InlineData("/tmp/outside", "file", Outside)]
    public async Task Ten_thousand_operations_never_touch_what_the_link_leads_to(string target, string name, string forbidden)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        await workspace.Sh($"mkdir -p here /tmp/outside; echo '{Outside}' > /tmp/outside/file; ln -s {target} there");
        var before = await Fingerprint(workspace, target);
        var swapper = await workspace.ExecStart(["python", "-c", Swapper]);
        await swapper.ReadUntil("up\n");

        var succeeded = 0;
        var refused = 0;
        await Parallel.ForAsync(0, Operations, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (number, _) =>
        {
            try
            {
                await Operate(workspace, number, name, forbidden);
                Interlocked.Increment(ref succeeded);
            }
            catch (CallFailedException e)
            {
                Assert.Contains(e.Refusal.Code, _refusals);
                Interlocked.Increment(ref refused);
            }
        });

        await swapper.Cancel(graceS: 0);
        Assert.Equal(before, await Fingerprint(workspace, target));
        // Both sides of the race were met, or nothing was tried.
        Assert.True(succeeded > 100 && refused > 100, $"{succeeded} operations went through, {refused} were refused");
        await workspace.Kill(("force", true));
    }

    private static async Task Operate(Workspace workspace, int number, string name, string forbidden)
    {
        switch (number % 5)
        {
            case 0:
                await workspace.Write($"here/{name}", Inside);
                break;
            case 1:
                var read = await workspace.Read($"here/{name}");
                Assert.DoesNotContain(forbidden, read.Content, StringComparison.Ordinal);
                break;
            case 2:
                var listing = await workspace.List("here");
                Assert.All(listing.Entries, entry => Assert.True(IsFromTheOtherCases(entry, name), entry.ToString()));
                break;
            case 3:
                await workspace.Write($"here/new/{name}", Inside, ("create_parents", true));
                await workspace.Delete("here/new", ("recursive", true));
                break;
            default:
                await workspace.Delete($"here/{name}");
                break;
        }
    }

    private static Task<string> Fingerprint(Workspace workspace, string folder) =>
        workspace.Sh(
            $"find {folder} -xdev -printf '%p %y %s %T@ %m\\n' 2>/dev/null | sort | sha256sum; cat {folder}/file 2>/dev/null || true");

    /// <summary>The file that the link leads to is a longer one. A write is under a name of its own until it is whole.</summary>
    private static bool IsFromTheOtherCases(Entry entry, string name) =>
        entry is { Path: "/workspace/here/new", Type: "directory" }
        || (entry.Size <= Inside.Length
           
               
                   
                       
                            && (entry.Path == $"/workspace/here/{name}"
                                || entry.Path.StartsWith("/workspace/here/.devbench-tmp-", StringComparison.Ordinal)));
}
