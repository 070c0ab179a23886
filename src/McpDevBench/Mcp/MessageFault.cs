using System.Text;
using System.Text.Json;

namespace McpDevBench.Mcp;

/// <summary>
/// What is legal JSON in a message, but no text or no object: half a surrogate pair, or a member twice where the protocol has one. The SDK
/// fails on either.
/// </summary>
/// <param name="Sentence">For the client: what is wrong, and where.</param>
/// <param name="Hint">What to send instead.</param>
/// <param name="ArgumentsStart">Where the arguments of a tool call begin, behind their brace, if the fault is in them; else -1.</param>
/// <param name="Id">The request's id as JSON; null for a notification.</param>
internal sealed record MessageFault(string Sentence, string Hint, int ArgumentsStart, string? Id)
{
    /// <summary>The member that carries the sentence to the pipeline. No client has it by accident.</summary>
    public const string Member = "\0fault";

    public const string LoneHint = "Send whole characters; bytes that are not text go as base64, where a tool has encoding.";
    private const string TwiceHint = "Send each member once.";

    private const int MaxDepth = 64;

    /// <returns>Null for a message that the SDK can read, or refuses by itself.</returns>
    public static MessageFault? Find(ReadOnlySpan<byte> message)
    {
        var scan = new Scan();
        try
        {
            return scan.Run(message);
        }
        catch (JsonException)
        {
            // No JSON, or nested too deeply: the SDK reports it.
            return null;
        }
    }

    /// <summary>The tool call with whole characters in the place of half ones, and with the sentence as its first argument.</summary>
    public byte[] Amend(ReadOnlySpan<byte> message)
    {
        var whole = message.ToArray();
        for (var at = 0; at < whole.Length; at++)
        {
            if (whole[at] != '\\')
                continue;
            if (LoneSurrogates.IsLone(whole, at, out var length))
                "\\ufffd"u8.CopyTo(whole.AsSpan(at));
            at += length - 1;
        }
        return [.. whole[..ArgumentsStart], .. Encoding.UTF8.GetBytes($"\"\\u0000fault\":{Carried()},"), .. whole[ArgumentsStart..]];
    }

    /// <summary>
    /// A request in the place of one that cannot be read, which the pipeline refuses with the sentence; null for a notification, which
    /// has no answer.
    /// </summary>
    public byte[]? Replace() => Id is null ? null
        : Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","id":{{{Id}}},"method":"ping","params":{"\u0000fault":{{{Carried()}}}}}""");

    /// <summary>A member's value back as the sentence and the hint.</summary>
    public static (string Sentence, string Hint) Read(string carried) =>
        carried.Split('\n', 2) is [var sentence, var hint] ? (sentence, hint) : (carried, LoneHint);

    private string Carried() => $"\"{JsonEncodedText.Encode($"{Sentence}\n{Hint}")}\"";

    /// <summary>One pass over a message: where it is, and what it has seen.</summary>
    private sealed class Scan
    {
        private readonly HashSet<string>?[] _names = new HashSet<string>?[MaxDepth + 1];
        private readonly (int Start, int Length)[] _path = new (int, int)[MaxDepth + 1];
        private (string Sentence, string Hint)? _fault;
        private string? _id;
        private bool _isToolCall;
        private int _arguments = -1;
        private bool _isInArguments;

        public MessageFault? Run(ReadOnlySpan<byte> message)
        {
            var reader = new Utf8JsonReader(message);
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        Open(reader, message);
                        break;
                    case JsonTokenType.StartArray:
                        _path[reader.CurrentDepth + 1] = default;
                        break;
                    case JsonTokenType.PropertyName:
                        Name(reader, message);
                        break;
                    case JsonTokenType.String when reader.ValueIsEscaped && LoneSurrogates.In(reader.ValueSpan) is { } lone:
                        Note(message, reader.CurrentDepth, $"contains a lone surrogate ({lone}), which is not valid text", LoneHint);
                        break;
                }
                if (reader.CurrentDepth == 1)
                    Envelope(reader, message);
            }
            return _fault is not { } fault || (_id is not null && LoneSurrogates.In(Encoding.UTF8.GetBytes(_id)) is not null) ? null
                : new MessageFault(fault.Sentence, fault.Hint, _isInArguments && _isToolCall ? _arguments : -1, _id);
        }

        private void Open(in Utf8JsonReader reader, ReadOnlySpan<byte> message)
        {
            var depth = reader.CurrentDepth;
            if (depth == 2 && Is(message, 1, "params"u8) && Is(message, 2, "arguments"u8))
                _arguments = (int)reader.TokenStartIndex + 1;
            _names[depth + 1] = IsArgument(message, depth + 1) ? null : [];
        }

        private void Name(in Utf8JsonReader reader, ReadOnlySpan<byte> message)
        {
            var depth = reader.CurrentDepth;
            _path[depth] = ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            if (reader.ValueIsEscaped && LoneSurrogates.In(reader.ValueSpan) is { } lone)
                Note(message, depth, $"contains a lone surrogate ({lone}), which is not valid text", LoneHint);
            else if (_names[depth] is { } names && !names.Add(reader.GetString()!))
                Note(message, depth, "is given twice", TwiceHint);
        }

        private void Envelope(in Utf8JsonReader reader, ReadOnlySpan<byte> message)
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
                return;
            if (Is(message, 1, "method"u8))
                _isToolCall = reader.TokenType == JsonTokenType.String
                    && LoneSurrogates.In(reader.ValueSpan) is null && reader.ValueTextEquals("tools/call"u8);
            else if (Is(message, 1, "id"u8) && reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
                _id = Encoding.UTF8.GetString(message[(int)reader.TokenStartIndex..(int)reader.BytesConsumed]);
        }

        private bool Is(ReadOnlySpan<byte> message, int depth, ReadOnlySpan<byte> name) =>
            message.Slice(_path[depth].Start, _path[depth].Length).SequenceEqual(name);

        /// <summary>The arguments of tools and prompts have errors of their own, by name.</summary>
        private bool IsArgument(ReadOnlySpan<byte> message, int depth) =>
            depth > 2 && Is(message, 1, "params"u8) && Is(message, 2, "arguments"u8);

        private void Note(ReadOnlySpan<byte> message, int depth, string what, string hint)
        {
            if (_fault is not null)
                return;
            _isInArguments = IsArgument(message, depth);
            var path = new List<string>();
            for (var level = _isInArguments ? 3 : 1; level <= depth; level++)
            {
                // An item of an array has no name.
                if (_path[level].Length > 0)
                    path.Add(Shown(message.Slice(_path[level].Start, _path[level].Length)));
            }
            _fault = ($"The {(_isInArguments ? "argument" : "member")} '{string.Join('.', path)}' {what}.", hint);
        }

        /// <summary>A name as it was sent, with its escapes.</summary>
        private static string Shown(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name.Length <= 100 ? name : name[..100]);
    }
}
