using System.Globalization;
using System.Text;

namespace McpDevBench.Execs;

/// <summary>
/// Has bash report the exit codes of a script's pipes. After each pipe a function writes them to descriptor 10 if the pipe ended well and a
/// part of it did not; it leaves <c>$?</c> as it is, and is not traced. 10 is bash's own copy of 97, which it keeps, closed for every
/// program that it starts, while a statement runs as a group for which 97 is closed. What follows the last pipe runs as it would have run.
/// All that is added is on the script's own lines, whose numbers bash shows.
/// </summary>
internal static class PipeScript
{
    /// <summary>Of one argument, the kernel takes 128 KiB.</summary>
    private const int MaxBytes = 120 << 10;

    private const int MaxPipes = 500;

    private const string Begin =
        "_devbench() { set -- \"$1\" \"$?\" \"${PIPESTATUS[@]}\"; local IFS=' '; case \"$*\" in 0*) exec 97>&-;; "
        + "*' 0 '*[1-9]*) case $_devbench in *\";$*;\"*) ;; *) _devbench+=\";$*;\"; printf '%s;' \"$*\" >&10;; esac;; esac; "
        + "return \"$2\"; }; _devbench=; ";

    private const string EndOfStatement = " } 97>&-";

    private const string End = "; { _devbench 0 && :; } 2>/dev/null";

    /// <returns>The script as bash runs it to report its pipes; null if it has none, or is not certain to do the same then.</returns>
    /// <param name="env">Names of the variables that it runs with.</param>
    public static string? Reporting(string script, IEnumerable<string> env)
    {
        if (!ScriptFitness.IsFit(script, env))
            return null;
        var (pipes, statements) = Read(script);
        if (pipes.Count is 0 or > MaxPipes)
            return null;
        // At the same place, what ends a pipe comes before what ends its statement.
        var places = statements.Select(statement => (At: statement.Start, Text: "{ "))
            .Concat(pipes.Select(pipe => (At: pipe.Start, Text: "{ ")))
            .Concat(pipes.Select((pipe, index) => (At: pipe.End, Text: Call(index + 1))))
            .Concat(statements.Select((statement, index) => (At: statement.End, Text: Close(statement, index == statements.Count - 1))));
        var text = new StringBuilder(Begin);
        var at = 0;
        foreach (var (place, added) in places.OrderBy(place => place.At))
        {
            text.Append(script, at, place - at).Append(added);
            at = place;
        }
        text.Append(script, at, script.Length - at);
        var reporting = text.ToString();
        return Encoding.UTF8.GetByteCount(reporting) > MaxBytes ? null : reporting;
    }

    /// <summary>The pipes that ended well although an earlier part failed, with the exit codes of their parts.</summary>
    /// <param name="report">What the functions wrote: of each pipe its number, its exit code and those of its parts. Not to be trusted.
    /// </param>
    public static IReadOnlyList<(ScriptPipe Pipe, IReadOnlyList<byte> Codes)> Failures(string script, string report)
    {
        if (report.Length == 0)
            return [];
        var pipes = Read(script).Pipes;
        var failures = new List<(ScriptPipe, IReadOnlyList<byte>)>();
        foreach (var entry in report.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var numbers = entry.Split(' ').Select(Number).ToList();
            var isReport = numbers.Count >= 4 && !numbers.Contains(null) && numbers.Skip(1).All(code => code <= byte.MaxValue);
            if (!isReport || numbers[0] < 1 || numbers[0] > pipes.Count)
                continue;
            var (pipe, codes) = (pipes[numbers[0]!.Value - 1], numbers.Skip(2).Select(number => (byte)number!.Value).ToList());
            if (pipe.HidesFailure(numbers[1]!.Value, codes) && !failures.Exists(known => known.Item1 == pipe))
                failures.Add((pipe, codes));
        }
        return failures;
    }

    private static (IReadOnlyList<ScriptPipe> Pipes, IReadOnlyList<ScriptStatement> Statements) Read(string script) =>
        script.Contains('|', StringComparison.Ordinal) ? ScriptReader.Read(script) : ([], []);

    private static string Close(ScriptStatement statement, bool isLast)
    {
        var end = EndOfStatement + (isLast ? End : "");
        return statement.IsInBackground ? $"{end};" : $";{end}";
    }

    private static string Call(int pipe) => string.Create(CultureInfo.InvariantCulture, $"; {{ _devbench {pipe}; }} 2>/dev/null; }}");

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
