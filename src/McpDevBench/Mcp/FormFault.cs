using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>
/// A message that cannot become a call: not UTF-8, an id that no answer can repeat, an initialize without its required members.
/// </summary>
/// <param name="Sentence">For the client: the fault and its place.</param>
/// <param name="Hint">What to send instead.</param>
/// <param name="Id">The request's id as JSON; null if it has none that can be repeated.</param>
internal sealed record FormFault(string Sentence, string Hint, McpErrorCode Code, string? Id)
{
    /// <summary>The member that carries <see cref="Code"/> to the pipeline.</summary>
    public const string Member = "\0code";

    /// <summary>The id of a request that is answered with the id null. No client has it by accident.</summary>
    public const string NoId = "\0none";

    private const string NoIdJson = "\"\\u0000none\"";

    private const string OneMessage =
        """Send one JSON-RPC 2.0 message, such as {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}.""";

    /// <summary>What an initialize must have, each after what it is in.</summary>
    private static readonly (string Path, JsonValueKind Kind)[] _initialize =
    [
        ("params", JsonValueKind.Object), ("params.protocolVersion", JsonValueKind.String), ("params.capabilities", JsonValueKind.Object),
        ("params.clientInfo", JsonValueKind.Object), ("params.clientInfo.name", JsonValueKind.String),
        ("params.clientInfo.version", JsonValueKind.String),
    ];

    /// <returns>Null for a message that the SDK can read, or answers with an error itself.</returns>
    public static FormFault? Find(ReadOnlySpan<byte> message)
    {
        if (!Utf8.IsValid(message))
            return new(
                "The message is not UTF-8.", "Send JSON in UTF-8; bytes that are not text go as base64, where a tool has encoding.",
                McpErrorCode.ParseError, null);
        var id = IdOf(message);
        if (id is { } given && WrongId(given.Type, message[given.At]) is { } sentence)
            return new(sentence, "Use a string, or a whole number of 64 bits, as the id.", McpErrorCode.InvalidRequest, null);
        return InInitialize(message, id is { } sent ? Encoding.UTF8.GetString(message[sent.At]) : null);
    }

