using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>
/// What a script may contain if bash is to report its pipes: nothing that could see or disturb how that is done, and no word that begins
/// what <see cref="ScriptReader"/> does not read.
/// </summary>
internal static partial class ScriptFitness
{
    /// <summary>Reserved words in a wrong place or not read here; commands that list or change what a shell knows.</summary>
    private static readonly FrozenSet<string> _unfit = new[]
    {
        "then", "else", "elif", "fi", "do", "done", "esac", "}", "function", "select", "coproc", "alias", "unalias", "shopt", "enable",
        "caller", "compgen", "complete", "history", "fc", "bind", "jobs", "ulimit",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Programs that look at command lines: the shell's is longer than its script.</summary>
    private static readonly FrozenSet<string> _lookers =
        new[] { "ps", "pgrep", "pkill", "killall", "top", "htop", "pidof" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Builtins that the report uses.</summary>
    private static readonly FrozenSet<string> _used =
        new[] { "set", "local", "exec", "printf", "return", ":" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Variables of the environment that bring functions, options or code into the shell.</summary>
    private static readonly string[] _shellVariables = ["BASH", "SHELLOPTS", "POSIXLY_CORRECT"];

    public static bool IsFit(string script, IEnumerable<string> env) =>
        !Telltale().IsMatch(script) && !env.Any(
            name => Array.Exists(_shellVariables, word => name.StartsWith(word, StringComparison.Ordinal)));

    /// <param name="words">Of a simple command.</param>
    public static bool IsFit(List<string> words)
    {
        if (words.Exists(_lookers.Contains))
            return false;
        var command = words.FindIndex(word => !Assignment().IsMatch(word));
        if (command < 0)
            return true;
        var arguments = words.Skip(command + 1).ToList();
        return words[command] switch
        {
            "set" => MaySet(arguments),
            "trap" => !arguments.Skip(1).Any(word => Trapped().IsMatch(word)),
            "declare" or "typeset" => arguments.Count > 0 && !arguments.Exists(word => FunctionFlag().IsMatch(word)),
            "export" or "readonly" => !arguments.Exists(word => FunctionFlag().IsMatch(word)),
            var name => !_unfit.Contains(name),
        };
    }

    public static bool MayBeDefined(string function) => FunctionName().IsMatch(function) && !_used.Contains(function);

    /// <summary>Without arguments it lists all functions; -a exports what is assigned; -v shows the script's text.</summary>
    private static bool MaySet(List<string> arguments)
    {
        var options = arguments.TakeWhile(word => word != "--").ToList();
        return arguments.Count > 0 && options.TrueForAll(word => ShellOption().IsMatch(word));
    }

    /// <summary>What a script can see of how it is run, and the report's own names.</summary>
    [GeneratedRegex(
        @"PIPESTATUS|FUNCNAME|BASH_(ARG|COMMAND|ENV|EXECUTION|XTRACEFD)|_devbench|\$_(?![A-Za-z0-9_])|\$\{_\W"
        + @"|/dev/fd|/proc/(self|[$*\[?])|\r")]
    private static partial Regex Telltale();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"DEBUG|ERR|RETURN|\$|`")]
    private static partial Regex Trapped();

    [GeneratedRegex(@"\A[-+]\w*[fFp]")]
    private static partial Regex FunctionFlag();

    [GeneratedRegex(@"\A([-+][efuxCo]+|pipefail|errexit|nounset|xtrace|noglob|noclobber)\z")]
    private static partial Regex ShellOption();

    [GeneratedRegex(@"\A[A-Za-z_][\w.:-]*\z")]
    private static partial Regex FunctionName();
}
