using System.Buffers;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Execs;

/// <summary>What to call instead where a program could not be started, by what the caller gave as the program.</summary>
internal static class StartHints
{
    // Of bash and POSIX sh, without those that images have as programs too.
    private static readonly HashSet<string> _builtins = new(StringComparer.Ordinal)
    {
        ".", ":", "alias", "bg", "bind", "break", "builtin", "caller", "cd", "command", "compgen", "complete", "continue", "declare",
        "dirs", "disown", "eval", "exec", "exit", "export", "fc", "fg", "getopts", "hash", "help", "history", "jobs", "let", "local",
        "logout", "mapfile", "popd", "pushd", "read", "readarray", "readonly", "return", "set", "shift", "shopt", "source", "suspend",
        "times", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait", "if", "for", "while", "until", "case",
        "function",
    };

    private static readonly SearchValues<char> _shellSyntax = SearchValues.Create("|&;<>()$`\"'*?~ \t\n");

    private const string Check = "Check the path, and the first line of a script: it names the interpreter, and ends with LF, not CRLF. ";

    private const string Interpreter =
        "A script also runs with its interpreter: cmd=[\"python3\", \"main.py\"] or cmd=[\"sh\", \"run.sh\"].";

    /// <summary>The error with a hint that fits the command; as it is where there is none.</summary>
    public static RequestException Explain(RequestException e, ExecStart start) =>
        Find(e.Message, start) is { } hint ? new RequestException(e.Code, e.Message, hint, e.Retryable, e) : e;

    private static string? Find(string message, ExecStart start)
    {
        var isScript = start.PrefersBash;
        if (Says(message, "arguments and environment are too long"))
        {
            return isScript
                ? "Write the script to a file with fs_write, and run the file: shell=\"sh FILE\", or bash in place of sh."
                : "Pass less: write long values to a file with fs_write, or pass them as stdin.";
        }
        if (isScript || start.Argv.FirstOrDefault() is not { } program)
            return null;
        if (Says(message, "not executable") || Says(message, "is not an executable file"))
            return "Make it executable with exec shell=\"chmod +x FILE\", or fs_write with mode=755, and call again. " + Interpreter;
        if (Says(message, "a script needs a #! line"))
            return "A script begins with a line such as #!/bin/sh. " + Interpreter;
        // The text of a long name is cut before the reason.
        if (!Says(message, ": not found") && !message.EndsWith('…'))
            return null;
        return OfName(program, start.Argv.Count) ?? (Says(message, "interpreter") ? Check + Interpreter : null);
    }

    private static bool Says(string message, string part) => message.Contains(part, StringComparison.Ordinal);

    private static string? OfName(string program, int count)
    {
        if (program == "cd")
            return "cd belongs to the shell: pass the directory as cwd, or the whole command line as shell.";
        if (_builtins.Contains(program))
            return $"{program} belongs to the shell: pass the whole command line as shell.";
        if (IsAssignment(program))
            return "A variable goes into env, such as {\"NAME\": \"value\"}; or pass the whole command line as shell.";
        if (count == 1 && program.AsSpan().IndexOfAny(" \t\n") >= 0)
            return "Each argument is an item of its own in cmd, such as [\"ls\", \"-l\"]; or pass the command line as shell.";
        return program.AsSpan().ContainsAny(_shellSyntax)
            ? "cmd is run without a shell: pass a command line as shell; in cmd each argument is an item of its own."
            : null;
    }

    /// <summary>Such as <c>NAME=value</c>.</summary>
    private static bool IsAssignment(string program)
    {
        var name = program.AsSpan(0, Math.Max(0, program.IndexOf('=')));
        if (name.IsEmpty || char.IsAsciiDigit(name[0]))
            return false;
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character != '_')
                return false;
        }
        return true;
    }
}
