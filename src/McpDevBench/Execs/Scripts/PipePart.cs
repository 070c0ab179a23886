using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>One command of a pipe, and which of its exit codes are a failure.</summary>
internal readonly partial struct PipePart
{
    /// <summary>The exit code of a program that wrote to a pipe whose reader had enough, as in <c>yes | head</c>.</summary>
    private const byte BrokenPipe = 128 + 13;

    /// <summary>xargs, when a program that it ran exited with 1 to 125.</summary>
    private const byte XargsFailed = 123;

    /// <summary>
    /// Programs whose exit code 1 is an answer (nothing found, not the same, not true) and 2 or more an error, as POSIX has it for grep,
    /// diff, cmp, test and expr.
    /// </summary>
    private static readonly FrozenSet<string> _askers = new[]
    {
        "grep", "egrep", "fgrep", "zgrep", "bzgrep", "xzgrep", "zegrep", "zfgrep", "rg", "ag", "ack", "diff", "zdiff", "colordiff", "sdiff",
        "diff3", "cmp", "zcmp", "test", "[", "expr", "which", "type", "command", "let", "read", "look",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Programs that run another one and pass its exit code on.</summary>
    private static readonly FrozenSet<string> _runners = new[]
    {
        "command", "builtin", "env", "exec", "nice", "ionice", "nohup", "setsid", "stdbuf", "sudo", "timeout", "busybox", "xargs", "git",
    }.ToFrozenSet(StringComparer.Ordinal);

    private readonly bool _asks;
    private readonly bool _isXargs;

    private PipePart(bool asks) => _asks = asks;

    /// <param name="words">A simple command.</param>
    public PipePart(List<string> words)
    {
        var command = words.FindIndex(word => !Assignment().IsMatch(word));
        if (command < 0)
            return;
        var name = NameOf(words[command]);
        _isXargs = name == "xargs";
        _asks = _askers.Contains(name) || (_runners.Contains(name) && words.Skip(command + 1).Select(NameOf).Any(_askers.Contains));
    }

    /// <summary>The exit code of a compound command is that of a command in it: which one is not known.</summary>
    public static PipePart Compound(string text) =>
        new(Asking().Matches(text).Any(word => _askers.Contains(word.Value)) || Test().IsMatch(text));

    public bool Failed(byte code) => code switch
    {
        0 or BrokenPipe => false,
        1 => !_asks,
        XargsFailed => !(_asks && _isXargs),
        _ => true,
    };

    private static string NameOf(string word) => word[(word.LastIndexOf('/') + 1)..];

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"[\w-]+")]
    private static partial Regex Asking();

    [GeneratedRegex(@"(^|[\s;&|(])(\[\[?|\(\()")]
    private static partial Regex Test();
}
