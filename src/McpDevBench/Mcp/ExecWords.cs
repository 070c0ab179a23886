using McpDevBench.Execs;

namespace McpDevBench.Mcp;

/// <summary>How the state of a command is told.</summary>
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
}
