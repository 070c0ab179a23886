using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

/// <summary>A member that an operation does not have is refused: what it was meant for would not happen.</summary>
public sealed class BatchMembersTests
{
    private static readonly FileEdit _edit = new("a", "b", false);

    public static TheoryData<string> Foreign => [.. _foreign.Keys];

    private static readonly Dictionary<string, BatchOperation> _foreign = new()
    {
        ["write takes no edits"] = Of("write") with { Content = "x", Edits = [_edit] },
        ["edit takes no content"] = Of("edit") with { Content = "x", Edits = [_edit] },
        ["read takes no target"] = Of("read") with { Target = "x" },
        ["read takes no encoding"] = Of("read") with { Encoding = "base64" },
        ["read takes no if_none_match"] = Of("read") with { IfNoneMatch = "*" },
        ["delete takes no mode"] = Of("delete") with { Mode = "644" },
        ["delete takes no overwrite"] = Of("delete") with { Overwrite = true },
        ["write takes no recursive"] = Of("write") with { Content = "x", Recursive = true },
        ["move takes no content"] = Of("move") with { Target = "y", Content = "x" },
        ["copy takes no if_none_match"] = Of("copy") with { Target = "y", IfNoneMatch = "*" },
        ["mkdir takes no content"] = Of("mkdir") with { Content = "x" },
        ["write needs content"] = Of("write"),
        ["edit needs edits"] = Of("edit"),
        ["move needs target"] = Of("move"),
        ["write replaces what is there"] = Of("write") with { Content = "x", Overwrite = false },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void What_an_operation_does_not_have_is_refused(string reason)
    {
        var refused = Assert.Throws<RequestException>(() => FileBatches.ToProtocol([_foreign[reason]]));
        Assert.StartsWith($"operations[0] ({_foreign[reason].Op} f): {reason}", refused.Message, StringComparison.Ordinal);
        Assert.Contains(_foreign[reason].Op, refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void The_hint_says_whose_it_is_and_what_the_operation_takes()
    {
        var refused = Assert.Throws<RequestException>(() => FileBatches.ToProtocol([_foreign["write takes no edits"]]));
        Assert.Equal(
            "edits is for edit. write takes op, path, content, encoding, mode, create_parents, if_match, if_none_match.", refused.Hint);
    }

    [Fact]
    public void What_changes_nothing_is_not_refused()
    {
        BatchOperation[] operations =
        [
            Of("read") with { Content = "", Overwrite = false, CreateParents = false }, Of("write") with { Content = "", Overwrite = true },
            Of("mkdir") with { Recursive = true }, Of("copy") with { Target = "y", Recursive = true, Overwrite = true },
            Of("edit") with { Edits = [_edit], Content = "" },
        ];
        Assert.Equal(5, FileBatches.ToProtocol(operations).Batch.Steps.Count);
    }

    private static BatchOperation Of(string op) => new() { Op = op, Path = "f" };
}