    /// <summary>What of a line the SDK would drop without an answer.</summary>
    public static FormFault? FindUnreadable(ReadOnlySpan<byte> line)
    {
        if (line.Trim(" \t\r\n"u8).IsEmpty)
            return null;
        try
        {
            return JsonSerializer.Deserialize(line, McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage))) is null
                ? new("The line is not a JSON-RPC message.", OneMessage, McpErrorCode.InvalidRequest, null)
                : null;
        }
        catch (JsonException)
        {
            return Unreadable(line);
        }
    }

    /// <returns>The message with its id as a whole number, where it is one in another form, such as 1.0; else null.</returns>
    public static byte[]? WithWholeId(ReadOnlySpan<byte> message)
    {
        if (IdOf(message) is not { Type: JsonTokenType.Number } id || Whole(message[id.At]) is not { } whole)
            return null;
        var text = Encoding.UTF8.GetBytes(whole.ToString(CultureInfo.InvariantCulture));
        return message[id.At].SequenceEqual(text) ? null : [.. message[..id.At.Start], .. text, .. message[id.At.End..]];
    }

    /// <summary>A request in place of the message, which <see cref="McpEntrance"/> answers with the sentence.</summary>
    public byte[] Replace()
    {
        var carried = JsonEncodedText.Encode($"{Sentence}\n{Hint}");
        var code = ((int)Code).ToString(CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(
            $$$"""{"jsonrpc":"2.0","id":{{{Id ?? NoIdJson}}},"method":"ping","params":"""
                + $$$"""{"\u0000fault":"{{{carried}}}","\u0000code":{{{code}}}}}""");
    }

    /// <summary>
    /// Leaves out the id of the response to a request without one that can be repeated. Not for HTTP, where the transport finds the
    /// response by the id.
    /// </summary>
    public static void ClearId(JsonRpcMessage message)
    {
        if (message is JsonRpcError error && error.Id.Equals(new RequestId(NoId)))
            error.Id = default;
    }

    /// <summary>Where in its params a message does not fit, as words at the end of a sentence.</summary>
    public static string Place(string? path) => path is null or "$" ? "" : $" at 'params{path.TrimStart('$')}'";

    private static FormFault Unreadable(ReadOnlySpan<byte> line)
    {
        try
        {
            var message = JsonElement.Parse(line);
            var isRequest = message.ValueKind == JsonValueKind.Object && message.TryGetProperty("method", out var method)
                && method.ValueKind == JsonValueKind.String;
            var id = isRequest && IdOf(line) is { } sent ? Encoding.UTF8.GetString(line[sent.At]) : null;
            return new("The line is not a JSON-RPC message.", OneMessage, McpErrorCode.InvalidRequest, id);
        }
        catch (JsonException)
        {
            return new("The line is not JSON.", OneMessage, McpErrorCode.ParseError, null);
        }
    }

    private static (Range At, JsonTokenType Type)? IdOf(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.ValueSpan.SequenceEqual("id"u8);
                reader.Read();
                var (start, type) = ((int)reader.TokenStartIndex, reader.TokenType);
                reader.Skip();
                if (isId)
                    return (start..(int)reader.BytesConsumed, type);
            }
        }
        catch (JsonException)
        {
            // The SDK reports it over HTTP, FindUnreadable on standard input.
        }
        return null;
    }

    private static string? WrongId(JsonTokenType type, ReadOnlySpan<byte> id) => type switch
    {
        JsonTokenType.String => LoneSurrogates.In(id) is { } lone ? $"The member 'id' contains a lone surrogate ({lone})." : null,
        JsonTokenType.Number => Whole(id) is null ? "The member 'id' is a number that is not whole, or larger than 64 bits." : null,
        JsonTokenType.Null => null,
        _ => "The member 'id' is neither a string nor a whole number.",
    };

    private static long? Whole(ReadOnlySpan<byte> id) =>
        JsonNumber.TryParse(Encoding.UTF8.GetString(id), out var number) && number.TryGetInteger(out var whole) ? whole : null;

    private static FormFault? InInitialize(ReadOnlySpan<byte> message, string? id)
    {
        // Nearly no other message has the word, so no other is parsed twice.
        if (message.IndexOf("\"initialize\""u8) < 0)
            return null;
        try
        {
            // Reported as too large by what looks at the message next.
            if (MessageScan.HasMoreThan(MessageFault.MaxElements, message))
                return null;
            var whole = JsonElement.Parse(message);
            if (whole.ValueKind != JsonValueKind.Object || MemberOf(whole, "method") is not { ValueKind: JsonValueKind.String } method
                || !method.ValueEquals(RequestMethods.Initialize) || IsOfRevisionWithoutInitialize(whole))
                return null;
            return WrongInitialize(whole) is { } sentence
                ? new(
                    sentence,
                    "Send params such as "
                        + """{"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "…", "version": "…"}}.""",
                    McpErrorCode.InvalidParams, id)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or half a character: reported by what looks at the message next.
            return null;
        }
    }

    /// <summary>Since 2026-07-28 each request names its version itself, and initialize is an unknown method.</summary>
    private static bool IsOfRevisionWithoutInitialize(JsonElement message) =>
        MemberOf(message, "params") is { ValueKind: JsonValueKind.Object } parameters
        && MemberOf(parameters, "_meta") is { ValueKind: JsonValueKind.Object } meta
        && MemberOf(meta, "io.modelcontextprotocol/protocolVersion") is not null;

    private static string? WrongInitialize(JsonElement message)
    {
        foreach (var (path, kind) in _initialize)
        {
            JsonElement? value = message;
            foreach (var name in path.Split('.'))
                value = MemberOf(value!.Value, name);
            if (value is null)
                return $"The member '{path}' is missing.";
            if (value.Value.ValueKind != kind)
                return $"The member '{path}' must be {(kind == JsonValueKind.Object ? "an object" : "a string")}.";
        }
        try
        {
            message.GetProperty("params").Deserialize(McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(InitializeRequestParams)));
            return null;
        }
        catch (JsonException e)
        {
            return $"The member 'params{e.Path?.TrimStart('$')}' has a value of the wrong type.";
        }
    }

    private static JsonElement? MemberOf(JsonElement value, string name) => value.TryGetProperty(name, out var member) ? member : null;
}
