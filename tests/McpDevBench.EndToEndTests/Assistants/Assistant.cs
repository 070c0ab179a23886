using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpDevBench.EndToEndTests.Assistants;

/// <summary>An AI assistant at work: the official C# client, and the tools by their names.</summary>
public sealed class Assistant(McpClient client, ConcurrentDictionary<string, bool> spawned) : IAsyncDisposable
{
    /// <summary>A call that takes longer hangs.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    public McpClient Client { get; } = client;

    public async Task<Workspace> Spawn(string image, params (string Name, JsonNode? Value)[] with)
    {
        var answer = await Call("spawn", ResultsJson.Default.Spawned, [("image", image), .. with]);
        spawned[answer.ContainerId] = true;
        return new Workspace(this, answer);
    }

    public Task<Attached> Attach(string target) => Call("attach", ResultsJson.Default.Attached, ("target", target));

    public Task<ContainerList> ListContainers(params (string Name, JsonNode? Value)[] with) =>
        Call("list_containers", ResultsJson.Default.ContainerList, with);

    public Task<ExecList> ListExecs(params (string Name, JsonNode? Value)[] with) => Call("list_execs", ResultsJson.Default.ExecList, with);

    public RunningExec Exec(string execId) => new(this, execId);

    /// <summary>The answer as it came, for tools whose structure is nobody's business here.</summary>
    public Task<JsonElement> Call(string tool, params (string Name, JsonNode? Value)[] arguments) =>
        Call(tool, ResultsJson.Default.JsonElement, arguments);

    /// <exception cref="CallFailedException">The tool's result is an error.</exception>
    public async Task<T> Call<T>(string tool, JsonTypeInfo<T> type, params (string Name, JsonNode? Value)[] arguments)
    {
        var result = await CallRaw(tool, Arguments(arguments), progress: null);
        return result.StructuredContent is { } content
            ? content.Deserialize(type)!
            : throw new JsonException($"{tool} answered without structuredContent: {Text(result)}");
    }

    /// <summary>The structure, and the text that a model reads.</summary>
    public async Task<(JsonElement Structure, string Text)> CallWithText(string tool, params (string Name, JsonNode? Value)[] arguments)
    {
        var result = await CallRaw(tool, Arguments(arguments), progress: null);
        return (result.StructuredContent ?? default, Text(result));
    }

    public async Task<CallToolResult> CallRaw(
        string tool, IReadOnlyDictionary<string, object?> arguments, IProgress<ProgressNotificationValue>? progress)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(_patience);
        CallToolResult result;
        try
        {
            result = await Client.CallToolAsync(tool, arguments, progress, cancellationToken: patience.Token);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"'{tool}' did not answer within {_patience}.");
        }
        if (result.IsError is not true)
            return result;
        var refusal = result.StructuredContent?.Deserialize(ResultsJson.Default.ErrorBody)?.Error
            ?? throw new JsonException($"{tool} refused without structuredContent.error: {Text(result)}");
        throw new CallFailedException(tool, refusal, Text(result));
    }

    /// <summary>Arguments from text, for those that no well-meaning client would send.</summary>
    public static IReadOnlyDictionary<string, object?> Arguments(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value.Clone());
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();

    /// <summary>An argument without a value is left out.</summary>
    private static IReadOnlyDictionary<string, object?> Arguments((string Name, JsonNode? Value)[] arguments) =>
        Arguments(new JsonObject(arguments.Where(argument => argument.Value is not null)
            .Select(argument => KeyValuePair.Create(argument.Name, argument.Value?.DeepClone()))).ToJsonString());

    private static string Text(CallToolResult result) =>
        string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text));
}
