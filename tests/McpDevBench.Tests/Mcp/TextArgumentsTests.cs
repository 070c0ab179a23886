using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>The arguments of a tool call as JSON text of an object are taken as the object.</summary>
public sealed class TextArgumentsTests
{
    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("""{"a":"\u00e9 \"x\"","b":[1]}""", """{"a":"\u00e9 \"x\"","b":[1]}""")]
    [InlineData("[1]", null)]
    [InlineData("{", null)]
    [InlineData("text", null)]
    public void Text_of_an_object_becomes_the_object(string text, string? arguments)
    {
        var message = new JsonObject
        {
            ["params"] = new JsonObject { ["arguments"] = text, ["name"] = "x" },
            ["method"] = "tools/call",
        };
        var expanded = TextArguments.Expand(Encoding.UTF8.GetBytes(message.ToJsonString()));
        Assert.Equal(arguments is null, expanded is null);
        if (arguments is not null)
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(arguments), JsonNode.Parse(expanded!)!["params"]!["arguments"]));
    }

    [Theory]
    [InlineData("""{"method":"prompts/get","params":{"arguments":"{}"}}""")]
    [InlineData("""{"method":"tools/call","params":{"arguments":{"arguments":"{}"}}}""")]
    [InlineData("""{"method":"tools/call","arguments":"{}"}""")]
    public void Other_text_stays(string message) => Assert.Null(TextArguments.Expand(Encoding.UTF8.GetBytes(message)));

    [Fact]
    public async Task It_is_served()
    {
        using var server = await TestServer.StartAsync(
            null, contract => contract.Services.AddSingleton<McpServerTool, AuditQueryTool>());
        var answer = await RawCall.ToolAsync(server, "audit_query", "\"{}\"");
        Assert.NotNull(answer["result"]!["structuredContent"]!["records"]);
    }
}
