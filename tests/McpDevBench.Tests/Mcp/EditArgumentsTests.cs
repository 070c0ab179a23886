using System.Text.Json;
using McpDevBench.Files;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Mcp;

/// <summary>One edit needs no list around it.</summary>
public sealed class EditArgumentsTests
{
    [Fact]
    public void A_single_edit_may_stand_beside_the_list()
    {
        Assert.Equal([new FileEdit("a", "b", true)], EditArguments.Of(null, "a", "b", replaceAll: true));
        Assert.Equal([new FileEdit("a", "", false)], EditArguments.Of([], "a", "", replaceAll: false));
        Assert.Equal([new FileEdit("a", "b", false)], EditArguments.Of([new("a", "b")], "", "", replaceAll: false));
        Assert.Empty(EditArguments.Of(null, null, null, replaceAll: false));
    }

    [Theory]
    [InlineData("""{"container_id":"a","path":"f","old_text":"x","new_text":"y"}""")]
    [InlineData("""{"containerId":"a","path":"f","oldText":"x","newText":"y"}""")]
    public void A_flat_edit_stays_flat_until_the_one_place_that_reads_it(string given)
    {
        var shape = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.FsEditArguments));
        var edit = shape.Bind(JsonElement.Parse(given)).Deserialize(McpJson.Default.FsEditArguments)!;
        Assert.Equal((null, "x", "y"), (edit.Edits, edit.OldText, edit.NewText));
        var batch = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.FsBatchArguments)).Bind(
            JsonElement.Parse("""{"container_id":"a","op":"edit","path":"f","old_text":"x","new_text":"y"}"""))
            .Deserialize(McpJson.Default.FsBatchArguments)!;
        var operation = Assert.Single(batch.Operations);
        Assert.Equal((null, "x", "y"), (operation.Edits, operation.OldText, operation.NewText));
    }

    [Theory]
    [InlineData(true, "a", "b", false, "edits and old_text are both given.")]
    [InlineData(true, null, null, true, "edits and replace_all are both given.")]
    [InlineData(false, "a", null, false, "new_text is missing.")]
    [InlineData(false, null, "b", false, "old_text is missing.")]
    public void What_is_ambiguous_or_incomplete_is_refused_with_the_shape(bool list, string? old, string? @new, bool all, string message)
    {
        var refused = Assert.Throws<RequestException>(() => EditArguments.Of(list ? [new("x", "y")] : null, old, @new, all));
        Assert.Equal(message, refused.Message);
        Assert.Contains("""edits: [{"old_text": "…", "new_text": "…"}]""", refused.Hint, StringComparison.Ordinal);
    }
}
