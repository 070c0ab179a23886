using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Projects;

/// <summary>How every project's day ends: commit, a reboot, another day in the same files, and the work taken to another place.</summary>
internal sealed class ProjectEnd(Developer developer, Project expected, string test, string passed)
{
    /// <summary>The name and address that a workspace has for those who set none.</summary>
    private const string Author = "Workspace User <dev@workspace.invalid>";

    public async Task Commit(string subject)
    {
        Assert.Contains($"1 file changed, ", await developer.Run($"git commit -a -m '{subject}'"), StringComparison.Ordinal);
        var log = await developer.Run("git log --format='%an <%ae>: %s'");
        Assert.Contains($"{Author}: {subject}\n", log, StringComparison.Ordinal);
        Assert.Contains("nothing to commit, working tree clean", await developer.Run("git status"), StringComparison.Ordinal);
    }

    /// <param name="serving">The exec_id of a server that ran.</param>
    public async Task GoOnAfterReboot(string serving)
    {
        await developer.StopContainer();
        var answer = await developer.Run("git status --short && git log --oneline | wc -l");
        Assert.Contains("was started again. Its files are there; its processes", answer, StringComparison.Ordinal);
        Assert.EndsWith("\n2\n", answer.TrimEnd('\n') + "\n", StringComparison.Ordinal);
        Assert.Contains("workspace_lost", await developer.Poll(serving), StringComparison.Ordinal);
        Assert.DoesNotContain("was started again", await developer.Run("true"), StringComparison.Ordinal);
    }

    public async Task ComeBackTomorrow()
    {
        Assert.Contains("kept", await developer.Call("kill"), StringComparison.Ordinal);
        Assert.Matches("Restored [0-9]+ kept files in /workspace and [0-9]+ entr", await developer.Spawn());
        Assert.Contains("nothing to commit, working tree clean", await developer.Run("git status"), StringComparison.Ordinal);
    }

    /// <param name="made">Folders and files that the day has made beside the project's own.</param>
    public async Task TakeHome(ServerProcess server, params string[] made)
    {
        var home = await developer.Download();
        expected.IsWithin(home);
        Assert.DoesNotContain(home.Entries.Keys, path => !expected.Entries.ContainsKey(path)
            && !path.Split('/').Any(part => part == ".git" || made.Contains(part)));

        await using var second = await Developer.Begin(server, developer.Workspace + "-again");
        await second.Upload(home);
        Assert.Contains(passed, await second.Run(test), StringComparison.Ordinal);
        Assert.Contains("nothing to commit, working tree clean", await second.Run("git status"), StringComparison.Ordinal);
        expected.IsWithin(await second.Download());
    }
}
