using System.Text.Json;

namespace McpDevBench.Mcp;

/// <summary>Some clients send the arguments of a tool call as JSON text of an object. The SDK reads an object only.</summary>
internal static class TextArguments
{
    /// <returns>The message with the object in the place of its text; null where there is nothing to replace.</returns>
    public static byte[]? Expand(ReadOnlySpan<byte> message)
    {
        // Nearly no message has it, so no other is read twice.
        if (!MayHaveText(message))
            return null;
        try
        {
            return Find(message) is var (start, end, text) ? [.. message[..start], .. text, .. message[end..]] : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or text with half a character: reported by what reads the message next.
            return null;
        }
    }

    private static bool MayHaveText(ReadOnlySpan<byte> message)
    {
        var name = "\"arguments\""u8;
        for (var at = message.IndexOf(name); at >= 0; at = message.IndexOf(name))
        {
            message = message[(at + name.Length)..];
            var value = message.TrimStart(" \t\r\n:"u8);
            if (value is [(byte)'"', ..])
                return true;
        }
        return false;
    }

    private static (int Start, int End, byte[] Text)? Find(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        var (isToolCall, isParams) = (false, false);
        (int, int, byte[])? found = null;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth > 2)
                continue;
            var depth = reader.CurrentDepth;
            var (isMethod, isArguments) = (reader.ValueTextEquals("method"u8), reader.ValueTextEquals("arguments"u8));
            if (depth == 1)
                isParams = reader.ValueTextEquals("params"u8);
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                continue;
            if (depth == 1 && isMethod)
                isToolCall = reader.ValueTextEquals("tools/call"u8);
            else if (depth == 2 && isParams && isArguments)
                found = ObjectOf(ref reader);
        }
        return isToolCall ? found : null;
    }

    private static (int Start, int End, byte[] Text)? ObjectOf(ref Utf8JsonReader reader)
    {
        var text = new byte[reader.ValueSpan.Length];
        var length = reader.CopyString(text);
        return IsObject(text.AsSpan(0, length)) ? ((int)reader.TokenStartIndex, (int)reader.BytesConsumed, text[..length]) : null;
    }

    /// <summary>Reads to the end, but makes nothing of it: what is in the text has not been counted yet.</summary>
    private static bool IsObject(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text);
        var isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
        while (reader.Read())
        {
        }
        return isObject;
    }
}
