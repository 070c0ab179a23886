namespace McpDevBench.Files;

/// <summary>Which members each operation of a batch has. Others are rejected: ignoring one would not do what was asked.</summary>
internal static class BatchMembers
{
    /// <summary>Beside <c>op</c> and <c>path</c>; the first of them are needed. One at its default counts as not given.</summary>
    private static readonly Dictionary<string, (string[] Needed, string[] Possible)> _members = new()
    {
        ["read"] = ([], ["if_match"]),
        ["write"] = (["content"], ["encoding", "mode", "create_parents", "if_match", "if_none_match"]),
        ["edit"] = (["edits"], ["if_match"]),
        ["delete"] = ([], ["recursive", "if_match"]),
        ["move"] = (["target"], ["overwrite", "create_parents", "recursive", "if_match"]),
        ["copy"] = (["target"], ["overwrite", "create_parents", "recursive", "if_match"]),
        ["mkdir"] = ([], ["mode", "create_parents", "recursive", "if_none_match"]),
    };

    /// <exception cref="RequestException">invalid_argument.</exception>
    public static void Check(BatchOperation operation)
    {
        var (needed, possible) = _members[operation.Op];
        var given = Given(operation).ToHashSet();
        // An empty content is one: of an empty file.
        if (operation is { Op: "write", Content: not null })
            given.Add("content");
        if (operation is { Op: "write", Overwrite: { } overwrite })
        {
            if (!overwrite)
                throw Wrong("write replaces what is there, whatever overwrite says.",
                    "To write only where nothing exists, pass if_none_match=\"*\" instead of overwrite=false.");
            given.Remove("overwrite");
        }
        if (needed.FirstOrDefault(name => !given.Contains(name)) is { } missing)
            throw Wrong($"{operation.Op} needs {missing}.", Takes(operation.Op));
        if (given.FirstOrDefault(name => !needed.Contains(name) && !possible.Contains(name)) is { } foreign)
        {
            var users = _members.Where(member => member.Value.Needed.Concat(member.Value.Possible).Contains(foreign));
            throw Wrong($"{operation.Op} takes no {foreign}.",
                $"{foreign} is for {string.Join(", ", users.Select(user => user.Key))}. {Takes(operation.Op)}");
        }
    }

    private static IEnumerable<string> Given(BatchOperation operation)
    {
        (string Name, bool IsGiven)[] members =
        [
            ("target", operation.Target is not null), ("content", operation.Content is { Length: > 0 }),
            ("edits", operation.Edits.Count > 0), ("encoding", operation.Encoding != TextEncodings.Utf8Name),
            ("mode", operation.Mode is not null), ("recursive", operation.Recursive), ("overwrite", operation.Overwrite == true),
            ("if_match", operation.IfMatch is not null), ("if_none_match", operation.IfNoneMatch is not null),
        ];
        return members.Where(member => member.IsGiven).Select(member => member.Name);
    }

    private static string Takes(string op)
    {
        var (needed, possible) = _members[op];
        var shape = op == "edit" ? " edits is a list of {\"old_text\": \"…\", \"new_text\": \"…\"}." : "";
        return $"{op} takes {string.Join(", ", ["op", "path", .. needed, .. possible])}.{shape}";
    }

    private static RequestException Wrong(string message, string hint) => new(ErrorCode.InvalidArgument, message, hint);
}
