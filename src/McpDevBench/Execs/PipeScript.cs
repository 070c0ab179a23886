using System.Buffers;
using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>
/// Decides whether bash may report the exit codes of a script's last pipe. To report, the script runs as a group in the same shell. That
/// is exact for simple scripts alone, so only those pass: simple commands joined by <c>;</c>, newline, <c>&amp;</c>, <c>&amp;&amp;</c>,
/// <c>||</c> and pipes, with a pipe at the end. Whatever this does not understand runs as plain <c>bash -c</c>, without a report.
/// </summary>
internal static partial class PipeScript
{
    /// <summary>Commands that begin a compound command, or change how the shell reads, traces, traps, ends or opens files.</summary>
    private static readonly FrozenSet<string> _unfitCommands = new[]
    {
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "select", "function", "time", "coproc",
        "{", "}", "!", "[[", "exec", "trap", "alias", "unalias", "shopt", "enable", "builtin", "command", "eval", "source", ".", "return",
        "break", "continue", "declare", "typeset", "readonly", "unset", "local", "let", "history", "fc", "bind", "complete", "kill",
        "ulimit",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Programs that look at command lines: the shell's is longer than its script.</summary>
    private static readonly FrozenSet<string> _lookers =
        new[] { "ps", "pgrep", "pkill", "killall", "top", "htop", "pidof" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What a script can see of how it is run, and the report's own names.</summary>
    private static readonly string[] _telltale = ["BASH", "PIPESTATUS", "_devbench", "97", "/proc", "/dev/fd", "$_"];

    private static readonly string[] _options =
        ["-e", "-u", "-eu", "-ue", "-o", "-eo", "-uo", "-euo", "-ueo", "+e", "+u", "+o", "pipefail"];

    /// <summary>Variables that bring functions, options or code into the shell.</summary>
    private static readonly string[] _meddlers = ["BASH", "SHELLOPTS", "POSIXLY_CORRECT"];

    /// <summary>Characters by which a word can become another one.</summary>
    private static readonly SearchValues<char> _expanded = SearchValues.Create("\\'\"$*?[~{");

    /// <param name="env">Names of the variables that it runs with.</param>
    public static bool MayReport(string script, IEnumerable<string> env) =>
        EndsWithPipe(script) && !env.Any(name => Array.Exists(_meddlers, word => name.StartsWith(word, StringComparison.Ordinal)));

    public static bool EndsWithPipe(string script)
    {
        if (!script.Contains('|', StringComparison.Ordinal))
            return false;
        if (Array.Exists(_telltale, word => script.Contains(word, StringComparison.Ordinal)))
            return false;
        // What follows the script goes on its last line: no comment and no escape may take it in.
        var lastLine = script.TrimEnd(' ', '\t', '\n', ';');
        if (lastLine.EndsWith('\\') || lastLine.AsSpan(lastLine.LastIndexOf('\n') + 1).Contains('#'))
            return false;
        var reader = new ShellReader(script);
        var (parts, isLastPipe) = (0, false);
        while (true)
        {
            if (!reader.TryReadCommand(out var words))
                return false;
            var separator = reader.ReadSeparator();
            if (words.Count == 0)
            {
                // Between separators there is only room for blanks, comments and the end.
                if (separator is not ("\n" or "") || parts > 0)
                    return false;
                if (separator.Length == 0)
                    return isLastPipe;
                continue;
            }
            if (!IsFit(words))
                return false;
            switch (separator)
            {
                case "":
                    return parts > 0;
                case "|" or "|&":
                    (parts, isLastPipe) = (parts + 1, false);
                    break;
                case ";" or "\n":
                    (parts, isLastPipe) = (0, parts > 0);
                    break;
                case "&&" or "||" when reader.SkipBlankLines():
                case "&":
                    (parts, isLastPipe) = (0, false);
                    break;
                default:
                    return false;
            }
        }
    }

    private static bool IsFit(List<string> words)
    {
        if (words.Exists(_lookers.Contains))
            return false;
        var command = words.Find(word => !Assignment().IsMatch(word));
        if (command is null)
            return true;
        // What is expanded or quoted could be any command, unless it is a path.
        if (command.AsSpan().ContainsAny(_expanded) && !command.Contains('/', StringComparison.Ordinal))
            return false;
        if (words.Contains("set"))
            return words[0] == "set" && words.Skip(1).All(_options.Contains);
        return !_unfitCommands.Contains(command);
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\+?=", RegexOptions.NonBacktracking)]
    private static partial Regex Assignment();
}
