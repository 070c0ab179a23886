using System.Text.Json;
using McpDevBench.LoadTests.Load;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>Commands, from the call to their end.</summary>
internal static class ExecOperations
{
    private const int OutputLines = 100;

    public static async Task TrueAsync(Visit visit)
    {
        var ran = await visit.CallHereAsync("exec", ("cmd", new[] { "true" }));
        RequireSuccess(ran);
    }

    public static async Task OutputAsync(Visit visit)
    {
        var ran = await visit.CallHereAsync("exec", ("cmd", new[] { "seq", $"{OutputLines}" }));
        RequireSuccess(ran);
        Visit.Require(
            ran.GetProperty("stdout").GetString()!.EndsWith($"\n{OutputLines}\n", StringComparison.Ordinal),
            "exec lost some of the output");
    }

    /// <summary>A build in the background, and somebody who waits for its lines.</summary>
    public static async Task StartAndPollAsync(Visit visit)
    {
        var started = await visit.CallHereAsync("exec_start", ("shell", "for step in 1 2 3; do echo step $step; sleep 0.1; done"));
        var id = started.GetProperty("exec_id").GetString();
        var (next, lines) = (-1L, 0);
        for (var complete = false; !complete;)
        {
            var page = await visit.CallAsync("exec_poll", ("exec_id", id), ("after_seq", next), ("wait_ms", 5000));
            lines += page.GetProperty("messages").EnumerateArray().Sum(
                message => message.GetProperty("data").GetString()!.Count(letter => letter == '\n'));
            (next, complete) = (page.GetProperty("next_seq").GetInt64(), page.GetProperty("complete").GetBoolean());
            if (complete)
                RequireSuccess(page);
        }
        Visit.Require(lines == 3, $"exec_poll gave {lines} lines of 3");
    }

    private static void RequireSuccess(JsonElement ran) =>
        Visit.Require(ran.TryGetProperty("exit_code", out var code) && code.GetInt32() == 0, $"a command did not end with 0: {ran}");
}
