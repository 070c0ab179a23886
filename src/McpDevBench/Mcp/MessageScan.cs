using System.Text;
using System.Text.Json;

namespace McpDevBench.Mcp;

/// <summary>One pass over a message that makes nothing of it: where it is, and what it has seen.</summary>
internal sealed class MessageScan
{
    private const int MaxDepth = 64;

    private const string TwiceHint = "Send each member once.";
    private const string EnvelopeHint = "Send a request or notification with method, or a response with result or error.";

    private static readonly (string Name, Member Member)[] _members =
        [("id", Member.Id), ("method", Member.Method), ("params", Member.Params), ("result", Member.Result), ("error", Member.Error)];

    private static readonly (Member, Member)[] _exclusive =
    [
        (Member.Method, Member.Result), (Member.Method, Member.Error), (Member.Result, Member.Error),
        (Member.Params, Member.Result), (Member.Params, Member.Error),
    ];

    private readonly HashSet<string>?[] _names = new HashSet<string>?[MaxDepth + 1];
    private readonly (int Start, int Length)[] _path = new (int, int)[MaxDepth + 1];
    private (string Sentence, string Hint)? _fault;
    private string? _id;
    private bool _isToolCall, _isInArguments, _isEnvelope, _hasOtherParams;
    private Member _member, _seen;
    private int _arguments = -1;

    public int Elements { get; private set; }

    public bool HasTooMany => Elements > MessageFault.MaxElements;

    /// <summary>Whether the message has more names and values, as far as it has to be read for that.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static bool HasMoreThan(int maximum, ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        for (var elements = 0; elements <= maximum;)
        {
            if (!reader.Read())
                return false;
            if (reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
                elements++;
        }
        return true;
    }

    /// <exception cref="JsonException">The text is not JSON.</exception>
    public MessageFault? Run(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
                Elements++;
            if (!HasTooMany)
                Look(reader, message);
            if (reader.CurrentDepth == 1)
                Envelope(reader, message);
        }
        if (_id is not null && LoneSurrogates.In(Encoding.UTF8.GetBytes(_id)) is not null)
            return null;
        if (HasTooMany)
            return MessageFault.TooLarge(_id);
        if (_fault is null && WrongEnvelope() is { } sentence)
            return new MessageFault(sentence, EnvelopeHint, -1, _id, IsInvalidRequest: true);
        if (_fault is not { } fault)
            return null;
        return new MessageFault(fault.Sentence, fault.Hint, _isInArguments && _isToolCall ? _arguments : -1, _id, _isEnvelope);
    }

    private string? WrongEnvelope()
    {
        foreach (var (one, other) in _exclusive)
        {
            if (_seen.HasFlag(one) && _seen.HasFlag(other))
                return $"The message has '{NameOf(one)}' and '{NameOf(other)}'.";
        }
        return _hasOtherParams ? "The member 'params' is not an object." : null;
    }

    private static string NameOf(Member member) => _members.First(known => known.Member == member).Name;

    private void Look(in Utf8JsonReader reader, ReadOnlySpan<byte> message)
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
                Note(message, reader.CurrentDepth, $"contains a lone surrogate ({lone}), which is not valid text", MessageFault.LoneHint);
                break;
        }
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
            Note(message, depth, $"contains a lone surrogate ({lone}), which is not valid text", MessageFault.LoneHint);
        else if (_names[depth] is { } names && !names.Add(reader.GetString()!))
        {
            _isEnvelope |= _fault is null && depth == 1;
            Note(message, depth, "is given twice", TwiceHint);
        }
    }

    private void Envelope(in Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        var isText = !reader.ValueIsEscaped || LoneSurrogates.In(reader.ValueSpan) is null;
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            _member = Member.Other;
            foreach (var (name, member) in _members)
            {
                if (isText && reader.ValueTextEquals(name))
                    _member = member;
            }
            _seen |= _member;
        }
        else if (_member == Member.Method)
        {
            _isToolCall = reader.TokenType == JsonTokenType.String && isText && reader.ValueTextEquals("tools/call"u8);
        }
        else if (_member == Member.Params
            && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject or JsonTokenType.Null))
        {
            _hasOtherParams = true;
        }
        else if (_member == Member.Id && reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
        {
            _id = Encoding.UTF8.GetString(message[(int)reader.TokenStartIndex..(int)reader.BytesConsumed]);
        }
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

    /// <summary>The members of JSON-RPC.</summary>
    [Flags]
    private enum Member
    {
        Other = 0,
        Id = 1,
        Method = 2,
        Params = 4,
        Result = 8,
        Error = 16,
    }
}
