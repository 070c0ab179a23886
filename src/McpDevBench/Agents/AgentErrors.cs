using System.Text.RegularExpressions;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>The agent's errors, as errors that a model can act on.</summary>
internal static partial class AgentErrors
{
    private const int MaxText = 500;

    public static RequestException Of(AgentStatus status, string text)
    {
        var (code, hint) = status switch
        {
            AgentStatus.Invalid => (
                ErrorCode.InvalidArgument, InvalidHints.Find(text) ?? "Change what the message names, then call again."),
            AgentStatus.NotFound => (ErrorCode.FileNotFound, $"{Literally(text)}Call fs_list on the directory to see what is there."),
            AgentStatus.PathDenied => (ErrorCode.PathDenied, "Use a path below /workspace that no link leads out of."),
            AgentStatus.Conflict => (
                ErrorCode.Conflict,
                "See what is there now: fs_list of its directory with details=true, or fs_read. To replace it, pass its etag as if_match; "
                + "for copy and move pass overwrite=true, which replaces files and lets a directory join the one that is there. "
                + "Where nothing exists, leave if_match out."),
            AgentStatus.NotADirectory => (ErrorCode.InvalidArgument, "Use the path of a directory; fs_stat tells what it is."),
            AgentStatus.IsADirectory => (ErrorCode.InvalidArgument, "Use the path of a file; fs_list shows what is in the directory."),
            AgentStatus.NotEmpty => (ErrorCode.InvalidArgument, "Pass recursive=true to delete a directory with all that is in it."),
            AgentStatus.NotRegular => (
                ErrorCode.InvalidArgument, "Only regular files and directories can be used; fs_stat tells what it is."),
            AgentStatus.PermissionDenied => (
                ErrorCode.PathDenied,
                "The workspace's user may not do this; exec with ls -l shows who may. exec with chmod -R u+rwX opens what belongs to that "
                + "user; an archive leaves a path out with exclude."),
            AgentStatus.NoSpace => (ErrorCode.ResourceExhausted, "Delete files that are not needed, then call again."),
            AgentStatus.TooLarge => (ErrorCode.ResourceExhausted, $"Ask for less at once, or use {FileAddress.Named}."),
            AgentStatus.Exhausted => (
                ErrorCode.ResourceExhausted,
                "The workspace is at its limit of processes or memory: list_execs shows what runs, exec_cancel ends it."),
            AgentStatus.Cancelled => (ErrorCode.Timeout, "Call again, or ask for less at once."),
            AgentStatus.Expired => (ErrorCode.Timeout, "Nothing was done. Call again; list_execs shows what keeps the workspace busy."),
            AgentStatus.NoSuchExec => (ErrorCode.ExecNotFound, "It has ended; exec_poll has its output."),
            AgentStatus.CannotStart => (
                ErrorCode.InvalidArgument,
                "Check the program's name and that the image has it; without sh in the image, use cmd with a program that it has."),
            _ => (ErrorCode.ServerError, "Call again; if it stays so, ask the operator to look at the server's log."),
        };
        var retryable = status is AgentStatus.Exhausted or AgentStatus.NoSpace or AgentStatus.Cancelled or AgentStatus.Expired;
        return new RequestException(code, Sentence(text), hint, retryable);
    }

    public static RequestException StreamLost() => new(
        ErrorCode.ServerError, "The connection to the workspace was interrupted before it answered.",
        "It may or may not have been done: look first (fs_stat, list_execs), then call again.", retryable: true,
        new EndOfStreamException());

    public static bool IsStreamLost(RequestException e) => e is { Code: ErrorCode.ServerError, InnerException: EndOfStreamException };

    public static RequestException WorkspaceLost() => new(
        ErrorCode.WorkspaceLost, "The workspace's container has ended, and its processes with it.",
        "Call attach with its id or alias: it starts the container again, with the workspace's files.", retryable: true);

    /// <summary>About characters of a path that may have been meant as something else.</summary>
    private static string Literally(string text)
    {
        if (PercentPattern().IsMatch(text))
            return "A path is taken as it is, with its %: write the characters themselves, or a URI, file:///workspace/…. ";
        return text.Contains('\\') ? "Parts of a path are separated by /; a backslash belongs to a name. " : "";
    }

    [GeneratedRegex("%[0-9A-Fa-f]{2}")]
    private static partial Regex PercentPattern();

    /// <summary>
    /// The agent's text may have been made up by a process in a container: bounded, and with control characters made visible, so that a
    /// name stays recognisable.
    /// </summary>
    private static string Sentence(string text)
    {
        if (text.Length == 0)
            return "The workspace refused.";
        return Clean(text);
    }

    /// <summary>Bounded, and with control characters made visible.</summary>
    public static string Clean(string text)
    {
        var length = Math.Min(text.Length, MaxText);
        if (length < text.Length && char.IsHighSurrogate(text[length - 1]))
            length--;
        var clean = string.Create(length, text, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = Visible(from[i]);
        });
        return length == text.Length ? clean : $"{clean}…";
    }

    private static char Visible(char character) => character switch
    {
        < ' ' => (char)('\u2400' + character),
        '\u007f' => '\u2421',
        _ => char.IsControl(character) ? '\ufffd' : character,
    };
}
