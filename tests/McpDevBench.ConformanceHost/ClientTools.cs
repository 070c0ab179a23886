using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.ConformanceHost;

/// <summary>Tools that ask the client something while they run: only clients with a session can be asked so.</summary>
internal static class ClientTools
{
    public static IEnumerable<McpServerTool> All { get; } =
    [
        new ToolFixture(
            "test_sampling", "Asks the client's model.", SampleAsync,
            """{"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]}"""),
        new ToolFixture("test_elicitation", "Asks the client's user.", (request, cancellationToken) => ElicitAsync(request, ToolFixture.Argument(request, "message"), new()
        {
            ["response"] = new ElicitRequestParams.StringSchema { Description = "The answer" },
        }, cancellationToken), """{"type":"object","properties":{"message":{"type":"string"}},"required":["message"]}"""),
        new ToolFixture("test_elicitation_sep1034_defaults", "Asks with defaults.", (request, cancellationToken) => ElicitAsync(request, "Please check these values.", new()
        {
            ["name"] = new ElicitRequestParams.StringSchema { Default = "John Doe" },
            ["age"] = new ElicitRequestParams.NumberSchema { Type = "integer", Default = 30 },
            ["score"] = new ElicitRequestParams.NumberSchema { Default = 95.5 },
            ["status"] =
                new ElicitRequestParams.UntitledSingleSelectEnumSchema { Enum = ["active", "inactive", "pending"], Default = "active" },
            ["verified"] = new ElicitRequestParams.BooleanSchema { Default = true },
        }, cancellationToken)),
        new ToolFixture("test_elicitation_sep1330_enums", "Asks for choices.", (request, cancellationToken) => ElicitAsync(request, "Please choose.", new()
        {
            ["untitledSingle"] = new ElicitRequestParams.UntitledSingleSelectEnumSchema { Enum = ["option1", "option2", "option3"] },
            ["titledSingle"] = new ElicitRequestParams.TitledSingleSelectEnumSchema { OneOf = Titled() },
            ["legacyEnum"] = new ElicitRequestParams.LegacyTitledEnumSchema { Enum = ["opt1", "opt2", "opt3"], EnumNames = ["Option One", "Option Two", "Option Three"] },
            ["untitledMulti"] =
                new ElicitRequestParams.UntitledMultiSelectEnumSchema { Items = new() { Enum = ["option1", "option2", "option3"] } },
            ["titledMulti"] = new ElicitRequestParams.TitledMultiSelectEnumSchema { Items = new() { AnyOf = Titled() } },
        }, cancellationToken)),
        new ToolFixture("test_missing_capability", "Needs sampling.", (request, _) => request.Server.ClientCapabilities?.Sampling is null
            ? throw new MissingRequiredClientCapabilityException(
                new ClientCapabilities { Sampling = new() }, "This tool needs the client's sampling.")
            : ValueTask.FromResult(ToolFixture.Text("The client has it."))),
        new ToolFixture(
            "test_streaming_elicitation", "Asks nothing, because nobody can be asked.", new TextContentBlock { Text = "Only a result." }),
    ];

    private static List<ElicitRequestParams.EnumSchemaOption> Titled() =>
    [
        new() { Const = "value1", Title = "First" },
        new() { Const = "value2", Title = "Second" },
        new() { Const = "value3", Title = "Third" },
    ];

    private static async ValueTask<CallToolResult> SampleAsync(
        RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        var asked =
            new SamplingMessage { Role = Role.User, Content = [new TextContentBlock { Text = ToolFixture.Argument(request, "prompt") }] };
        var result = await request.Server.SampleAsync(
            new CreateMessageRequestParams { Messages = [asked], MaxTokens = 100 }, cancellationToken);
        return ToolFixture.Text($"LLM response: {result.Content.OfType<TextContentBlock>().FirstOrDefault()?.Text}");
    }

    private static async ValueTask<CallToolResult> ElicitAsync(
        RequestContext<CallToolRequestParams> request, string message,
        Dictionary<string, ElicitRequestParams.PrimitiveSchemaDefinition> fields, CancellationToken cancellationToken)
    {
        var result = await request.Server.ElicitAsync(
            new ElicitRequestParams { Message = message, RequestedSchema = new() { Properties = fields } }, cancellationToken);
        return ToolFixture.Text($"The user chose {result.Action}.");
    }
}
