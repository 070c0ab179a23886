namespace McpDevBench.Agents;

/// <summary>What to do about an argument that the agent did not accept, by the agent's text, which an older agent has too.</summary>
internal static class InvalidHints
{
    private const string MakeArchiveAgain = "Make the archive again (tar czf FILE DIRECTORY), and ";

    private const string ShorterPath = "Use shorter names: a name has at most 255 bytes and a path 4,096; é has 2 bytes, and 日 has 3.";

    private const string NewerAgent = "This workspace was made by an older version of the server: kill with keep_workspace=true, then "
        + "spawn with alias set to the kept_as of kill.";

    private const string Apart = "Call again; if it stays so, do the operations of the batch one by one, with fs_write, fs_edit and "
        + "fs_delete.";

    // The part of the text by which it is recognised; what a name may precede comes first.
    private static readonly (string Part, string Hint)[] _hints =
    [
        (": the name is too long", ShorterPath),
        ("what follows is too deep", "Give a directory further down as path, or move what is below it further up with fs_batch."),
        (": the path is too long", ShorterPath),
        ("a path has at most", ShorterPath),
        (": not possible with this path", "Use another path: the file system of the workspace does not have a file of this name or kind."),
        ("not into or onto itself", "Use another target, outside of the directory itself and of the path to it."),
        ("it ends in the middle", "The upload was cut off: send the whole archive again. If it is so on your disk too, make it again."),
        ("sparse", "Make the archive again without tar's option -S (--sparse), and send it."),
        ("is a link without a possible target", MakeArchiveAgain + "leave that link out (--exclude)."),
        ("archive: a name contains NUL", MakeArchiveAgain + "send it: this one is damaged."),
        ("archive:", MakeArchiveAgain + "send it: this one is damaged, or not a tar file. tar tf FILE shows whether tar can read it."),
        ("a path cannot contain NUL", "Leave the NUL character out of the path."),
        ("a glob has at most", "Use a shorter glob, or several calls with one each."),
        ("pattern: between", "Use a pattern of that length; several shorter ones can be searched one after the other."),
        ("pattern:", "Correct the regular expression, or pass literal=true to find the text as it is."),
        ("after:", "Pass next_cursor as the previous answer had it, with the same path, or leave cursor out to begin anew."),
        ("the exec has no terminal", "Only a terminal has a size: run the command with exec_start and pty=true, or leave resize out."),
        ("cwd:", "Use a directory below /workspace as cwd; fs_list shows what is there."),
        ("the program's name cannot contain NUL", "Leave the NUL character out of cmd."),
        ("argv must name a program", "Give the program as the first element of cmd, or a script as shell."),
        ("arguments and environment cannot contain NUL", "Leave the NUL character out of cmd, shell and env; stdin may have it."),
        (" signal", "Use a signal from 1 to 64, such as TERM or 15."),
        ("is unknown", NewerAgent),
        ("only a write has content", Apart),
        ("more content than the steps announce", Apart),
        ("of content are missing", Apart),
    ];

    /// <summary>Null where the text is not known.</summary>
    public static string? Find(string text)
    {
        foreach (var (part, hint) in _hints)
        {
            if (text.Contains(part, StringComparison.Ordinal))
                return hint;
        }
        return null;
    }
}
