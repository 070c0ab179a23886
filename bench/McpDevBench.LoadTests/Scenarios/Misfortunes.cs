using System.Text.Json;
using McpDevBench.LoadTests.Load;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>Commands and workspaces that come to a bad end, as some do every day.</summary>
internal static class Misfortunes
{
    public static async Task FailureAsync(Visit visit)
    {
        var ran = await visit.CallHereAsync("exec", ("shell", "echo sorry >&2; exit 3"));
        Visit.Require(ran.GetProperty("exit_code").GetInt32() == 3, "a command that failed does not say so");
    }

    public static async Task TimeoutAsync(Visit visit) =>
        RequireOutcome(await visit.CallHereAsync("exec", ("cmd", new[] { "sleep", "60" }), ("timeout_s", 1)), "timed_out");

    public static async Task CancelAsync(Visit visit)
    {
        var started = await visit.CallHereAsync("exec_start", ("cmd", new[] { "sleep", "60" }));
        RequireOutcome(await visit.CallAsync("exec_cancel", ("exec_id", started.GetProperty("exec_id").GetString())), "cancelled");
    }

    public static async Task SignalAsync(Visit visit)
    {
        var started = await visit.CallHereAsync("exec_start", ("cmd", new[] { "sleep", "60" }));
        var id = started.GetProperty("exec_id").GetString();
        await visit.CallAsync("exec_signal", ("exec_id", id), ("signal", "KILL"));
        RequireOutcome(await visit.CallAsync("exec_poll", ("exec_id", id), ("wait_ms", 10_000)), "signaled");
    }

    public static async Task OutOfMemoryAsync(Visit visit)
    {
        var spawned = await visit.CallAsync("spawn", ("image", SpawnOperations.Image), ("memory_mb", 64));
        var id = spawned.GetProperty("container_id").GetString();
        RequireOutcome(await visit.CallAsync("exec", ("container_id", id), ("cmd", new[] { "tail", "/dev/zero" })), "out_of_memory");
        await visit.CallAsync("kill", ("container_id", id), ("force", true));
    }

    /// <summary>More output than anybody reads.</summary>
    public static async Task FloodAsync(Visit visit) =>
        RequireOutcome(await visit.CallHereAsync("exec", ("cmd", new[] { "seq", "300000" })), "exited");

    private static void RequireOutcome(JsonElement ran, string outcome) =>
        Visit.Require(
            ran.TryGetProperty("outcome", out var told) && told.GetString() == outcome, $"a command should have ended as {outcome}: {ran}");
}
