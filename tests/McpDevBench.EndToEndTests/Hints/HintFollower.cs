using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Hints;

/// <summary>Provokes errors and does what their hints say. What was answered is there for later calls, as <c>$name</c>.</summary>
/// <param name="given">Values that no answer changes.</param>
internal sealed partial class HintFollower(ServerProcess server, Assistant assistant, IReadOnlyDictionary<string, string> given)
{
    /// <summary>Calls after an error until one succeeds.</summary>
    private const int MaxSteps = 2;

    private readonly Dictionary<string, string> _answered = [];

    private Dictionary<string, string> Values => _answered.Concat(given)
        .GroupBy(value => value.Key).ToDictionary(same => same.Key, same => same.Last().Value);

    /// <returns>The error that was provoked: its message and hint.</returns>
    /// <exception cref="HintException">No error, or one whose hint does not lead on.</exception>
    public async Task<string> Follow(HintRow row)
    {
        foreach (var step in row.Before)
        {
            if (await Call(step) is { } before)
                throw new HintException($"{step.Name} {step.Arguments} failed, which was to prepare: {before}");
        }
        var error = await Call(row.Provoking) ?? throw new HintException("succeeded, an error was expected");
        if (row.Following.Count > MaxSteps)
            throw new HintException($"{row.Following.Count} calls follow, at most {MaxSteps} are allowed, after: {error}");
        if (row.Following.Count == 0 && !ForOperator().IsMatch(error))
            throw new HintException($"no call follows, and neither the operator nor a setting is named in: {error}");
        foreach (var step in row.Following)
        {
            if (!Names(error, row.Provoking, step))
                throw new HintException($"nothing names {step.Name} {step.Arguments} in: {error}");
            if (await Call(step) is { } next)
                throw new HintException($"after '{error}', {step.Name} {step.Arguments} failed: {next}");
        }
        return error;
    }

    /// <summary>Whether a model gets from the error to the call: another tool by its name; the same one
    /// again, or by an argument that differs.</summary>
    private bool Names(string error, HintStep provoking, HintStep next)
    {
        if (next.Name != provoking.Name && !next.IsHttp)
            return error.Contains(next.Name, StringComparison.Ordinal);
        var (before, after) = (provoking.Filled(Values), next.Filled(Values));
        var differing = before.Concat(after).Select(argument => argument.Key).Distinct()
            .Where(name => !JsonNode.DeepEquals(before[name], after[name])).ToList();
        return differing.Count == 0
            ? error.Contains("again", StringComparison.OrdinalIgnoreCase)
            : next.IsHttp || differing.Exists(name =>
                error.Contains(name, StringComparison.OrdinalIgnoreCase) || IsQuoted(error, before[name]) || IsQuoted(error, after[name]));
    }

    private static bool IsQuoted(string error, JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String && value.GetValue<string>().Length > 0
        && error.Contains(value.GetValue<string>(), StringComparison.Ordinal);

    /// <returns>Null for success, else the error.</returns>
    private async Task<string?> Call(HintStep step) => step.IsHttp ? await Request(step.Name, step.Filled(Values)) : await CallTool(step);

    private async Task<string?> CallTool(HintStep step)
    {
        if (step.Name == "STOP")
        {
            await Stop(step.Filled(Values)["container_id"]!.GetValue<string>());
            return null;
        }
        try
        {
            var answer = await assistant.CallRaw(step.Name, Assistant.Arguments(step.Filled(Values).ToJsonString()), progress: null);
            Remember(answer.StructuredContent!.Value);
            return null;
        }
        catch (CallFailedException e)
        {
            return $"{e.Refusal.Message}\n{e.Refusal.Hint}";
        }
    }

    /// <summary>As a restart of the host does.</summary>
    private async Task Stop(string alias)
    {
        var id = (await assistant.Attach(alias)).ContainerId;
        await DockerHost.Docker("stop", "--time", "0", Assert.Single(await DockerHost.ContainersOf(id)));
    }

    private async Task<string?> Request(string method, JsonObject arguments)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.BaseAddress, Text(arguments, "url")));
        var body = Text(arguments, "base64") is { } base64 ? Convert.FromBase64String(base64)
            : Encoding.UTF8.GetBytes(Text(arguments, "text") ?? "");
        request.Content = new ByteArrayContent(body);
        foreach (var (name, value) in arguments.Where(argument => argument.Key is not ("url" or "base64" or "text")))
        {
            if (!request.Headers.TryAddWithoutValidation(name, value!.GetValue<string>()))
                request.Content.Headers.TryAddWithoutValidation(name, value.GetValue<string>());
        }
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (response.StatusCode < HttpStatusCode.BadRequest)
        {
            if (response.Headers.ETag is { } etag)
                _answered["http_etag"] = etag.ToString();
            return null;
        }
        var error = JsonNode.Parse(text)!["error"]!;
        return $"{error["message"]}\n{error["hint"] ?? error["data"]?["hint"]}";
    }

    /// <summary>What only the operator can change.</summary>
    [GeneratedRegex("operator|MCP_[A-Z_]+")]
    private static partial Regex ForOperator();

    private static string? Text(JsonObject arguments, string name) => arguments[name]?.GetValue<string>();

    private void Remember(JsonElement answer)
    {
        foreach (var property in answer.EnumerateObject())
        {
            if (property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                _answered[property.Name] = $"{property.Value}";
        }
    }
}

/// <summary>A row of the table does not hold.</summary>
internal sealed class HintException(string message) : Exception(message);
