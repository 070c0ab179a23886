using System.Text;
using System.Text.Json;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Mcp;

/// <summary>Answers are bounded in both forms: clients show a model the text or structuredContent.</summary>
public sealed class AnswerSizeTests
{
    private const int Bound = AnswerBudget.Bytes / 4 * 5;

    [Theory]
    [InlineData("read", 400, "x", "fs_read has the content of a file")]
    [InlineData("read", 40, "\u0001", "fs_read has the content of a file")]
    [InlineData("write", 500, null, "fs_stat has an etag")]
    public void A_batch_of_many_operations_is_bounded_and_names_the_way_to_what_is_not_shown(
        string op, int count, string? content, string way)
    {
        var operations = Enumerable.Range(0, count).Select(i => new BatchArguments(op, $"directory/file-{i}")).ToList();
        var left = FsBatchResult.ContentBytes(operations);
        var results = operations.ConvertAll(one =>
        {
            var text = content is null ? null : new string(content[0], 440);
            var isShown = text is null || JsonSize.Of(text) <= left;
            if (text is not null && isShown)
                left -= JsonSize.Of(text);
            return new BatchResult(op, $"/workspace/{one.Path}", Etag: "0123456789abcdef", Size: 440)
            {
                Content = isShown ? text : "",
                Encoding = text is null ? null : "utf8",
                Truncated = isShown ? null : new(440, "Read it with fs_read"),
            };
        });

        var shown = FsBatchResult.Of(results);

        Assert.InRange(Encoding.UTF8.GetByteCount(shown.Render()), 1, Bound + 200);
        Assert.InRange(Size(JsonSerializer.SerializeToUtf8Bytes(shown, McpJson.Default.FsBatchResult)), 1, Bound + 200);
        Assert.Equal(count, shown.Results.Count + (shown.Omitted ?? 0));
        if (shown.Omitted is null)
            return;
        Assert.Equal(way, shown.Hint);
        Assert.EndsWith($"done and not listed: {way}]", shown.Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_alone_has_nearly_the_whole_budget() =>
        Assert.InRange(FsBatchResult.ContentBytes([new BatchArguments("read", "f")]), 16_000, AnswerBudget.Bytes);

    [Fact]
    public void A_page_ends_where_its_structure_is_full_though_its_text_is_not()
    {
        var items = Enumerable.Range(0, 100).ToList();
        Assert.Equal(16, AnswerBudget.Take(items, _ => "short", _ => 1000).Count);
        Assert.Equal(16, AnswerBudget.Take(items, _ => new string('x', 1000), _ => 10).Count);
        Assert.Single(AnswerBudget.Take(items, _ => "short", _ => 100_000));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("it's <b>\"quoted\"</b>\\ \t\r\n\b\f")]
    [InlineData("\u0000\u0001\u001b[31m\u007f\u0085\u2028\ufeff")]
    [InlineData("grün 😀")]
    public void The_size_of_text_in_JSON_is_what_is_written(string text) =>
        Assert.Equal(Size(JsonSerializer.SerializeToUtf8Bytes(text, McpJson.Default.String)) - 2, JsonSize.Of(text));

    private static int Size(byte[] json) => AnswerBudget.JsonBytes(json);
}
