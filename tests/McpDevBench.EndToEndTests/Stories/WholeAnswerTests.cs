using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A model recognises its own words in an answer, whatever they look like.</summary>
public sealed class WholeAnswerTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task A_file_named_secret_is_named_in_the_error()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var error = await Text(assistant, "fs_read", workspace.Id, """{"path": "secret"}""");
        Assert.Contains("secret", error, StringComparison.Ordinal);
        Assert.DoesNotContain("[REDACTED]", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_nearest_line_of_an_edit_comes_as_it_is_in_the_file()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        const string line = "DB_PASSWORD = os.environ['DB_PASSWORD'] or 'correct-horse'";
        await assistant.Call("fs_write", ("container_id", workspace.Id), ("path", "settings.py"), ("content", $"import os\n{line}\n"));
        var error = await Text(
            assistant, "fs_edit", workspace.Id,
            """{"path": "settings.py", "edits": [{"old_text":"""
                + """ "DB_PASSWORD = os.environ['DB_PASSWORD'] or 'correct-house'", "new_text": "x"}]}""");
        Assert.Contains(line, error, StringComparison.Ordinal);
        Assert.DoesNotContain(line, server.Log, StringComparison.Ordinal);
    }

    private static async Task<string> Text(Assistants.Assistant assistant, string tool, string workspace, string arguments)
    {
        var given = System.Text.Json.Nodes.JsonNode.Parse(arguments)!
            .AsObject().ToDictionary(pair => pair.Key, pair => (object?)pair.Value);
        given["container_id"] = workspace;
        var result = await assistant.Client.CallToolAsync(tool, given, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.IsError);
        return string.Concat(result.Content.OfType<ModelContextProtocol.Protocol.TextContentBlock>().Select(block => block.Text));
    }
}
