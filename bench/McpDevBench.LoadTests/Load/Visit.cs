using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;

namespace McpDevBench.LoadTests.Load;

/// <summary>
/// What somebody comes for: one call, or several one after the other. The first has the visit's intended start, each later one starts with
/// the answer before it.
/// </summary>
internal sealed class Visit(McpClient client, int number, string workspace, long intended, Recording recording, TimeProvider time)
{
    /// <summary>Whoever waits longer has gone.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private long _intended = intended;

    /// <summary>From zero; no other visit of the load has it.</summary>
    public int Number => number;

    /// <summary>The workspace that this visit works in.</summary>
    public string Workspace => workspace;

    /// <returns>What the tool answered.</returns>
    public async Task<JsonElement> CallAsync(string tool, params (string Name, object? Value)[] arguments)
    {
        var (content, error) = await SendAsync(tool, arguments);
        return error is null ? content : throw new SurpriseException($"{tool} was refused: {Words(content, error)}");
    }

    /// <summary>The same, in the visit's workspace.</summary>
    public Task<JsonElement> CallHereAsync(string tool, params (string Name, object? Value)[] arguments) =>
        CallAsync(tool, [("container_id", workspace), .. arguments]);

    /// <summary>A call that the server has to refuse.</summary>
    public async Task MistakeAsync(string code, string tool, params (string Name, object? Value)[] arguments)
    {
        var (_, error) = await SendAsync(tool, arguments);
        Require(error == code, $"{tool} should have been refused with {code}, and was not: {error ?? "success"}");
    }

    /// <exception cref="SurpriseException">It is not so.</exception>
    public static void Require(bool condition, string sentence)
    {
        if (!condition)
            throw new SurpriseException(sentence);
    }

    private async Task<(JsonElement Content, string? Error)> SendAsync(string tool, (string Name, object? Value)[] arguments)
    {
        using var patience = new CancellationTokenSource(_patience, time);
        var sent = time.GetTimestamp();
        var error = Sample.NoAnswer;
        try
        {
            var result = await client.CallToolAsync(
                tool, arguments.ToDictionary(argument => argument.Name, argument => argument.Value), cancellationToken: patience.Token);
            var content = result.StructuredContent ?? default;
            error = result.IsError is true ? content.GetProperty("error").GetProperty("code").GetString() : null;
            return (content, error);
        }
        catch (Exception exception) when (
            exception is HttpRequestException or IOException or McpException or JsonException or OperationCanceledException)
        {
            return (default, error);
        }
        finally
        {
            recording.Answered(tool, _intended, sent, error);
            _intended = time.GetTimestamp();
        }
    }

    private static string Words(JsonElement content, string error) =>
        content.ValueKind == JsonValueKind.Object ? $"{error}, {content.GetProperty("error").GetProperty("message")}" : error;
}

/// <summary>The load met what it should not.</summary>
internal sealed class SurpriseException(string sentence) : Exception(sentence);
