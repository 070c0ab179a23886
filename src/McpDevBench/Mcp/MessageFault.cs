using System.Text;
using System.Text.Json;
using McpDevBench.Access;

namespace McpDevBench.Mcp;

/// <summary>
/// What is legal JSON, but not a message: half a surrogate pair, a member twice, a request that is also a response, more values than a
/// call can have. Found before anything is made of the message: the SDK fails on some of these, and ignores others.
/// </summary>
/// <param name="Sentence">For the client: the fault and its place.</param>
/// <param name="Hint">What to send instead.</param>
/// <param name="ArgumentsStart">Where the arguments of a tool call begin, behind their brace, if the fault is in them; else -1.</param>
/// <param name="Id">The request's id as JSON; null for a notification.</param>
/// <param name="IsInvalidRequest">An invalid request in JSON-RPC's terms; otherwise its parameters are wrong.</param>
internal sealed record MessageFault(string Sentence, string Hint, int ArgumentsStart, string? Id, bool IsInvalidRequest = false)
{
    /// <summary>Names and values in a message. The largest call that the tools accept has fewer.</summary>
    public const int MaxElements = 65_536;

    /// <summary>The member that carries the sentence to the pipeline. No client has it by accident.</summary>
    public const string Member = "\0fault";

    public const string LoneHint = "Send whole characters; bytes that are not text go as base64, where a tool has encoding.";

    /// <summary>The message has more than <see cref="MaxElements"/>.</summary>
    public bool IsTooLarge { get; private init; }

    public RpcError Code => IsInvalidRequest ? RpcError.InvalidRequest : RpcError.InvalidParams;

    /// <returns>Null for a message that the SDK can read, or answers with an error itself.</returns>
    public static MessageFault? Find(ReadOnlySpan<byte> message) => Find(message, out _);

    /// <param name="elements">Names and values in the message.</param>
    public static MessageFault? Find(ReadOnlySpan<byte> message, out int elements)
    {
        var scan = new MessageScan();
        try
        {
            return scan.Run(message);
        }
        catch (JsonException) when (!scan.HasTooMany)
        {
            // No JSON, or nested too deeply: the SDK reports it.
            return null;
        }
        catch (JsonException)
        {
            return TooLarge(id: null);
        }
        finally
        {
            elements = scan.Elements;
        }
    }

    public static MessageFault TooLarge(string? id) => new(
        $"The message has more than {MaxElements} names and values.", "Send less in one call.", -1, id) { IsTooLarge = true };

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
    /// A request in the place of one that cannot be read, which is answered with the sentence; null for a notification, which
    /// has no answer.
    /// </summary>
    public byte[]? Replace() => Id is null ? null
        : Encoding.UTF8.GetBytes(
            $$$"""{"jsonrpc":"2.0","id":{{{Id}}},"method":"ping","params":{"\u0000fault":{{{Carried()}}},"\u0000code":{{{(int)Code}}}}}""");

    /// <summary>A member's value back as the sentence and the hint.</summary>
    public static (string Sentence, string Hint) Read(string carried) =>
        carried.Split('\n', 2) is [var sentence, var hint] ? (sentence, hint) : (carried, LoneHint);

    private string Carried() => $"\"{JsonEncodedText.Encode($"{Sentence}\n{Hint}")}\"";
}
