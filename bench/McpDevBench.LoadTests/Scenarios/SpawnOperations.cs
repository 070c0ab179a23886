using McpDevBench.LoadTests.Load;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>Workspaces that come and go.</summary>
internal static class SpawnOperations
{
    public const string Image = "devbench-test/busybox:1";

    /// <summary>A workspace is spawned, used once and removed.</summary>
    public static async Task SpawnAndKillAsync(Visit visit)
    {
        var spawned = await visit.CallAsync("spawn", ("image", Image));
        var id = spawned.GetProperty("container_id").GetString();
        await visit.CallAsync("fs_stat", ("container_id", id), ("path", "."));
        var killed = await visit.CallAsync("kill", ("container_id", id), ("force", true));
        Visit.Require(killed.GetProperty("status").GetString() == "removed", "kill did not remove a workspace");
    }
}
