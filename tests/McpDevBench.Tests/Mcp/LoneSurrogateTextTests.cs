using System.Text.Json;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Mcp;

/// <summary>JSON in the text of an argument.</summary>
public sealed class LoneSurrogateTextTests
{
    private static readonly ArgumentShape _shape = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.ExecArguments, null));

    [Theory]
    [InlineData("cmd", """["echo","\\ud800"]""")]
    [InlineData("env", """{"A":"\\ud800"}""")]
    public void Half_a_character_in_the_text_of_JSON_is_named(string argument, string text)
    {
        var sent = JsonElement.Parse(
            $$"""{"container_id":"a","{{argument}}":"{{text.Replace("\"", "\\\"", StringComparison.Ordinal)}}"}""");
        var refusal = Assert.Throws<RequestException>(() => _shape.Bind(sent));
        Assert.Equal($"The argument '{argument}' contains a lone surrogate (\\ud800), which is not valid text.", refusal.Message);
    }
}
