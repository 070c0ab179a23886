using System.Security.Cryptography;
using System.Text;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.ConformanceHost;

/// <summary>Tools that answer with what they still need; the client calls them again with it.</summary>
internal static class InputRequiredTools
{
    private static readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public static IEnumerable<McpServerTool> All { get; } =
    [
        Asking("test_input_required_result_elicitation", ("user_name", Name())),
        Asking("test_incomplete_result_elicitation", ("user_name", Name())),
        Asking("test_input_required_result_sampling", ("capital_question", Sampling("What is the capital of France?"))),
        Asking("test_input_required_result_list_roots", ("client_roots", InputRequest.ForRootsList(new ListRootsRequestParams()))),
        Stateful("test_input_required_result_request_state", "state-ok"),
        Stateful("test_input_required_result_tampered_state", "state-ok"),
        new ToolFixture("test_input_required_result_multiple_inputs", "Asks three things.", (request, _) => request.Params.InputResponses is { Count: >= 3 }
            ? ValueTask.FromResult(ToolFixture.Text("Got all three."))
            : throw new InputRequiredException(new Dictionary<string, InputRequest>
            {
                ["user_name"] = Name(),
                ["greeting"] = Sampling("Say hello."),
                ["client_roots"] = InputRequest.ForRootsList(new ListRootsRequestParams()),
            }, Sign("inputs"))),
        new ToolFixture("test_input_required_result_multi_round", "Asks twice.", (request, _) => request.Params.RequestState switch
        {
            null => throw new InputRequiredException(new Dictionary<string, InputRequest> { ["step1"] = Name() }, Sign("round-1")),
            var state when Open(state) == "round-1" => throw new InputRequiredException(
                new Dictionary<string, InputRequest> { ["step2"] = Ask("What is your favourite color?", "color") }, Sign("round-2")),
            _ => ValueTask.FromResult(ToolFixture.Text("Got both.")),
        }),
        new ToolFixture("test_input_required_result_capabilities", "Asks only what the client can answer.", (request, _) =>
        {
            var can = request.Server.ClientCapabilities;
            var asked = new Dictionary<string, InputRequest>();
            if (can?.Elicitation is not null)
                asked["user_name"] = Name();
            if (can?.Sampling is not null)
                asked["capital_question"] = Sampling("What is the capital of France?");
            if (can?.Roots is not null)
                asked["client_roots"] = InputRequest.ForRootsList(new ListRootsRequestParams());
            return request.Params.InputResponses is { Count: > 0 } || asked.Count == 0
                ? ValueTask.FromResult(ToolFixture.Text("Nothing to ask."))
                : throw new InputRequiredException(asked);
        }),
    ];

    public static InputRequest Ask(string message, string field) => InputRequest.ForElicitation(new ElicitRequestParams
    {
        Message = message,
        RequestedSchema = new() { Properties = new Dictionary<string, ElicitRequestParams.PrimitiveSchemaDefinition> { [field] = new ElicitRequestParams.StringSchema() }, Required = [field] },
    });

    private static InputRequest Name() => Ask("What is your name?", "name");

    private static InputRequest Sampling(string question) => InputRequest.ForSampling(new CreateMessageRequestParams
    {
        Messages = [new SamplingMessage { Role = Role.User, Content = [new TextContentBlock { Text = question }] }],
        MaxTokens = 100,
    });

    private static ToolFixture Asking(string name, (string Key, InputRequest Request) asked) => new(name, "Asks one thing.", (request, _) =>
        request.Params.InputResponses is { } responses && responses.ContainsKey(asked.Key)
            ? ValueTask.FromResult(ToolFixture.Text($"Got {asked.Key}."))
            : throw new InputRequiredException(new Dictionary<string, InputRequest> { [asked.Key] = asked.Request }));

    private static ToolFixture Stateful(string name, string done) => new(name, "Has the client keep a signed state.", (request, _) =>
        request.Params.RequestState is { } state
            ? ValueTask.FromResult(ToolFixture.Text($"{done}: {Open(state)}"))
            : throw new InputRequiredException(
                new Dictionary<string, InputRequest> { ["confirm"] = Ask("Please confirm.", "ok") }, Sign(name)));

    private static string Sign(string state) => $"{state}.{Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(state)))}";

    private static string Open(string signed)
    {
        var state = signed[..Math.Max(0, signed.LastIndexOf('.'))];
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(state)), Encoding.UTF8.GetBytes(signed))
            ? state
            : throw new McpProtocolException("The request state was changed.", McpErrorCode.InvalidParams);
    }
}
