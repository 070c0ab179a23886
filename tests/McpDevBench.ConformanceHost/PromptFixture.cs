using System.Text.Json;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.ConformanceHost;

/// <summary>A prompt that the suite asks for by its name.</summary>
internal sealed class PromptFixture(
    string name, string[] arguments, Func<RequestContext<GetPromptRequestParams>, ContentBlock[]> write) : McpServerPrompt
{
    public static IEnumerable<McpServerPrompt> All { get; } =
    [
        new PromptFixture("test_simple_prompt", [], _ => [Text("This is a simple prompt for testing.")]),
        new PromptFixture(
            "test_prompt_with_arguments", ["arg1", "arg2"],
            request => [Text($"Prompt with arguments: arg1='{Argument(request, "arg1")}', arg2='{Argument(request, "arg2")}'")]),
        new PromptFixture("test_prompt_with_embedded_resource", ["resourceUri"], request =>
            [ContentTools.Resource(Argument(request, "resourceUri"), "text/plain", "Embedded resource content for testing."), Text(
                "Please process the embedded resource above.")]),
        new PromptFixture(
            "test_prompt_with_image", [],
            _ => [ImageContentBlock.FromBytes(ContentTools.Image, "image/png"), Text("Please analyze the image above.")]),
        new PromptFixture("test_input_required_result_prompt", [], request => request.Params.InputResponses is { } responses
            && responses.ContainsKey("user_context")
            ? [Text("Continue in the given context.")]
            : throw new InputRequiredException(
                new Dictionary<string, InputRequest> { ["user_context"] = InputRequiredTools.Ask("What is the context?", "context") })),
    ];

    public override Prompt ProtocolPrompt { get; } = new()
    {
        Name = name,
        Description = "A prompt for testing.",
        Arguments = [.. arguments.Select(
            argument => new PromptArgument { Name = argument, Description = "An argument for testing.", Required = true })],
    };

    public override IReadOnlyList<object> Metadata => [];

    public override ValueTask<GetPromptResult> GetAsync(
        RequestContext<GetPromptRequestParams> request, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(
            new GetPromptResult { Messages = [.. write(request).Select(
                content => new PromptMessage { Role = Role.User, Content = content })] });

    private static TextContentBlock Text(string text) => new() { Text = text };

    private static string Argument(RequestContext<GetPromptRequestParams> request, string name) =>
        request.Params.Arguments is { } arguments && arguments.TryGetValue(name, out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
