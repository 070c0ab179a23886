using System.Text;
using McpDevBench.AgentProtocol;
using McpDevBench.Execs;
using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Execs;

/// <summary>A command that deleted its files before it ended has reached a limit too.</summary>
public sealed class NoSpaceNoteTests : IDisposable
{
    private static readonly WorkspaceLimits _limits = new(512, 1, 256);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, ReachedLimits.None, true, "head: error writing: No space left on device\n")]
    [InlineData(1, ReachedLimits.None, true, "OSError: [Errno 28] No space left", " on device\n")]
    [InlineData(1, ReachedLimits.None, true, "Error: ENOSPC: no space, write\n")]
    [InlineData(0, ReachedLimits.None, false, "No space left on device\n")]
    [InlineData(1, ReachedLimits.Tmp, false, "No space left on device\n")]
    [InlineData(1, ReachedLimits.None, false, "something else\n")]
    public void Its_output_says_so(int code, ReachedLimits reached, bool noted, params string[] output)
    {
        using var log = new OutputLog(_folder["log"], 1 << 20);
        for (var i = 0; i < 100; i++)
            log.Append(1, 0, "progress\n"u8);
        foreach (var piece in output)
            log.Append(2, 0, Encoding.ASCII.GetBytes(piece));
        var exit = new ExecExited(Guid.NewGuid(), 0, ExecEnd.Exited, code, 0, 0, 0, 0) { Details = new("", reached, "") };
        var notes = NoSpaceNote.Of(exit, log, _limits).ToList();
        Assert.Equal(noted, notes.Count == 1);
        Assert.All(notes, note => Assert.Contains("/tmp holds 256 MB", note, StringComparison.Ordinal));
        Assert.All(notes, note => Assert.Contains("memory_mb", note, StringComparison.Ordinal));
        Assert.All(notes, note => Assert.Contains("MCP_WORKSPACE_DISK_MB", note, StringComparison.Ordinal));
    }
}
