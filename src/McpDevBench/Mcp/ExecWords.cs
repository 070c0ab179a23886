using McpDevBench.Execs;

namespace McpDevBench.Mcp;

/// <summary>How the state of a command is written.</summary>
internal static class ExecWords
{
    public static string Status(Exec exec) => exec.Finished ? "finished" : "running";

    public static string? Outcome(Exec exec) => exec.Outcome is { } outcome ? Words.Snake(outcome) : null;

    public static string End(string status, string? outcome, int? exitCode, int? signal) => (outcome, exitCode, signal) switch
    {
        (null, _, _) => status,
        (_, { } code, _) => Words.Invariant($"{outcome}, exit code {code}"),
        (_, _, { } number) => Words.Invariant($"{outcome}, signal {number}"),
        _ => outcome,
    };

    /// <summary>How it ended and how long it took: <c>exited, exit code 0, 1.2 s</c>.</summary>
    public static string End(string status, string? outcome, int? exitCode, int? signal, long? wallMs)
    {
        var end = End(status, outcome, exitCode, signal);
        return wallMs is { } milliseconds ? Words.Invariant($"{end}, {milliseconds / 1000.0:0.0} s") : end;
    }
}
